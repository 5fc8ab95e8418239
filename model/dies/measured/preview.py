# SPDX-License-Identifier: BSD-3-Clause
"""A picture of a population to look at before anything is fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...reading import one_line
from ..population import Defect, Population
from .classification import healthy_medians

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colour and name of each class.
CLASS_STYLES = {
    Defect.NONE: ("#9aa3ad", "healthy"),
    Defect.SHORT: ("#d6293e", "short"),
    Defect.OPEN: ("#1f6fd1", "open"),
    Defect.STUCK_P: ("#e8930c", "stuck-P"),
    Defect.STUCK_AP: ("#7a4fd0", "stuck-AP"),
}
_MOST_POINTS = 20_000


def draw_preview(population: Population) -> Figure:
    """Draw a population: the two conductances of every cell by class, their histograms, a map and the counts per die.

    The scatter is where a wrong unit, swapped states or a misplaced class limit shows at once.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 8.0), facecolor="white", layout="constrained")
    axes = figure.subplots(2, 2)
    _scatter(axes[0, 0], population)
    _histograms(axes[0, 1], population)
    _map(axes[1, 0], figure, population)
    _counts(axes[1, 1], population)
    dies, kernels, rows, cols = population.shape
    source = population.provenance.get("files") or population.provenance.get("source", "")
    title = f"{dies} dies of {kernels} kernels of {rows} x {cols}   {one_line(str(source), 120)}"
    figure.suptitle(title, fontsize=11, parse_math=False)  # a name of a file is no formula
    return figure


def _micro(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values * 1e6


def _scatter(axes: Axes, population: Population) -> None:
    g_p, g_ap, defect = population.g_p.ravel(), population.g_ap.ravel(), population.defect.ravel()
    positive = np.concatenate([g_p[g_p > 0], g_ap[g_ap > 0]])
    floor = float(_micro(positive.min() if positive.size else np.array(1e-6))) / 3
    for kind, (colour, name) in CLASS_STYLES.items():
        chosen = np.flatnonzero(defect == kind)
        if chosen.size:
            some = chosen[:: -(-chosen.size // _MOST_POINTS)]
            x, y = (np.maximum(_micro(g[some]), floor) for g in (g_ap, g_p))
            size = 3 if kind == Defect.NONE else 14
            axes.scatter(x, y, s=size, c=colour, linewidths=0, label=f"{name} ({chosen.size:,})")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="after writing AP [uS]",
        ylabel="after writing P [uS]",
        title="cells by class",
    )
    if positive.size and positive.max() < 100 * positive.min():  # less than two decades: minor labels would overlap
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
    axes.legend(fontsize=8, frameon=False)


def _histograms(axes: Axes, population: Population) -> None:
    healthy = population.defect == Defect.NONE
    for values, colour, name in ((population.g_ap, "#7a4fd0", "G_AP"), (population.g_p, "#e8930c", "G_P")):
        axes.hist(_micro(values[healthy]), bins=120, color=colour, alpha=0.7, label=name)
    axes.set(xlabel="conductance of healthy cells [uS]", ylabel="cells", title="healthy cells")
    axes.legend(fontsize=8, frameon=False)


def _map(axes: Axes, figure: Figure, population: Population) -> None:
    """Mean deviation of G_P at each place of a kernel: what depends on the place (wires, mostly) shows here."""
    on, _ = healthy_medians(population.g_p, population.g_ap, population.defect)
    healthy = population.defect == Defect.NONE
    deviation = np.where(healthy, population.g_p / on[:, None, None, None] - 1, 0.0)
    count = np.maximum(healthy.sum(axis=(0, 1)), 1)
    mean = 100 * deviation.sum(axis=(0, 1)) / count
    limit = max(float(np.abs(mean).max()), 1e-3)
    shown = axes.imshow(mean, cmap="PRGn", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set(xlabel="column", ylabel="row", title="G_P by place, mean over all kernels")
    figure.colorbar(shown, ax=axes, label="against the die's median [%]")


def _counts(axes: Axes, population: Population) -> None:
    base = np.zeros(population.dies)
    places = np.arange(population.dies)
    for kind, (colour, name) in CLASS_STYLES.items():
        if kind == Defect.NONE:
            continue
        counts = population.counts()[kind.name.lower()]
        axes.bar(places, counts, bottom=base, color=colour, width=0.85, label=name)
        base = base + counts
    step = max(1, population.dies // 18)
    axes.set_xticks(places[::step], [str(die) for die in population.die_ids[::step]])
    axes.set(xlabel="die", ylabel="defective cells", title="defects per die")
    axes.set_ylim(0, 1.18 * max(1.0, float(base.max())))
    axes.legend(fontsize=8, frameon=False, ncols=4, loc="upper center")
