# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a fit and of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..population import Defect
from ..statistics import RATES
from .comparison import Comparison
from .fit import Fit
from .goodness import DISTANCES, Goodness

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"short": "#d6293e", "open": "#1f6fd1", "stuck_p": "#e8930c", "stuck_ap": "#7a4fd0"}
_INK, _BAND = "#20242a", "#b9c0c9"


def draw_fit(fit: Fit, goodness: Goodness) -> Figure:
    """Draw the goodness of a fit.

    Defects per die of each class, sorted, in the band that 95 % of the drawn populations keep within; pairs by distance
    likewise; quantiles of ln(R_P) and ln(TMR) against the normal; rates and over-dispersions with their intervals.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 7.6), facecolor="white", layout="constrained")
    axes = figure.subplots(2, 4)
    for i, name in enumerate(RATES):
        _counts(axes[0, i], name, i, goodness)
    _pairs(axes[1, 0], fit, goodness)
    _quantiles(axes[1, 1], goodness)
    _intervals(axes[1, 2], fit, [*RATES, "open_row", "open_col"], 100.0, "rate [%]")
    _intervals(axes[1, 3], fit, [f"{name}_rate_spread" for name in RATES], 1.0, "over-dispersion between dies")
    origin = fit.origin
    figure.suptitle(
        f"{origin.get('source', '')}: {origin.get('dies', '?')} dies of {origin.get('kernels', '?')} kernels of "
        f"{origin.get('rows', '?')} x {origin.get('cols', '?')}; bands and bars hold {100 * fit.level:g} %",
        fontsize=11,
        parse_math=False,  # a name of a file is no formula
    )
    return figure


def _counts(axes: Axes, name: str, index: int, goodness: Goodness) -> None:
    share = (np.arange(goodness.counts.shape[1]) + 0.5) / goodness.counts.shape[1]
    low, middle, high = np.quantile(goodness.drawn_counts[:, index], [0.025, 0.5, 0.975], axis=0)
    axes.fill_betweenx(share, low, high, color=_BAND, alpha=0.6, linewidth=0, label="drawn from the fit")
    axes.plot(middle, share, color="white", linewidth=1.2)
    axes.plot(goodness.counts[index], share, "o", ms=3.5, color=_COLOURS[name], label="dies")
    axes.set(
        xlabel="defects per die",
        ylabel="share of dies" if index == 0 else "",
        title=f"{Defect[name.upper()].name.lower().replace('_', '-')}   p = {goodness.p_values[name]:.2g}",
        ylim=(0, 1),
    )
    axes.legend(fontsize=7, frameon=False, loc="lower right")


def _pairs(axes: Axes, fit: Fit, goodness: Goodness) -> None:
    middle = np.sqrt(DISTANCES[1:] * DISTANCES[:-1])
    mean = np.maximum(goodness.drawn_pairs.mean(axis=0), 1e-9)
    some = goodness.drawn_pairs.sum(axis=0) > 0
    low, high = np.quantile(goodness.drawn_pairs, [0.025, 0.975], axis=0) / mean
    axes.fill_between(middle[some], low[some], high[some], color=_BAND, alpha=0.6, linewidth=0)
    axes.axhline(1, color="white", linewidth=1.2)
    axes.plot(middle[some], (goodness.pairs / mean)[some], "o-", ms=4, color=_INK, linewidth=0.8)
    clustering = fit.statistics.spatial_clustering
    axes.set(
        xscale="log",
        ylim=(0, None),
        xlabel="distance of two defects [pitch]",
        ylabel="pairs over those drawn",
        title=f"clustering {clustering:.2g}   p = {goodness.p_values['pairs']:.2g}",
    )


def _quantiles(axes: Axes, goodness: Goodness) -> None:
    axes.plot([-4, 4], [-4, 4], color=_BAND, linewidth=1.5)
    for values, colour, name in zip(goodness.quantiles, ("#e8930c", "#7a4fd0"), ("ln R_P", "ln TMR"), strict=True):
        if np.isfinite(values).all():
            axes.plot(goodness.normal, values, "o-", ms=3.5, linewidth=0.8, color=colour, label=name)
    axes.set(xlabel="normal quantile", ylabel="quantile within a die", title="healthy devices", aspect="equal")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False)


def _intervals(axes: Axes, fit: Fit, names: list[str], scale: float, label: str) -> None:
    finite = [fit.estimates[name] for name in names if np.isfinite(fit.estimates[name].high)]
    most = scale * max([estimate.high for estimate in finite] + [estimate.value for estimate in finite] + [1e-9]) * 1.15
    for place, name in enumerate(names):
        estimate = fit.estimates[name]
        high = min(scale * estimate.high, 2 * most)
        colour = _COLOURS.get(name.removesuffix("_rate_spread"), _INK)
        axes.plot([scale * estimate.low, high], [place, place], color=colour, linewidth=2)
        axes.plot(scale * estimate.value, place, "o", color=colour, ms=5)
    axes.set_yticks(range(len(names)), [name.removesuffix("_rate_spread").replace("_", "-") for name in names])
    axes.invert_yaxis()
    axes.set(xlabel=label, xlim=(0, most), title=label.partition(" [")[0])


def draw_comparison(comparison: Comparison, names: tuple[str, str] = ("first", "second")) -> Figure:
    """Draw by how much every property of the second population differs from the first's, and how surely.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.6), facecolor="white", layout="constrained")
    axes = figure.subplots()
    labels = []
    for place, each in enumerate(comparison.differences):
        differs = each.name in comparison.different
        # Pairs beyond chance are about 0 without clusters: what they change by is shown itself, not over that.
        absolute = each.name == "near_pairs"
        labels.append(each.name.replace("_", "-"))
        if absolute or each.first > 0:
            change = 100 * (each.second - each.first if absolute else each.second / each.first - 1)
            axes.plot([0, change], [place, place], color=_BAND, linewidth=2, zorder=1)
            axes.plot(change, place, "o", color="#d6293e" if differs else _INK, ms=6, zorder=2)
        unit = f"{each.unit} (bar: points)" if absolute else each.unit
        note = f"{each.first:.4g}, {each.second:.4g} {unit}   p = {each.adjusted:.2g}"
        axes.annotate(note, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.axvline(0, color=_BAND, linewidth=1)
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    dies = comparison.dies
    axes.set(
        xlabel=f"{names[1]} ({dies[1]} dies) against {names[0]} ({dies[0]} dies) [%]",
        title=f"different at {100 * comparison.level:g} %: {', '.join(comparison.different) or 'nothing'}",
    )
    return figure
