# SPDX-License-Identifier: BSD-3-Clause
"""Die maps: one die in full with its defects, and all dies of a population side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .contents import DieMap, KernelLabel
from .svg import caption, element, number, picture, text

#: Name and style class of each defect, by its number in a population.
DEFECTS = {
    1: ("short", "short"),
    2: ("open", "open"),
    3: ("stuck-P", "stuck-p"),
    4: ("stuck-AP", "stuck-ap"),
    5: ("pinhole", "pinhole"),
}


def tiles_across(kernels: int) -> int:
    """Kernels per line of tiles: twice as wide as high, as near as it goes."""
    columns = max(1, round((2 * kernels) ** 0.5))
    while kernels % columns and columns < kernels:
        columns += 1
    return columns


def kernel_marks(defects: NDArray[np.uint8], x0: float, y0: float, cell: float) -> str:
    """A kernel's defects as one path per class: points with round ends."""
    parts = []
    for number_, (_, style) in DEFECTS.items():
        rows, cols = np.nonzero(defects == number_)
        if rows.size:
            path = "".join(
                f"M{number(x0 + (c + 0.5) * cell)} {number(y0 + (r + 0.5) * cell)}h0"
                for r, c in zip(rows.tolist(), cols.tolist(), strict=True)
            )
            parts.append(element("path", d=path, class_=f"mark {style}"))
    return "".join(parts)


def counts(defects: NDArray[np.uint8]) -> dict[str, int]:
    """Defects of each class by name."""
    return {name: int(np.count_nonzero(defects == value)) for value, (name, _) in DEFECTS.items()}


def die_figure(die: DieMap, labels: Sequence[KernelLabel | None]) -> str:
    """One die, kernel by kernel, in the colours of the layers it holds.

    Parameters
    ----------
    die : DieMap
        The die.
    labels : sequence of KernelLabel or None (kernels,)
        What each kernel holds; None for a spare one.
    """
    kernels, rows, cols = die.defects.shape
    across = tiles_across(kernels)
    width = 1040.0
    gap = 10.0
    cell = (width - (across - 1) * gap) / (across * cols)
    tile_w, tile_h = cols * cell, rows * cell
    head = 31.0
    parts = []
    for k, label in enumerate(labels):
        x = (k % across) * (tile_w + gap)
        y = (k // across) * (tile_h + head + gap)
        here = counts(die.defects[k])
        found = ", ".join(f"{n} {name}" for name, n in here.items() if n) or "no defects"
        holds = f"{label.neurons}, {label.inputs}" if label else "spare"
        parts.append(
            text(x, y + 11, label.neurons if label else "spare", "tile-label" if label else "tile-label spare")
        )
        parts.append(text(x + tile_w, y + 11, f"{k}", "tile-number", "end"))
        parts.append(text(x, y + 25, label.inputs if label else "", "tile-number"))
        style = f"tile layer{label.layer % 4}" if label else "tile layer-none"
        tile = element("rect", x=x, y=y + head, width=tile_w, height=tile_h, rx=2, class_=style)
        marks = kernel_marks(die.defects[k], x, y + head, cell)
        parts.append(element("g", caption(f"kernel {k}: {holds}; {found}") + tile + marks))
    height = -(-kernels // across) * (tile_h + head + gap) - gap
    return picture(width, height, parts, f"die {die.die} with its defects, kernel by kernel", "figure die")


def population_figure(dies: Sequence[DieMap], chosen: int) -> str:
    """Every die as a small map with its accuracy below it; the one drawn in full is framed.

    Parameters
    ----------
    dies : sequence of DieMap
        The population.
    chosen : int
        Number of the die that :func:`die_figure` shows.
    """
    kernels, rows, cols = dies[0].defects.shape
    across_tiles = tiles_across(kernels)
    across = min(9, len(dies))
    width, gap, pad = 1040.0, 12.0, 4.0
    unit = (width - (across - 1) * gap) / across
    cell = (unit - 2 * pad - (across_tiles - 1) * 1.5) / (across_tiles * cols)
    tile_w, tile_h = cols * cell, rows * cell
    body = -(-kernels // across_tiles) * (tile_h + 1.5) - 1.5 + 2 * pad
    step = body + 32
    worst = min(dies, key=lambda die: die.accuracy)
    parts = []
    for i, die in enumerate(dies):
        x0, y0 = (i % across) * (unit + gap), (i // across) * step + 1
        total = sum(counts(die.defects).values())
        frame = "die-frame chosen" if die.die == chosen else "die-frame"
        inner = [
            caption(f"die {die.die}: {die.accuracy:.2f} %, {total} defective devices"),
            element("rect", x=x0 + 0.5, y=y0, width=unit - 1, height=body, rx=3, class_=frame),
        ]
        inner += [
            kernel_marks(
                die.defects[k],
                x0 + pad + (k % across_tiles) * (tile_w + 1.5),
                y0 + pad + (k // across_tiles) * (tile_h + 1.5),
                cell,
            )
            for k in range(kernels)
        ]
        inner.append(text(x0 + 2, y0 + body + 15, f"die {die.die}", "note"))
        value = "value small worst" if die is worst else "value small"
        inner.append(text(x0 + unit - 2, y0 + body + 15, f"{die.accuracy:.1f}", value, "end"))
        parts.append(element("g", "".join(inner)))
    return picture(width, -(-len(dies) // across) * step, parts, f"defects of {len(dies)} dies", "figure dies")
