# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of the further studies: ingredients of training, mapping, copies of layers. Data beside each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..figures import save_with_data
from .pictures import COLOURS

_MAPPED = {"identity": "#888888", "random": "#d9730d", "flags_only": "#3b76c2", "remapped": "#0b7a75"}
_METHODS = ("#888888", "#d9730d", "#3b76c2", "#6b4fa0", "#0b7a75", "#c02434")


def draw_studies(figures: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Pictures of the studies that were done, by name."""
    drawn = {}
    if figures["ablations"]:
        drawn["ablations"] = _draw_ablations(figures["ablations"], folder)
    if figures["mapping"]:
        drawn["mapping"] = _draw_mapping(figures["mapping"], folder)
    if figures["ensemble"]:
        drawn["ensemble"] = _draw_ensemble(figures["ensemble"], folder)
    return drawn


def _draw_ablations(table: Mapping[str, Any], folder: Path) -> str:
    """Points above plain fault injection, with intervals over seeds."""
    from matplotlib.figure import Figure
    from spintile.model.training.digits.ablations import ABLATIONS

    names = list(table)[::-1]
    found = [table[name]["against_plain"] for name in names]
    means = [entry["mean"] for entry in found]
    reach = [entry["high"] - entry["mean"] for entry in found]
    figure = Figure(figsize=(10.5, 0.36 * len(names) + 1.2), layout="constrained")
    place = figure.subplots()
    place.errorbar(means, range(len(names)), xerr=reach, fmt="o", ms=5, capsize=3, color=COLOURS["statistics_aware"])
    place.axvline(0, color=COLOURS["software"], lw=1, ls="--")
    place.set_yticks(range(len(names)), [ABLATIONS[name].words for name in names])
    place.set_xlabel("accuracy on the dies against plain fault injection [points]")
    place.grid(axis="x", alpha=0.3)
    return save_with_data(figure, table, folder, "ablations")


def _draw_mapping(table: Mapping[str, Any], folder: Path) -> str:
    """Accuracy over the rate, for each way of mapping; without repair and with flags."""
    from matplotlib.figure import Figure
    from spintile.model.training.digits.mapping import MAPPINGS

    panels = list(dict.fromkeys((entry["strength"], entry["repair"]) for entry in table.values()))
    figure = Figure(figsize=(10.5, 3.6 * ((len(panels) + 1) // 2)), layout="constrained")
    places = figure.subplots((len(panels) + 1) // 2, min(2, len(panels)), squeeze=False).ravel()
    for place, (strength, repair) in zip(places, panels, strict=False):
        chosen = [entry for entry in table.values() if (entry["strength"], entry["repair"]) == (strength, repair)]
        rates = [entry["rate"] for entry in chosen]
        for name in MAPPINGS:
            columns = {key: [entry[name][key] for entry in chosen] for key in ("mean", "low", "high")}
            label = name.replace("_", " ")
            place.plot(rates, columns["mean"], "-o", ms=3, lw=1.6, color=_MAPPED[name], label=label)
            place.fill_between(rates, columns["low"], columns["high"], color=_MAPPED[name], alpha=0.15, lw=0)
        place.set_xscale("log")
        place.set_xticks(rates, [f"{rate:g}" for rate in rates])
        place.minorticks_off()
        words = "self-test flags" if repair == "flags" else "no repair, unaware network"
        place.set(title=f"shorts of {strength:g} G_P, {words}", xlabel="shorts [%]", ylabel="accuracy [%]")
        place.grid(alpha=0.3)
    places[0].legend(frameon=False, fontsize=8)
    for place in places[len(panels) :]:
        place.remove()
    return save_with_data(figure, table, folder, "mapping")


def _draw_ensemble(table: Mapping[str, Any], folder: Path) -> str:
    """Accuracy over the rate of stuck devices, for each method."""
    from matplotlib.figure import Figure
    from spintile.model.training.digits.ensemble import ENSEMBLE_METHODS

    rates = [float(rate) for rate in table]
    figure = Figure(figsize=(10.5, 4.0), layout="constrained")
    place = figure.subplots()
    methods = list(next(iter(table.values())))
    for method, colour in zip(methods, _METHODS, strict=False):
        found = [entry[method] for entry in table.values()]
        means = [entry["mean"] for entry in found]
        place.plot(rates, means, "-o", ms=3, lw=1.6, color=colour, label=ENSEMBLE_METHODS[method].words)
        low, high = ([entry[key] for entry in found] for key in ("low", "high"))
        place.fill_between(rates, low, high, color=colour, alpha=0.15, lw=0)
        place.axhline(found[-1]["software"], color=colour, lw=0.8, ls=":")
    place.set_xticks(rates, list(table))
    place.set(xlabel="stuck devices [%]; dotted: software of the same networks", ylabel="accuracy [%]")
    place.grid(alpha=0.3)
    place.legend(frameon=False, fontsize=8)
    return save_with_data(figure, table, folder, "ensemble")
