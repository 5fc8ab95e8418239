# SPDX-License-Identifier: BSD-3-Clause
"""Rates of defects and their over-dispersion, from counts per die."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Estimate(NamedTuple):
    """A fitted value and its confidence interval."""

    value: float
    low: float
    high: float


def rate_estimate(counts: NDArray[np.int64], devices: NDArray[np.int64], level: float = 0.95) -> Estimate:
    """A rate, whatever the over-dispersion between dies.

    The rate is defects over devices. Its interval inverts a score test: those rates whose distance from the estimate
    is at most Student's t (dies - 1 degrees of freedom) times the standard error *at that rate*. The variance at a
    rate u has the part that counting brings, u, and the part that dies bring, u^2, in the proportion that the dies
    show; where they show less than counting brings, the whole of it goes with u. A plain t interval ignores that the
    variance grows with the rate and lies too low at few defects; a binomial one ignores the dies.

    Parameters
    ----------
    counts : int array (dies,)
        Defects.
    devices : int array (dies,)
        Devices that were looked at; dies without any are left out.
    level : float
        Confidence.

    Raises
    ------
    ValueError
        If no die has devices.
    """
    from scipy.stats import norm, t

    counts, devices = counts[devices > 0].astype(np.float64), devices[devices > 0].astype(np.float64)
    dies = len(counts)
    if not dies:
        raise ValueError("rate: at least one die must have devices, not none")
    total = float(devices.sum())
    rate = float(counts.sum()) / total
    # Variance of the estimated rate, seen between the dies and from counting alone.
    counting = rate / total
    if dies > 1 and rate:
        seen = float(np.sum((counts - rate * devices) ** 2)) * dies / (dies - 1) / total**2
        quantile = float(t.ppf(0.5 + level / 2, dies - 1))
    else:
        # One die, or no defect, says nothing about the others: all dies are taken to be alike.
        seen = counting
        quantile = float(norm.ppf(0.5 + level / 2))
    if rate and seen > counting:
        linear, square = 1 / total, (seen - counting) / rate**2
    else:
        linear, square = (seen / rate if rate else 1 / total), 0.0
    # (rate - u)^2 = quantile^2 (linear u + square u^2)
    k = quantile**2
    a, b, c = 1 - k * square, -(2 * rate + k * linear), rate**2
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    # The smaller root as c over the larger, which has no cancellation and stands where a is 0 or negative.
    low = 2 * c / (-b + root)
    high = (-b + root) / (2 * a) if a > 0 else math.inf
    return Estimate(rate, max(low, 0.0), min(high, 1.0))


def rate_spread_estimate(
    counts: NDArray[np.int64], devices: NDArray[np.int64], level: float = 0.95, clumping: float = 1.0
) -> Estimate:
    """Coefficient of variation of a class's rate between dies.

    Beta-binomial likelihood (negative binomial, for rare defects) at the estimated rate, with Cox and Reid's
    adjustment for having estimated it; the interval is that of the likelihood ratio. Without defects: 0, and nothing
    excluded.

    Parameters
    ----------
    counts, devices : int arrays (dies,)
        As for ``rate_estimate``.
    level : float
        Confidence.
    clumping : float
        Variance of a count over its mean that clusters within a die cause already.
    """
    from scipy.stats import chi2

    seen, looked_at = counts[devices > 0] / clumping, devices[devices > 0] / clumping
    if len(seen) < 2 or not seen.sum():
        return Estimate(0.0, 0.0, math.inf)
    grid = np.concatenate([[0.0], np.geomspace(0.01, 6.0, 240)])
    height = _adjusted_likelihood(seen, looked_at, grid)
    best = int(np.argmax(height))
    value = float(grid[best])
    if 0 < best < len(grid) - 1:
        # Vertex of the parabola through the highest three.
        x, y = grid[best - 1 : best + 2], height[best - 1 : best + 2]
        curve = np.polyfit(x, y, 2)
        if curve[0] < 0:
            value = float(np.clip(-curve[1] / (2 * curve[0]), x[0], x[2]))
    drop = height - height[best] + chi2.ppf(level, 1) / 2
    inside = np.flatnonzero(drop >= 0)
    low, high = int(inside[0]), int(inside[-1])
    return Estimate(
        value,
        0.0 if low == 0 else float(np.interp(0.0, drop[low - 1 : low + 1], grid[low - 1 : low + 1])),
        math.inf if high == len(grid) - 1 else float(np.interp(0.0, drop[[high + 1, high]], grid[[high + 1, high]])),
    )


def _adjusted_likelihood(
    counts: NDArray[np.float64], devices: NDArray[np.float64], spreads: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithm of the adjusted likelihood at each over-dispersion."""
    from scipy.special import gammaln

    rate = counts.sum() / devices.sum()
    squares = spreads[:, None] ** 2
    with np.errstate(divide="ignore"):
        strength = np.where(squares > 0, (1 - rate) / (squares * rate) - 1, np.inf)
    binomial = counts * math.log(rate) + (devices - counts) * np.log1p(-min(rate, 1 - 1e-12))
    usable = np.isfinite(strength) & (strength > 0)
    held = np.where(usable, strength, 1.0)
    a, b = held * rate, held * (1 - rate)
    mixed = gammaln(counts + a) - gammaln(a) + gammaln(devices - counts + b) - gammaln(b)
    mixed += gammaln(held) - gammaln(devices + held)
    each = np.where(np.isinf(strength), binomial, np.where(usable, mixed, -np.inf))
    mean = devices * rate
    information = np.sum(mean / (1 + squares * mean), axis=1)
    return np.asarray(each.sum(axis=1) - 0.5 * np.log(information))


def rate_correlation_estimate(
    counts: NDArray[np.int64], devices: NDArray[np.int64], spreads: NDArray[np.float64], level: float = 0.95
) -> Estimate:
    """How far a die bad in one class is bad in the others, as ``DefectStatistics.rate_correlation`` defines it.

    From the covariances between the classes' counts; the interval is the jackknife's over dies. Where fewer than two
    classes are over-dispersed there is nothing to correlate: 0, and nothing excluded.

    Parameters
    ----------
    counts : int array (classes, dies)
    devices : int array (dies,)
    spreads : float64 array (classes,)
        Over-dispersion of each class.
    level : float
        Confidence.
    """
    from scipy.stats import t

    counts, devices = counts[:, devices > 0], devices[devices > 0]
    dies = len(devices)
    chosen = (spreads > 0) & (counts.sum(axis=1) > 0)
    if chosen.sum() < 2 or dies < 3:
        return Estimate(0.0, 0.0, 1.0)
    factors = counts[chosen] / devices / (counts[chosen].sum(axis=1) / devices.sum())[:, None]
    squares = spreads[chosen] ** 2
    above = np.triu_indices(len(squares), 1)
    # Covariance of two factors at full correlation, as the shared gamma part gives it.
    full = float(np.sum(np.multiply.outer(squares, squares)[above] / squares.max()))

    def correlation(part: NDArray[np.float64]) -> float:
        return float(np.sum(np.cov(part)[above])) / full

    value = correlation(factors)
    without = np.array([correlation(np.delete(factors, die, axis=1)) for die in range(dies)])
    error = math.sqrt((dies - 1) / dies * float(np.sum((without - without.mean()) ** 2)))
    reach = float(t.ppf(0.5 + level / 2, dies - 1)) * error
    low, value, high = (min(max(number, 0.0), 1.0) for number in (value - reach, value, value + reach))
    return Estimate(value, low, high)
