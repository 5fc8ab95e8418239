# SPDX-License-Identifier: BSD-3-Clause
"""Accuracy over dies: one row of dots per kind of training, one dot per die."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .contents import Strip
from .svg import caption, element, number, picture, swarm, text, ticks

_WIDTH = 1040.0
_LEFT = 232.0
_RIGHT = 120.0
_ROW = 52.0
_TALLEST = 84.0  # of a row; where more dots share a value they overlap
_RADIUS = 4.0


def accuracy_figure(strips: Sequence[Strip], software: float, label: str) -> str:
    """Dots on a common accuracy axis, with mean and worst die beside each row.

    Parameters
    ----------
    strips : sequence of Strip
        Rows from top to bottom.
    software : float
        Accuracy in software [%], drawn as a line.
    label : str
        Name of the figure for screen readers.

    Returns
    -------
    str
        An SVG element.
    """
    lowest = min(float(strip.accuracies.min()) for strip in strips)
    highest = max(software, *(float(strip.accuracies.max()) for strip in strips))
    margin = max(0.02 * (highest - lowest), 0.1)
    low, high = lowest - margin, highest + margin
    plot = _WIDTH - _LEFT - _RIGHT
    heights = [_row_height(strip, low, high, plot) for strip in strips]
    top, bottom = 34.0, 34.0 + sum(heights)

    def place(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * plot

    parts = []
    for value in ticks(low, high):
        x = place(value)
        parts.append(element("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        parts.append(text(x, bottom + 20, f"{number(value)}", "tick", "middle"))
    parts.append(text(_LEFT + plot / 2, bottom + 42, "accuracy on the test images [%]", "axis", "middle"))
    parts.append(text(_WIDTH - 62, top - 16, "mean", "axis", "end"))
    parts.append(text(_WIDTH - 4, top - 16, "worst", "axis", "end"))
    y = top
    for strip, height in zip(strips, heights, strict=True):
        parts.append(_row(strip, y, height, low, high, plot))
        y += height
    x = place(software)
    parts.append(element("line", x1=x, x2=x, y1=top - 6, y2=bottom, class_="software"))
    parts.append(
        text(x, top - 14, f"software {software:.2f}", "software-label", "end" if x > _LEFT + plot / 2 else "start")
    )
    return picture(_WIDTH, bottom + 52, parts, label, "figure")


def _positions(strip: Strip, low: float, high: float, plot: float) -> tuple[list[float], list[float], list[int]]:
    order = np.argsort(strip.accuracies, kind="stable")
    xs = [_LEFT + (float(strip.accuracies[i]) - low) / (high - low) * plot for i in order]
    return xs, swarm(xs, _RADIUS * 0.92), [int(i) for i in order]


def _row_height(strip: Strip, low: float, high: float, plot: float) -> float:
    _, offsets, _ = _positions(strip, low, high, plot)
    return min(max(_ROW, 2 * (max(abs(offset) for offset in offsets) + _RADIUS) + 14), _TALLEST)


def _row(strip: Strip, y: float, height: float, low: float, high: float, plot: float) -> str:
    middle = y + height / 2
    xs, offsets, order = _positions(strip, low, high, plot)
    squeeze = min(1.0, (height / 2 - _RADIUS - 6) / max(1.0, *(abs(offset) for offset in offsets)))
    mean, worst = float(strip.accuracies.mean()), float(strip.accuracies.min())
    x_mean = _LEFT + (mean - low) / (high - low) * plot
    dots = "".join(
        element(
            "circle",
            caption(f"die {int(strip.dies[i])}: {float(strip.accuracies[i]):.2f} %"),
            cx=x,
            cy=middle + offset * squeeze,
            r=_RADIUS,
        )
        for x, offset, i in zip(xs, offsets, order, strict=True)
    )
    repair = "with pair check" if strip.repaired else "without repair"
    count = len(strip.dies) // strip.networks
    dies = f"{f'{strip.networks} × ' if strip.networks > 1 else ''}{count} {'die' if count == 1 else 'dies'}"
    parts = [
        element("line", x1=0.0, x2=_WIDTH, y1=y, y2=y, class_="rule"),
        text(0, middle - 3, strip.label, "row"),
        text(0, middle + 14, f"{repair}, {dies}", "note"),
        element("g", dots, class_=f"dots {strip.colour}{'' if strip.repaired else ' hollow'}"),
        element("line", x1=x_mean, x2=x_mean, y1=middle - height / 2 + 7, y2=middle + height / 2 - 7, class_="mean"),
        text(_WIDTH - 62, middle + 5, f"{mean:.1f}", "value", "end"),
        text(_WIDTH - 4, middle + 5, f"{worst:.1f}", "value soft", "end"),
    ]
    return "".join(parts)
