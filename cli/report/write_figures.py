# SPDX-License-Identifier: BSD-3-Clause
"""Figures of writing and characterisation: fidelity by step, truth beside what was found, intervals about the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .die_figure import kernel_marks, tiles_across
from .svg import caption, element, number, picture, text, ticks

_WIDTH = 1040.0


@dataclass(frozen=True)
class Curve:
    """Cells not yet in their intended state after each step, as a share of all.

    Parameters
    ----------
    label, colour : str
        Name and style class (``unaware``, ``statistics``, ``own``, ``others``).
    failing : float array (steps + 1,)
        Share of cells, from before the first pulse on.
    cells : int
        How many cells it is of.
    """

    label: str
    colour: str
    failing: NDArray[np.float64]
    cells: int


def fidelity_figure(curves: Sequence[Curve]) -> str:
    """Share of cells not in the intended state after each step, on a logarithmic axis; none has a line of its own."""
    left, right, top, plot_h = 92.0, 24.0, 26.0, 300.0
    plot_w = _WIDTH - left - right
    least = min((float(v) for curve in curves for v in curve.failing if v > 0), default=1e-3)
    low = math.floor(math.log10(least) - 1e-9)
    zero = top + plot_h  # below the decades
    decades = plot_h - 46.0
    steps = max(len(curve.failing) for curve in curves) - 1

    def x_of(step: int) -> float:
        return left + 30 + step / max(steps, 1) * (plot_w - 60)

    def y_of(share: float) -> float:
        return zero if share <= 0 else top + decades * (math.log10(share) / low if low else 0.0)

    parts = []
    for power in range(low, 1):
        y = y_of(10.0**power)
        parts.append(element("line", x1=left, x2=_WIDTH - right, y1=y, y2=y, class_="grid"))
        label = "100 %" if power == 0 else f"{100 * 10.0**power:g} %"
        parts.append(text(left - 12, y + 4, label, "tick", "end"))
    parts.append(element("line", x1=left, x2=_WIDTH - right, y1=zero, y2=zero, class_="rule"))
    parts.append(text(left - 12, zero + 4, "none", "tick", "end"))
    for step in range(steps + 1):
        name = "before" if step == 0 else str(step)
        parts.append(text(x_of(step), zero + 24, name, "tick", "middle"))
    parts.append(text(left + plot_w / 2, zero + 46, "pulses given", "axis", "middle"))
    for index, curve in enumerate(curves):
        points = [(x_of(i), y_of(float(v))) for i, v in enumerate(curve.failing)]
        path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
        dots = "".join(
            element(
                "circle",
                caption(f"{curve.label}: {v:.3%} of {curve.cells:,} cells after {i} pulses"),
                cx=x,
                cy=y,
                r=4.5,
            )
            for i, ((x, y), v) in enumerate(zip(points, curve.failing, strict=True))
        )
        parts.append(element("path", d=path, class_=f"curve {curve.colour}"))
        parts.append(element("g", dots, class_=f"dots {curve.colour}"))
        y = top + 18 + 22 * index
        parts.append(element("g", element("circle", cx=_WIDTH - 330.0, cy=y - 5, r=4.5), class_=f"dots {curve.colour}"))
        parts.append(text(_WIDTH - 318, y, f"{curve.label}, {curve.cells:,}", "row"))
    return picture(_WIDTH, zero + 56, parts, "cells not yet in the intended state, by pulses given", "figure")


def paired_die_figure(
    truth: NDArray[np.uint8], found: NDArray[np.uint8], titles: tuple[str, str] = ("truth", "found")
) -> str:
    """One die twice, kernel by kernel: what is so, and what was found; cells that differ are ringed in both.

    Parameters
    ----------
    truth, found : uint8 arrays (kernels, rows, cols)
        Defect classes.
    titles : (str, str)
        Above the two maps.
    """
    kernels, rows, cols = truth.shape
    across = tiles_across(kernels)
    gap, between, head = 4.0, 40.0, 26.0
    half = (_WIDTH - between) / 2
    cell = (half - (across - 1) * gap) / (across * cols)
    tile_w, tile_h = cols * cell, rows * cell
    differ = truth != found
    parts = []
    for side, (title, defects) in enumerate(zip(titles, (truth, found), strict=True)):
        x0 = side * (half + between)
        parts.append(text(x0, 14, title, "row"))
        parts.append(text(x0 + half, 14, f"{int(np.count_nonzero(defects))} defects", "note", "end"))
        for k in range(kernels):
            x = x0 + (k % across) * (tile_w + gap)
            y = head + (k // across) * (tile_h + gap)
            tile = element("rect", x=x, y=y, width=tile_w, height=tile_h, rx=2, class_="tile layer-none")
            rings = "".join(
                element(
                    "circle", cx=x + (c + 0.5) * cell, cy=y + (r + 0.5) * cell, r=max(2.5 * cell, 4.0), class_="ring"
                )
                for r, c in np.argwhere(differ[k]).tolist()
            )
            marks = kernel_marks(defects[k], x, y, cell)
            parts.append(element("g", caption(f"kernel {k}") + tile + marks + rings))
    height = head + -(-kernels // across) * (tile_h + gap) - gap
    return picture(_WIDTH, height, parts, "a die: truth beside what was found", "figure pair")


@dataclass(frozen=True)
class Interval:
    """A fitted value with its interval, beside the truth.

    Parameters
    ----------
    label, unit : str
        Name of the row, and unit of its numbers.
    value, low, high, truth : float
        In that unit.
    """

    label: str
    unit: str
    value: float
    low: float
    high: float
    truth: float

    @property
    def covers(self) -> bool:
        """Whether the truth lies inside."""
        slack = 1e-9 * abs(self.truth)
        return self.low - slack <= self.truth <= self.high + slack


def interval_figure(intervals: Sequence[Interval]) -> str:
    """Intervals about the truth, each row on a scale of its own with the truth in the same place."""
    left, right, row, top = 232.0, 250.0, 36.0, 30.0
    middle, reach = left + (_WIDTH - left - right) / 2, (_WIDTH - left - right) / 2 - 12
    bottom = top + row * len(intervals)
    parts = [
        element("line", x1=middle, x2=middle, y1=top - 6, y2=bottom, class_="software"),
        text(middle, top - 12, "truth", "software-label", "middle"),
        text(_WIDTH - 116, top - 12, "truth", "axis", "end"),
        text(_WIDTH - 4, top - 12, "fitted", "axis", "end"),
    ]
    for i, each in enumerate(intervals):
        y = top + row * (i + 0.5)
        finite = [v - each.truth for v in (each.low, each.high, each.value) if math.isfinite(v)]
        scale = reach / (1.05 * max(max(abs(v) for v in finite), 1e-12 * max(1.0, abs(each.truth)), 1e-300))

        def x_of(value: float, each: Interval = each, scale: float = scale) -> float:
            return middle + max(-reach, min(reach, (value - each.truth) * scale))

        style = "interval" if each.covers else "interval missed"
        x1, x2 = x_of(each.low), x_of(each.high if math.isfinite(each.high) else each.truth + reach / scale)
        unit = f" {each.unit}" if each.unit else ""
        upper = f"to {each.high:.4g}" if math.isfinite(each.high) else "and up"
        parts += [
            element("line", x1=0.0, x2=_WIDTH, y1=y - row / 2, y2=y - row / 2, class_="rule"),
            text(0, y + 5, each.label, "row"),
            element(
                "g",
                caption(f"{each.label}: {each.value:.4g}{unit}, interval {each.low:.4g} {upper}")
                + element("line", x1=x1, x2=x2, y1=y, y2=y)
                + element("circle", cx=x_of(each.value), cy=y, r=5.0),
                class_=style,
            ),
            text(_WIDTH - 116, y + 5, f"{each.truth:.4g}{unit}", "value soft", "end"),
            text(_WIDTH - 4, y + 5, f"{each.value:.4g}{unit}", "value", "end"),
        ]
    return picture(_WIDTH, bottom + 4, parts, "fitted statistics with their intervals beside the truth", "figure")


def histogram_figure(values: NDArray[np.float64], label: str, bins: int = 41) -> str:
    """How values are distributed; the outermost thousandths are left out."""
    low, high = (float(v) for v in np.quantile(values, (0.001, 0.999)))
    if not high > low:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(values, bins=bins, range=(low, high))
    left, right, top, height = 24.0, 24.0, 10.0, 150.0
    plot = _WIDTH - left - right
    tallest = max(int(counts.max()), 1)
    parts = []
    for count, a, b in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        x1, x2 = (left + (v - low) / (high - low) * plot for v in (a, b))
        h = height * count / tallest
        parts.append(
            element(
                "rect",
                caption(f"{a:.4g} to {b:.4g}: {count:,}"),
                x=x1 + 0.5,
                y=top + height - h,
                width=max(x2 - x1 - 1, 0.5),
                height=h,
                class_="bar measured",
            )
        )
    for value in ticks(low, high):
        x = left + (value - low) / (high - low) * plot
        parts.append(text(x, top + height + 20, f"{value:g}" if abs(value) > 1e-12 else "0", "tick", "middle"))
    parts.append(element("line", x1=left, x2=_WIDTH - right, y1=top + height, y2=top + height, class_="rule"))
    parts.append(text(left + plot / 2, top + height + 42, label, "axis", "middle"))
    return picture(_WIDTH, top + height + 50, parts, label, "figure")
