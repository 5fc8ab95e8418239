# SPDX-License-Identifier: BSD-3-Clause
"""Write error rates of a uniaxial macrospin from its Fokker-Planck equation: deterministic, exact up to its grid.

Field and torque act along the easy axis, so the polar angle alone is a Markov process. With x = cos(angle to the
initial easy direction), time in units of 1/(damping * precession rate) and drive i = V / V_c0,

    d rho / d time = d/dx { (1 - x^2) [ (i - x) rho + (1 / (2 Delta)) d rho / dx ] }

(Brown 1963). It holds in every regime, the region between them included, and is the yardstick for the closed forms
of ``switching``; the trajectories of ``macrospin`` know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

Array = NDArray[np.float64]

#: Longest step as a fraction of the time already passed: what is left then decays slowly.
_GROWTH = 0.003


def error_rates(
    delta: float, drive: float, times: Sequence[float] | Array, *, cells: int = 400, relaxation: float = 5.0
) -> Array:
    """Probability that the magnet is still in its initial well after a rectangular pulse.

    Parameters
    ----------
    delta : float
        Thermal stability factor, barrier / kT.
    drive : float
        i = V / V_c0; positive favours switching.
    times : sequence of float
        Pulse widths in units of 1/(damping * precession rate), positive and increasing.
    cells : int
        Cells between the poles.
    relaxation : float
        Time without drive before the state is read.

    Returns
    -------
    numpy.ndarray
        One rate per pulse width.

    Raises
    ------
    ValueError
        If the widths are not positive and increasing.
    """
    widths = np.asarray(times, float)
    if widths.ndim != 1 or not widths.size or widths[0] <= 0 or np.any(np.diff(widths) <= 0):
        raise ValueError(f"pulse widths must be positive and increasing, not {times!r}")
    grid = _Grid(delta, cells)
    operator = grid.operator(drive)
    undriven = grid.operator(0.0)
    density = grid.equilibrium()
    first = 0.01 / max(abs(drive - 1), 0.3)
    rates, now = [], 0.0
    for width in widths:
        density = _advance(operator, density, now, width, first)
        now = width
        rates.append(grid.unswitched(_advance(undriven, density, 0.0, relaxation, 0.02)))
    return np.array(rates)


class _Grid:
    """Finite volumes in the polar angle, finer near the initial direction.

    Parameters
    ----------
    delta : float
        Thermal stability factor.
    cells : int
        Number of cells, even.
    """

    def __init__(self, delta: float, cells: int) -> None:
        fraction = np.linspace(0, 1, cells + 1)
        # The equator is an edge, and near it the cells are even, so that "switched" cuts no cell.
        angle = np.pi / 2 * np.where(fraction < 0.5, _graded(2 * fraction), 2 - _graded(2 - 2 * fraction))
        self.delta = delta
        self.edge = np.cos(angle)
        middle, half = (angle[1:] + angle[:-1]) / 2, (angle[1:] - angle[:-1]) / 2
        # Differences of cosines as products: exact near the pole.
        self.width = 2 * np.sin(middle) * np.sin(half)
        self.centre = np.cos(middle) * np.cos(half)
        self.conductance = np.sin(angle[1:-1]) ** 2

    def operator(self, drive: float) -> Array:
        """Banded matrix (3, cells) of d rho / d time, exponentially fitted (Scharfetter and Gummel)."""
        diffusion = 1 / (2 * self.delta)
        distance = (self.width[1:] + self.width[:-1]) / 2
        slope = (self.edge[1:-1] - drive) * distance / diffusion
        rate = diffusion * self.conductance / distance
        away = rate * _bernoulli(slope) / self.width[:-1]
        back = rate * _bernoulli(-slope) / self.width[1:]
        bands = np.zeros((3, self.width.size))
        bands[0, 1:] = back
        bands[2, :-1] = away
        bands[1, :-1] -= away
        bands[1, 1:] -= back
        return bands

    def equilibrium(self) -> Array:
        """Probability of each cell in thermal equilibrium inside the initial well, without drive."""
        weight = np.where(self.centre > 0, np.exp(self.delta * (self.centre**2 - 1)) * self.width, 0.0)
        return np.asarray(weight / weight.sum(), np.float64)

    def unswitched(self, probability: Array) -> float:
        """Probability on the initial side of the equator."""
        return float(probability[self.centre > 0].sum())


def _graded(fraction: Array) -> Array:
    return np.asarray(0.3 * fraction + 0.7 * fraction**2, np.float64)


def _bernoulli(value: Array) -> Array:
    """z / (exp(z) - 1), 1 at 0."""
    small = np.abs(value) < 1e-9
    safe = np.where(small, 1.0, np.clip(value, -700, 700))
    return np.where(small, 1 - value / 2, safe / np.expm1(safe))


def _advance(operator: Array, probability: Array, start: float, stop: float, first: float) -> Array:
    """Solve d p / d time = operator p with the L-stable two-stage scheme of Alexander; steps grow with time."""
    gamma = 1 - np.sqrt(0.5)
    now = start
    while stop - now > 1e-12 * stop:
        step = min(max(first, _GROWTH * now), stop - now)
        left = -gamma * step * operator
        left[1] += 1
        slope = solve_banded((1, 1), left, _apply(operator, probability))
        other = solve_banded((1, 1), left, _apply(operator, probability + (1 - gamma) * step * slope))
        probability = probability + step * ((1 - gamma) * slope + gamma * other)
        now += step
    return probability


def _apply(bands: Array, vector: Array) -> Array:
    result = bands[1] * vector
    result[:-1] += bands[0, 1:] * vector[1:]
    result[1:] += bands[2, :-1] * vector[:-1]
    return np.asarray(result, np.float64)
