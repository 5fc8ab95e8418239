# SPDX-License-Identifier: BSD-3-Clause
"""What was published or is asked for, our figures, and the verdicts."""

from __future__ import annotations

from typing import Any

from ..claims import Claim, MeanInterval
from . import results
from .cases import STUDIED_RATE
from .settings import CLAIMED, MAIN
from .study import BordersRun

#: Losses that are allowed with blind repair or flags, against the best software network [points]: mean, worst die.
ALLOWED = {0.2: (0.8, 1.5), 0.5: (1.2, 2.5), 1.0: (2.0, 3.5)}
#: Seeds from which an interval is judged; with fewer it is shown.
ENOUGH_SEEDS = 5


def setting_words(setting: tuple[float, bool]) -> str:
    """A strength of shorts, with or without wires, in words."""
    strength, wires = setting
    return f"shorts of {strength:g} G_P, {'2 Ω wires' if wires else 'no wires'}"


def make_claims(run: BordersRun, studies: tuple[Claim, ...] = ()) -> list[Claim]:
    """The table: first what training alone gives, then repair, then further studies, then the RTL."""
    claims = [*_without_repair(run), *_of_one_die(run), *_of_the_loss(run), *_with_repair(run), *studies]
    if run.rtl is not None:
        claims.append(
            Claim(
                f"values that differ between RTL and golden model, {run.rtl['images']} images x {run.rtl['dies']} dies",
                "0",
                f"{run.rtl['mismatches']:,} of {run.rtl['compared']:,}",
                "",
                run.rtl["mismatches"] == 0 and run.rtl["compared"] > 0,
            )
        )
    return claims


def _without_repair(run: BordersRun) -> list[Claim]:
    settings, claims = run.settings, []
    sure = settings.judged and settings.seeds >= ENOUGH_SEEDS
    for setting in settings.combinations:
        for rate in CLAIMED:
            found = results.gain(run, rate, setting)
            holds = found.low > 0 if found.seeds > 1 else found.mean > 0
            claims.append(
                Claim(
                    f"training for the statistics against unaware, no repair, {rate:g} %, {setting_words(setting)}",
                    "points above 0, interval clear of it",
                    f"{found.mean:+.2f}",
                    found.text(""),
                    holds,
                    judged=sure,
                )
            )
    for setting in settings.combinations:
        for words, found, judged in (
            ("software", results.software_loss(run, "statistics_aware", 0.2, setting), setting[0] < MAIN[0]),
            ("the best software network", results.loss(run, "statistics_aware", 0.2, setting), False),
        ):
            claims.append(
                Claim(
                    f"mean loss to {words} by training alone, 0.2 %, {setting_words(setting)}",
                    f"at most {results.WITHIN:g} points",
                    f"{found.mean:.2f}",
                    found.text(""),
                    found.mean <= results.WITHIN,
                    judged=settings.judged and judged,
                )
            )
    return claims


def _of_one_die(run: BordersRun) -> list[Claim]:
    """The paper has it that a network made for one die recovers that die and does not transfer."""
    found = results.transfer_figures(run)
    own, others = found["own"]["mean"], found["others"]["mean"]
    aware = found["statistics_aware"]["mean"]
    return [
        Claim(
            f"networks made for one die at {found['rate']:g} %: on their own die, on others; one for all dies",
            "best on their own die, worse on others than one for all",
            f"{own:.2f} %, {others:.2f} %; {aware:.2f} %",
            "",
            own > aware > others,
            judged=False,
        )
    ]


def _of_the_loss(run: BordersRun) -> list[Claim]:
    """The paper has it that the loss around statistics-aware solutions is flatter."""
    if not run.landscape:
        return []
    table = results.landscape_figures(run)
    rise = {
        name: MeanInterval(**table[name]["dies"], seeds=run.settings.seeds) for name in ("unaware", "statistics_aware")
    }
    return [
        Claim(
            f"rise of the loss from ideal devices to dies at {STUDIED_RATE:g} %: statistics-aware, unaware",
            "flatter than unaware",
            f"{rise['statistics_aware'].mean:.2f}, {rise['unaware'].mean:.2f} nat",
            f"{rise['statistics_aware'].text('')}, {rise['unaware'].text('')}",
            rise["statistics_aware"].high <= rise["unaware"].low,
            judged=False,
        )
    ]


def _with_repair(run: BordersRun) -> list[Claim]:
    claims = []
    for setting in run.settings.combinations:
        for rate, allowed in ALLOWED.items():
            for kind, words in (("blind", "blind repair"), ("flagged", "self-test flags")):
                mean = results.loss(run, kind, rate, setting)
                worst = results.worst_loss(run, kind, rate, setting)
                claims.append(
                    Claim(
                        f"loss to the best software network, {words}, {rate:g} %, {setting_words(setting)}",
                        f"mean at most {allowed[0]:g}, worst die {allowed[1]:g} points",
                        f"{mean.mean:.2f}, {worst.mean:.2f}",
                        _two(mean, worst),
                        mean.mean <= allowed[0] and worst.mean <= allowed[1],
                        judged=run.settings.judged and kind == "flagged",
                    )
                )
    return claims


def _two(mean: MeanInterval, worst: MeanInterval) -> str:
    if mean.seeds == 1:
        return mean.text()
    return f"{mean.low:.2f} … {mean.high:.2f}, {worst.low:.2f} … {worst.high:.2f}"


def holds(claims: list[Claim]) -> bool:
    """Whether every judged claim does."""
    return all(claim.holds for claim in claims if claim.judged)


def as_dicts(claims: list[Claim]) -> list[dict[str, Any]]:
    """For report.json."""
    return [claim.as_dict() for claim in claims]
