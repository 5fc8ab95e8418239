# SPDX-License-Identifier: BSD-3-Clause
"""Figures, claims and tables of the further studies, from their records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ....report import Section
from ..claims import Claim, MeanInterval
from .results import figure
from .settings import MAIN, BordersSettings
from .verdicts import setting_words

Records = Sequence[Mapping[str, Any]]

#: What the best network has to reach: in software [%]; points below it, mean and worst die, by rate [%].
BEST_SOFTWARE = 97.5
BEST_ALLOWED = {0.2: (0.8, 1.8), 0.5: (1.3, 3.0)}
#: Points that the best copies of layers may lie below their software baseline, at a rate of stuck devices [%].
STUCK_RATE, STUCK_ALLOWED = 20.0, 5.0


def study_figures(studies: Mapping[str, Records]) -> dict[str, Any]:
    """By study, for ``report.json``; an empty table where a study was not done."""
    return {
        "ablations": _ablations(studies.get("ablations", ())),
        "mapping": _mapping(studies.get("mapping", ())),
        "ensemble": _ensemble(studies.get("ensemble", ())),
        "best": _best(studies.get("best", ())),
    }


def study_claims(figures: Mapping[str, Any], settings: BordersSettings) -> tuple[Claim, ...]:
    """What the studies are judged by."""
    claims = []
    best = figures["best"]
    if best:
        software = best["software"]
        claims.append(
            Claim(
                "best network on one die, software",
                f"at least {BEST_SOFTWARE:g} %",
                f"{software['mean']:.2f} %",
                f"least of {settings.best_seeds}: {software['min']:.2f} %",
                software["mean"] >= BEST_SOFTWARE,
                judged=settings.judged,
            )
        )
        for entry in best["conditions"].values():
            mean, worst = BEST_ALLOWED[entry["rate"]]
            found = entry["loss"]["mean"], entry["worst_loss"]["mean"]
            words = setting_words((entry["strength"], entry["wires"]))
            claims.append(
                Claim(
                    f"its loss to its own software, flags, {entry['rate']:g} %, {words}",
                    f"mean at most {mean:g}, worst die {worst:g} points",
                    f"{found[0]:.2f}, {found[1]:.2f}",
                    "",
                    found[0] <= mean and found[1] <= worst,
                    judged=settings.judged,
                )
            )
    at = figures["ensemble"].get(f"{STUCK_RATE:g}")
    if at:
        name, entry = min(at.items(), key=lambda item: item[1]["loss"]["mean"])
        claims.append(
            Claim(
                f"mean loss to software at {STUCK_RATE:g} % stuck devices, best of copies ({name.replace('_', ' ')})",
                f"at most {STUCK_ALLOWED:g} points",
                f"{entry['loss']['mean']:.2f} points",
                f"{entry['loss']['low']:.2f} … {entry['loss']['high']:.2f}",
                entry["loss"]["mean"] <= STUCK_ALLOWED,
                judged=settings.judged,
            )
        )
    return tuple(claims)


def _by_seed(records: Records, name: str = "accuracies") -> np.ndarray[Any, np.dtype[np.float64]]:
    """Values of all dies, (seeds, dies); a seed's records lie in the order of its dies."""
    seeds: dict[int, list[Any]] = {}
    for record in records:
        seeds.setdefault(int(record["seed"]), []).append(record[name])
    return np.stack([np.concatenate(parts) for parts in seeds.values()])


def _grouped(records: Records, *names: str) -> dict[tuple[Any, ...], list[Mapping[str, Any]]]:
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault(tuple(record[name] for name in names), []).append(record)
    return groups


def _per_seed(records: Records, name: str = "software") -> np.ndarray[Any, np.dtype[np.float64]]:
    """One value for each seed."""
    return np.array(list({int(record["seed"]): float(record[name]) for record in records}.values()))


def _ablations(records: Records) -> dict[str, Any]:
    """By way of training: accuracies, and the difference to plain fault injection, paired by seed and die."""
    if not records:
        return {}
    groups = {name: found for (name,), found in _grouped(records, "name").items()}
    plain = _by_seed(groups["one-die"])
    return {
        name: {
            "software": float(_per_seed(found).mean()),
            **figure(_by_seed(found)),
            "against_plain": MeanInterval.of((_by_seed(found) - plain).mean(axis=1)).as_dict(),
        }
        for name, found in groups.items()
    }


def _mapping(records: Records) -> dict[str, Any]:
    """By strength, rate and repair: accuracies of each mapping, and the gain of the remapped one over the given."""
    from spintile.model.training.digits.mapping import MAPPINGS

    table: dict[str, Any] = {}
    for (strength, rate, repair), found in _grouped(records, "strength", "rate", "repair").items():
        values = {name: _by_seed(found, name) for name in MAPPINGS}
        table[f"{strength:g}-{rate:g}-{repair}"] = {
            "strength": strength,
            "rate": rate,
            "repair": repair,
            **{name: figure(part) for name, part in values.items()},
            "gain": MeanInterval.of((values["remapped"] - values["identity"]).mean(axis=1)).as_dict(),
        }
    return table


def _ensemble(records: Records) -> dict[str, Any]:
    """By rate of stuck devices and method: accuracies and the mean loss to the same seed's software."""
    table: dict[str, Any] = {}
    for (rate, method), found in _grouped(records, "rate", "method").items():
        software, values = _per_seed(found), _by_seed(found)
        table.setdefault(f"{rate:g}", {})[method] = {
            "software": float(software.mean()),
            **figure(values),
            "loss": MeanInterval.of(software - values.mean(axis=1)).as_dict(),
            **({"kernels": int(found[0]["kernels"])} if "kernels" in found[0] else {}),
        }
    return table


def _best(records: Records) -> dict[str, Any]:
    """Software over seeds, accuracies on the dies at 0.2 % of the main setting, and every other condition."""
    if not records:
        return {}
    software, devices = _per_seed(records), _per_seed(records, "devices")
    table: dict[str, Any] = {
        "software": {**MeanInterval.of(software).as_dict(), "min": float(software.min())},
        "before_dies": float(_per_seed(records, "start").mean()),
        "devices": {"mean": float(devices.mean()), "min": float(devices.min())},
    }
    conditions: dict[str, Any] = {}
    for (strength, wires, rate), found in _grouped(records, "strength", "wires", "rate").items():
        values, asked = _by_seed(found), _per_seed(found, "asked")
        conditions[f"{strength:g}-{'wires' if wires else 'ideal'}-{rate:g}"] = {
            "strength": strength,
            "wires": wires,
            "rate": rate,
            **figure(values),
            "loss": MeanInterval.of(asked - values.mean(axis=1)).as_dict(),
            "worst_loss": MeanInterval.of(asked - values.min(axis=1)).as_dict(),
        }
    table["dies"] = conditions[f"{MAIN[0]:g}-wires-0.2"]
    table["dies_0.5"] = conditions[f"{MAIN[0]:g}-wires-0.5"]
    table["conditions"] = conditions
    return table


def study_sections(figures: Mapping[str, Any], drawn: Mapping[str, str]) -> list[Section]:
    """Tables of the studies that were done, with their pictures as SVG elements."""
    sections = []
    if figures["ablations"]:
        sections.append(_ablation_section(figures["ablations"], drawn["ablations"]))
    if figures["mapping"]:
        sections.append(_mapping_section(figures["mapping"], drawn["mapping"]))
    if figures["ensemble"]:
        sections.append(_ensemble_section(figures["ensemble"], drawn["ensemble"]))
    if figures["best"]:
        sections.append(_best_section(figures["best"]))
    return sections


def _interval(entry: Mapping[str, float], sign: str = "") -> str:
    return f"{entry['mean']:{sign}.2f} ({entry['low']:{sign}.2f} … {entry['high']:{sign}.2f})"


def _ablation_section(table: Mapping[str, Any], drawn: str) -> Section:
    from spintile.model.training.digits.ablations import ABLATIONS

    return Section(
        "What each ingredient of training is worth",
        "Without repair, 0.5 %, shorts of 6 G_P, 2 Ω wires; means over dies and seeds [%], and points above plain "
        "fault injection, paired by seed and die (95 % intervals over seeds).",
        figures=(drawn,),
        columns=("training", "software", "on the dies", "worst of all", "against plain fault injection"),
        rows=[
            (
                ABLATIONS[name].words,
                f"{entry['software']:.2f}",
                _interval(entry),
                f"{entry['min']:.1f}",
                _interval(entry["against_plain"], "+"),
            )
            for name, entry in table.items()
        ],
    )


def _mapping_section(table: Mapping[str, Any], drawn: str) -> Section:
    from spintile.model.training.digits.mapping import MAPPINGS

    meaning = "; ".join(f"{name.replace('_', ' ')}: {words}" for name, words in MAPPINGS.items())
    return Section(
        "Mapping that repairs",
        f"Without training for any die, 2 Ω wires: where weights sit on a die, chosen so that its defects hurt least. "
        f"{meaning}. Without repair the unaware network, with flags the repaired one. Mean (worst of all) [%].",
        figures=(drawn,),
        columns=("shorts, repair", *(name.replace("_", " ") for name in MAPPINGS), "gain [points]"),
        rows=[
            (
                f"{entry['rate']:g} %, {entry['strength']:g} G_P, {'flags' if entry['repair'] == 'flags' else 'none'}",
                *(f"{entry[name]['mean']:.2f} ({entry[name]['min']:.1f})" for name in MAPPINGS),
                _interval(entry["gain"], "+"),
            )
            for entry in table.values()
        ],
    )


def _ensemble_section(table: Mapping[str, Any], drawn: str) -> Section:
    from spintile.model.training.digits.ensemble import ENSEMBLE_METHODS

    methods: Iterable[str] = dict.fromkeys(method for entry in table.values() for method in entry)
    rates = list(table)
    return Section(
        "Many stuck devices: copies of layers",
        "Mean over dies and seeds [%] at rates of stuck devices, and software of the same networks.",
        figures=(drawn,),
        columns=("method", "software", *(f"{rate} % stuck" for rate in rates), f"loss at {rates[-1]} % [points]"),
        rows=[
            (
                ENSEMBLE_METHODS[method].words,
                f"{table[rates[-1]][method]['software']:.2f}",
                *(f"{table[rate][method]['mean']:.2f} ({table[rate][method]['min']:.1f})" for rate in rates),
                _interval(table[rates[-1]][method]["loss"]),
            )
            for method in methods
        ],
    )


def _best_section(best: Mapping[str, Any]) -> Section:
    return Section(
        "The best network on one die",
        f"Two small convolutions of multi-bit values, first layer three times, trained for dies through flags: "
        f"{best['software']['mean']:.2f} % in software ({best['before_dies']:.2f} % before it met any die), "
        f"{best['devices']['mean']:,.0f} of 20,000 devices carry its weights.",
        columns=("shorts", "on the dies", "worst of all", "mean loss [points]", "loss of the worst die [points]"),
        rows=[
            (
                f"{entry['rate']:g} %, {setting_words((entry['strength'], entry['wires']))}",
                _interval(entry),
                f"{entry['min']:.1f}",
                _interval(entry["loss"]),
                _interval(entry["worst_loss"]),
            )
            for entry in best["conditions"].values()
        ],
    )
