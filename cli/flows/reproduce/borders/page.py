# SPDX-License-Identifier: BSD-3-Clause
"""The page: claims, rates, what knowledge of dies is worth, how flat the loss is, what the RTL answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....report import Number, Section, Sheet
from ...checks import provenance_tables
from ..claims import Claim, claim_checks, claims_section
from .settings import MAIN
from .verdicts import setting_words

_KINDS = (
    ("unaware", "unaware"),
    ("statistics_aware", "statistics-aware"),
    ("unaware_blind", "unaware, blind repair"),
    ("blind", "aware, blind repair"),
    ("unaware_flagged", "unaware, flags"),
    ("flagged", "aware, flags"),
)


def make_sheet(
    report: Mapping[str, Any],
    claims: Sequence[Claim],
    drawn: Mapping[str, str],
    studies: Sequence[Section] = (),
) -> Sheet:
    """What the page shows; pictures as SVG elements."""
    run, rtl, rates = report["run"], report["rtl"], report["rates"]
    seeds = "one seed" if run["seeds"] == 1 else f"{run['seeds']} seeds"
    low = rates["0.2"]
    answer = (
        f"At 0.2 % of shorts ({setting_words(MAIN)}), {low['statistics_aware']['mean']:.1f} % of digits come out right "
        f"when training knows the statistics of the dies, {low['unaware']['mean']:.1f} % when it knows nothing, and "
        f"{low['flagged']['mean']:.1f} % with self-test flags; {report['best_software']:.1f} % in software."
    )
    if run["effort"] == "quick":
        answer += " A quick run: short trainings on few images, judged by the RTL alone."
    return Sheet(
        title="Digits on 36 dies of 20,000 junctions",
        subtitle=(
            f"A 196-36-10 binary network on {run['dies']} simulated dies of 32 kernels of 25 x 25 junctions, each with "
            f"its own shorts, opens and stuck devices ({seeds}). After Borders et al. 2024, arXiv 2312.06446."
        ),
        question="Does one set of weights work on most dies when training knows their statistics?",
        answer=answer,
        numbers=(
            Number("software", f"{report['best_software']:.1f}", "%"),
            Number("unaware, 0.2 %", f"{low['unaware']['mean']:.1f}", "%"),
            Number("statistics-aware", f"{low['statistics_aware']['mean']:.1f}", "%"),
            Number("blind repair", f"{low['blind']['mean']:.1f}", "%"),
            Number("self-test flags", f"{low['flagged']['mean']:.1f}", "%"),
            Number("RTL: values compared", "none" if rtl is None else f"{rtl['compared']:,}"),
        ),
        sections=(
            claims_section(claims, _CLAIMS),
            Section("Accuracy over the defect rate", _RATES, figures=(drawn["rates"],)),
            *(_table(entry) for entry in report["settings"].values()),
            _largest(report["settings"]),
            _known(report),
            Section("Networks made for one die, on other dies", _transfer_text(report), figures=(drawn["transfer"],)),
            Section("How many dies the statistics need", _FITTED, figures=(drawn["fitted"],)),
            Section("Trained at one rate, asked at another", _MISMATCH, figures=(drawn["mismatch"],)),
            Section("How flat the loss is", _LANDSCAPE, figures=(drawn["landscape"],)),
            *studies,
            *(() if rtl is None else (_rtl(rtl),)),
        ),
        checks=claim_checks(claims),
        tables={"Settings": _settings(run), **provenance_tables(report["provenance"])},
        credit="MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, CC BY-SA 3.0.",
    )


_CLAIMS = (
    "Gains are paired by seed and die. Losses are points below the best network trained in software among the seeds; "
    "of the worst of the dies, as a mean over the seeds. Intervals: 95 %, Student's over seeds, on the same dies. The "
    "paper's own claim is a mean error over its 36 dies within 2 points of software; its defect rates, resistances and "
    "network sizes are not known, and all of them are our choices."
)
_RATES = (
    "Lines: mean over dies and seeds; bands: its 95 % interval over seeds; dotted: the worst die, mean over seeds. "
    "Grey: the best software network, and 2 points below it. Without repair one aware network for each strength and "
    "kind of wires, with repair one for each kind of wires, whatever the rate. Unaware networks were trained on in "
    "software from where the others start, with the same recipe. All figures by the golden model: 8-bit codes, "
    "clamps, real placement, exact wires."
)
_FITTED = (
    "Dies are read by self-test, statistics fitted to what it finds, a network trained on those statistics, and asked "
    "on other dies of the true process."
)
_MISMATCH = "Mean accuracy over dies and seeds without repair. Each column's best is brightest."
_LANDSCAPE = (
    "Loss: cross-entropy at each network's own temperature, at which its loss at rest is least. Left: weights flipped "
    "at random, on ideal devices. Right: the network's own weights on every die, no repair."
)


def _spread(entry: Mapping[str, float]) -> str:
    interval = f" ± {entry['high'] - entry['mean']:.2f}" if entry["high"] > entry["mean"] else ""
    return f"{entry['mean']:.2f}{interval}; {entry['min']:.1f}"


def _table(entry: Mapping[str, Any]) -> Section:
    rows = []
    for rate, found in entry["rates"].items():
        gain = entry["gain"][rate]
        rows.append(
            (
                f"{rate} %",
                *(_spread(found[kind]) for kind, _ in _KINDS),
                f"{gain['mean']:+.2f} ({gain['low']:+.2f} … {gain['high']:+.2f})",
            )
        )
    words = setting_words((entry["strength"], entry["wires"]))
    return Section(
        words[0].upper() + words[1:],
        "Mean over dies and seeds ± half of its 95 % interval over seeds; worst of all dies and seeds [%]. Gain: "
        "statistics-aware less unaware without repair [points].",
        columns=("shorts", *(title for _, title in _KINDS), "gain by training"),
        rows=rows,
    )


def _largest(settings: Mapping[str, Any]) -> Section:
    rows = []
    for entry in settings.values():
        cells = []
        for kind in ("unaware", "statistics_aware", "blind", "flagged"):
            found = entry["largest_rate"][kind]
            swept = "none" if found["swept"] is None else f"{found['swept']:g} %"
            cells.append(swept if found["between"] is None else f"{swept}; {found['between']:.2f} %")
        rows.append((setting_words((entry["strength"], entry["wires"])), *cells))
    return Section(
        "Largest rate within 2 points of software",
        "The largest swept rate up to which the mean loss to the same seeds' unaware networks in software stays within "
        "2.0 points; and where it crosses them, linear between swept rates.",
        columns=("setting", "unaware", "statistics-aware", "aware, blind repair", "aware, flags"),
        rows=rows,
    )


def _known(report: Mapping[str, Any]) -> Section:
    rows = []
    for entry in report["settings"].values():
        for rate, found in entry["known"].items():
            gain = found["gain_over_statistics_aware"]
            rows.append(
                (
                    f"{rate} %, {setting_words((entry['strength'], entry['wires']))}",
                    *(_spread(found[kind]) for kind in ("unaware", "statistics_aware", "die_aware")),
                    f"{gain['mean']:+.2f} ({gain['low']:+.2f} … {gain['high']:+.2f})",
                )
            )
    return Section(
        "What knowing the die is worth",
        f"The same {report['run']['known_dies']} dies; die-aware networks are trained for one die each. No repair.",
        columns=("shorts", "unaware", "statistics-aware", "die-aware", "gain over statistics-aware"),
        rows=rows,
    )


def _transfer_text(report: Mapping[str, Any]) -> str:
    found = report["transfer"]
    return (
        f"{found['dies']} networks, each made for one die at {found['rate']:g} % and asked on all; one seed, no "
        "repair: "
        f"{found['own']['mean']:.1f} % on their own die (worst {found['own']['min']:.1f} %), "
        f"{found['others']['mean']:.1f} % on others (worst {found['others']['min']:.1f} %). On the same dies, networks "
        f"that know no die: statistics-aware {found['statistics_aware']['mean']:.1f} %, unaware "
        f"{found['unaware']['mean']:.1f} %."
    )


def _rtl(rtl: Mapping[str, Any]) -> Section:
    return Section(
        "Down to the RTL",
        f"The flagged network of seed {rtl['seed']} (most training images right) at {rtl['rate']:g} % with check, "
        "flags, three copies of the output by median, and wires, on dies with shorts, opens and stuck devices.",
        columns=("", "value"),
        rows=(
            ("simulator", rtl["engine"]),
            *((f"compared: {stage}", f"{count:,}") for stage, count in rtl["compared_by_stage"].items()),
            ("differ", f"{rtl['mismatches']:,}"),
            ("accuracy on the dies, mean (worst)", f"{rtl['accuracy']['mean']:.1f} % ({rtl['accuracy']['min']:.1f} %)"),
        ),
    )


def _settings(run: Mapping[str, Any]) -> dict[str, str]:
    def words(value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(words(entry) for entry in value) or "none"
        return "all" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    return {name.replace("_", " "): words(value) for name, value in run.items() if not isinstance(value, Mapping)}
