# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of accuracy over rates, fitted dies and trained rates. Data beside each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..figures import save_with_data
from . import results
from .report import key_of
from .study import BordersRun
from .verdicts import setting_words

COLOURS = {
    "software": "#888888",
    "unaware": "#d9730d",
    "statistics_aware": "#0b7a75",
    "die_aware": "#6b4fa0",
    "blind": "#3b76c2",
    "flagged": "#6b4fa0",
    "true": "#0b7a75",
}
WORDS = {
    "software": "software",
    "unaware": "unaware, no repair",
    "statistics_aware": "trained for the statistics, no repair",
    "die_aware": "trained for the die",
    "blind": "trained for the statistics, blind repair",
    "flagged": "trained for the statistics, self-test flags",
}


def draw_rates(run: BordersRun, report: Mapping[str, Any], folder: Path) -> str:
    """Accuracy over the defect rate: mean over dies with its interval, the worst die as a thin line; all settings."""
    from matplotlib.figure import Figure

    combinations = run.settings.combinations
    figure = Figure(figsize=(10.5, 3.9 * ((len(combinations) + 1) // 2)), layout="constrained")
    places = figure.subplots((len(combinations) + 1) // 2, min(2, len(combinations)), squeeze=False).ravel()
    data: dict[str, Any] = {}
    rates = list(run.settings.swept)
    least = min(rate for rate in rates if rate) / 2
    x = [max(rate, least) for rate in rates]
    for place, setting in zip(places, combinations, strict=False):
        table = report["settings"][key_of(setting)]["rates"]
        columns: dict[str, Any] = {"rate": rates}
        for kind in ("unaware", "statistics_aware", "blind", "flagged"):
            found = [table[f"{rate:g}"][kind] for rate in rates]
            column = {name: [entry[name] for entry in found] for name in ("mean", "low", "high", "worst_die", "min")}
            place.plot(x, column["mean"], "-o", ms=3, lw=1.6, color=COLOURS[kind], label=WORDS[kind])
            place.fill_between(x, column["low"], column["high"], color=COLOURS[kind], alpha=0.15, lw=0)
            place.plot(x, column["worst_die"], ":", lw=1, color=COLOURS[kind])
            columns[kind] = column
        software = report["best_software"]
        place.axhline(software, color=COLOURS["software"], lw=1, ls="--", label="best software network")
        place.axhline(software - results.WITHIN, color=COLOURS["software"], lw=0.8, ls=":")
        place.set_xscale("log")
        place.set_xticks(x, [f"{rate:g}" for rate in rates])
        place.minorticks_off()
        place.set(title=setting_words(setting), xlabel="shorts [%]; opens, stuck P, stuck AP half of it each")
        place.set_ylabel("accuracy [%]")
        place.grid(alpha=0.3)
        data[key_of(setting)] = {"best_software": software, **columns}
    places[0].legend(frameon=False, fontsize=8, loc="lower left")
    for place in places[len(combinations) :]:
        place.remove()
    return save_with_data(figure, data, folder, "rates")


def draw_fitted(report: Mapping[str, Any], folder: Path) -> str:
    """Accuracy of networks trained on fitted statistics, over the number of dies behind the fit."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 4.0), layout="constrained")
    place = figure.subplots()
    table = report["fitted"]["by_dies"]
    counts = sorted(int(name) for name in table if name.isdigit())
    found = [table[str(count)] for count in counts]
    means = [entry["mean"] for entry in found]
    reach = [[m - e["low"] for m, e in zip(means, found, strict=True)], [e["high"] - e["mean"] for e in found]]
    place.errorbar(counts, means, reach, fmt="-o", ms=4, capsize=3, color=COLOURS["statistics_aware"], label="fitted")
    for name, words in (("true", "true statistics"), ("unaware", "unaware")):
        place.axhline(table[name]["mean"], color=COLOURS[name], lw=1.2, ls="--", label=words)
    place.set_xscale("log")
    place.set_xticks(counts, [str(count) for count in counts])
    place.minorticks_off()
    place.set(xlabel="dies that the statistics were fitted to", ylabel="accuracy on other dies, mean [%]")
    place.grid(alpha=0.3)
    place.legend(frameon=False, fontsize=8)
    return save_with_data(figure, report["fitted"], folder, "fitted")


def draw_mismatch(report: Mapping[str, Any], folder: Path) -> str:
    """Mean accuracy by trained and true rate, as a grid of numbers."""
    table = report["mismatch"]
    trained, true = list(table), list(next(iter(table.values())))
    values = [[table[row][column]["mean"] for column in true] for row in trained]
    return draw_grid(
        values,
        (["unaware" if row == "0" else f"{row} %" for row in trained], [f"{column} %" for column in true]),
        ("trained for", "true rate"),
        {"trained": trained, "true": true, "mean": values},
        (folder, "mismatch"),
    )


def draw_grid(
    values: list[list[float]],
    ticks: tuple[list[str], list[str]],
    labels: tuple[str, str],
    data: Mapping[str, Any],
    place: tuple[Path, str],
) -> str:
    """Accuracies [%] as coloured cells, each column against its best; numbers where there is room."""
    import numpy as np
    from matplotlib.figure import Figure

    found = np.array(values)
    rows, columns = found.shape
    figure = Figure(figsize=(10.5, min(9.0, 1.4 + 0.42 * rows)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(found - found.max(axis=0), cmap="viridis", aspect="auto")
    for row, column in np.ndindex(*found.shape):
        dark = (found - found.max(axis=0))[row, column] < (found - found.max(axis=0)).min() / 2
        colour = "white" if dark else "black"
        axes.text(column, row, f"{found[row, column]:.1f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks(range(rows), ticks[0])
    axes.set_xticks(range(columns), ticks[1])
    axes.set(ylabel=labels[0], xlabel=labels[1])
    figure.colorbar(drawn, ax=axes, label="points below the column's best")
    return save_with_data(figure, data, *place)
