# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of dies for files: conductance of every device, with the defects marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .figure_files import save_figure

if TYPE_CHECKING:
    from spintile.model.dies import Population

#: Colour and name of each defect class, by its number.
_DEFECTS = {
    1: ("#d6293e", "short"),
    2: ("#1f6fd1", "open"),
    3: ("#e8930c", "stuck-P"),
    4: ("#7a4fd0", "stuck-AP"),
    5: ("#2b9348", "pinhole"),
}


def draw_dies(population: Population, path: Path) -> None:
    """Draw every die of a population into one file; the suffix chooses the format.

    A single die is drawn with the deviation of each healthy device's conductance behind its defects; several dies as
    small maps side by side.
    """
    from ..errors import extras_needed

    with extras_needed():
        from matplotlib.figure import Figure
        from matplotlib.lines import Line2D

    dies, kernels, rows, cols = population.shape
    across = max(1, round((2 * kernels) ** 0.5))
    down = -(-kernels // across)
    gap = 4 if dies == 1 else 2  # room for the number of each kernel
    panels = min(6, dies)
    lines = -(-dies // panels)
    width = 11.0
    height = 0.7 + lines * (width / panels * (down * (rows + gap)) / (across * (cols + gap)) + 0.3)
    figure = Figure(figsize=(width, height), facecolor="white", layout="constrained")
    axes = figure.subplots(lines, panels, squeeze=False)
    for i, ax in enumerate(axes.ravel()):
        ax.set_axis_off()
        if i >= dies:
            continue
        canvas = np.full((down * (rows + gap), across * (cols + gap)), np.nan)
        healthy = population.defect[i] == 0
        middle = float(np.median(population.g_p[i][healthy])) if healthy.any() else 1.0
        deviation = np.where(healthy, population.g_p[i] / middle - 1, 0.0) * 100
        marks: dict[int, list[tuple[float, float]]] = {number: [] for number in _DEFECTS}
        for k in range(kernels):
            top, left = k // across * (rows + gap), k % across * (cols + gap)
            canvas[top : top + rows, left : left + cols] = deviation[k]
            if dies == 1:
                ax.text(left - 0.5, top - 0.8, str(k), fontsize=6, color="#66707a", va="bottom")
            for r, c in np.argwhere(~healthy[k]):
                marks[int(population.defect[i, k, r, c])].append((left + c, top + r))
        shown = ax.imshow(canvas, cmap="PRGn", vmin=-20, vmax=20, interpolation="nearest", alpha=0.55)
        size = 11.0 if dies == 1 else 2.2
        for number, points in marks.items():
            if points:
                ax.scatter(*zip(*points, strict=True), s=size, color=_DEFECTS[number][0], linewidths=0)
        title = f"die {population.die_ids[i]}" + (", kernels by number" if dies == 1 else "")
        ax.set_title(title, fontsize=11 if dies == 1 else 8, loc="left", pad=10 if dies == 1 else 4)
        if dies == 1:
            figure.colorbar(shown, ax=ax, shrink=0.7, label="healthy G_P against the die's median [%]")
    handles = [Line2D([], [], marker="o", ls="", color=colour, label=name) for colour, name in _DEFECTS.values()]
    figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False, fontsize=9)
    save_figure(figure, path)
