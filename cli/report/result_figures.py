# SPDX-License-Identifier: BSD-3-Clause
"""Confusion matrix, and cycles per image beside the converters' bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .svg import caption, element, picture, text


def confusion_figure(confusion: NDArray[np.int64]) -> str:
    """Answered class against true class, each row in percent of its images.

    Parameters
    ----------
    confusion : int array (classes, classes)
        Images by true class (row) and answered class (column).
    """
    classes = confusion.shape[0]
    cell, left, top = 44.0, 74.0, 46.0
    totals = np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    share = confusion / totals * 100
    wrong = share.copy()
    np.fill_diagonal(wrong, 0)
    darkest = max(float(wrong.max()), 1e-9)
    side = cell * classes
    parts = [
        text(left + side / 2, 14, "answered", "axis", "middle"),
        text(14, top + side / 2, "true", "axis", "middle"),
    ]
    for i in range(classes):
        parts.append(text(left + (i + 0.5) * cell, top - 10, str(i), "row", "middle"))
        parts.append(text(left - 12, top + (i + 0.5) * cell + 5, str(i), "row", "end"))
        for j in range(classes):
            x, y, value = left + j * cell, top + i * cell, float(share[i, j])
            right = i == j
            # Errors have a colour scale of their own: against 90 % on the diagonal they would all look white.
            strength = value / 100 if right else value / darkest
            box = element(
                "rect",
                caption(f"true {i}, answered {j}: {value:.2f} %"),
                x=x + 1,
                y=y + 1,
                width=cell - 2,
                height=cell - 2,
                rx=3,
                class_="right" if right else "wrong",
                style=f"fill-opacity:{0.04 + 0.86 * strength:.3f}",
            )
            parts.append(box)
            if value >= 0.05:
                shown = f"{value:.1f}" if value < 99.95 else "100"
                parts.append(text(x + cell / 2, y + cell / 2 + 4, shown, "cell strong" if right else "cell", "middle"))
    return picture(left + side + 4, top + side + 4, parts, "confusion matrix", "figure confusion")


def cycles_figure(cycles: float, bound: float) -> str:
    """Clock cycles per image at saturation, as a bar against the bound.

    Parameters
    ----------
    cycles : float
        Read from the performance counters.
    bound : float
        Sum over an image's reads of columns per converter times (ADC bits + 1).
    """
    width, left, right = 1040.0, 232.0, 120.0
    plot = width - left - right
    scale = plot / (1.15 * max(cycles, bound, 1e-9))
    limit = left + 1.10 * bound * scale
    parts = [
        text(0, 24, "converters' bound", "row"),
        element("rect", x=left, y=9, width=bound * scale, height=22, rx=3, class_="bar bound"),
        text(left + bound * scale - 10, 25, f"{bound:.0f}", "value", "end"),
        text(0, 64, "measured", "row"),
        element("rect", x=left, y=49, width=cycles * scale, height=22, rx=3, class_="bar measured"),
        text(left + max(cycles * scale, 60) - 10, 65, f"{cycles:.1f}", "value inverse", "end"),
        element("line", x1=limit, x2=limit, y1=0, y2=84, class_="software"),
        text(limit + 6, 98, "1.10 × bound", "software-label", "end"),
    ]
    return picture(width, 102, parts, "cycles per image", "figure")
