# SPDX-License-Identifier: BSD-3-Clause
"""Defect classes of cells from their two measured conductances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..population import Defect


@dataclass(frozen=True)
class ClassLimits:
    """Where one class ends and another begins, in units of the die's own healthy medians.

    Relative limits make the classes independent of the die's mean resistance, of the line and access resistance that
    all its cells share and of a wrong read voltage.

    Parameters
    ----------
    open_below : float
        A cell is open if in neither state it conducts this much of the median G_AP.
    short_above : float
        A cell is a short if in either state it conducts this much of the median G_P. Behind an access transistor even a
        junction of 0 Ohm may conduct no more than twice G_P.
    switch_below : float
        Any other cell is stuck if its two states differ by less than this much of the median difference; in the state
        whose median is nearer, on a logarithmic scale, to the geometric mean of the two.

    Raises
    ------
    ValueError
        If a limit is out of range; the message names it.
    """

    open_below: float = 0.3
    short_above: float = 1.5
    switch_below: float = 0.5

    def __post_init__(self) -> None:
        for name, allowed, lawful in (
            ("open_below", "above 0 and below 1", 0 < self.open_below < 1),
            ("short_above", "a number above 1", self.short_above > 1 and math.isfinite(self.short_above)),
            ("switch_below", "above 0 and below 1", 0 < self.switch_below < 1),
        ):
            if not lawful:
                raise ValueError(f"class limits: {name} must be {allowed}, not {getattr(self, name)!r}")


def classify_cells(
    g_p: NDArray[np.float64], g_ap: NDArray[np.float64], limits: ClassLimits | None = None
) -> NDArray[np.uint8]:
    """Defect class of every cell.

    Parameters
    ----------
    g_p, g_ap : float64 arrays (dies, kernels, rows, cols)
        Conductance measured after writing P, and after writing AP [S].
    limits : ClassLimits
        Between the classes.

    Returns
    -------
    uint8 array (dies, kernels, rows, cols)
        As ``Defect`` numbers them.

    Raises
    ------
    ValueError
        If the arrays' shapes are wrong, or the cells of a die do not conduct more in P than in AP.
    """
    if g_p.ndim != 4 or g_p.shape != g_ap.shape:
        raise ValueError(
            f"g_p and g_ap must both have axes (dies, kernels, rows, cols), not {g_p.shape} and {g_ap.shape}"
        )
    chosen = limits or ClassLimits()
    return np.stack([_classify_die(p, ap, chosen, die) for die, (p, ap) in enumerate(zip(g_p, g_ap, strict=True))])


def healthy_medians(
    g_p: NDArray[np.float64], g_ap: NDArray[np.float64], defect: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median G_P and G_AP of each die's healthy cells [S]: arrays (dies,), NaN for a die without any."""
    healthy = defect.reshape(len(defect), -1) == Defect.NONE
    medians = np.full((2, len(defect)), np.nan)
    for die, chosen in enumerate(healthy):
        if chosen.any():
            medians[:, die] = [np.median(g[die].ravel()[chosen]) for g in (g_p, g_ap)]
    return medians[0], medians[1]


def _classify_die(
    g_p: NDArray[np.float64], g_ap: NDArray[np.float64], limits: ClassLimits, die: int
) -> NDArray[np.uint8]:
    defect = np.zeros(g_p.shape, np.uint8)
    # Medians over all cells lean towards the commonest defect; those over the cells found healthy do not.
    for _ in range(3):
        healthy = defect == Defect.NONE
        if not healthy.any():
            break
        on, off = float(np.median(g_p[healthy])), float(np.median(g_ap[healthy]))
        if not on > off > 0:
            raise ValueError(
                f"die {die} (by position): the median conductance must be higher after writing P than after AP, and "
                f"above 0, not {on:.4g} S and {off:.4g} S: states swapped, or not a working die"
            )
        previous = defect
        defect = _apply(g_p, g_ap, on, off, limits)
        if np.array_equal(previous, defect):
            break
    return defect


def _apply(
    g_p: NDArray[np.float64], g_ap: NDArray[np.float64], on: float, off: float, limits: ClassLimits
) -> NDArray[np.uint8]:
    larger = np.maximum(g_p, g_ap)
    is_open = larger < limits.open_below * off
    is_short = larger > limits.short_above * on
    is_stuck = g_p - g_ap < limits.switch_below * (on - off)
    near_on = g_p * g_ap > on * off
    return np.select(
        [is_open, is_short, is_stuck & near_on, is_stuck],
        [np.uint8(Defect.OPEN), np.uint8(Defect.SHORT), np.uint8(Defect.STUCK_P), np.uint8(Defect.STUCK_AP)],
        np.uint8(Defect.NONE),
    ).astype(np.uint8)
