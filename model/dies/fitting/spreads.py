# SPDX-License-Identifier: BSD-3-Clause
"""Spreads of junction resistance and of TMR, within dies and between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...device import Cell
from ..population import Defect, Population
from .rates import Estimate


@dataclass(frozen=True, eq=False)
class DieMoments:
    """Of a logarithm, over the healthy devices of each die that has at least two.

    Parameters
    ----------
    count : float64 array (dies,)
        Healthy devices.
    mean, variance : float64 arrays (dies,)
        Of the logarithm, without what rounding to the population's resolution adds.
    """

    count: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


def junction_logarithms(
    population: Population, r_access: float, die: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ln(R_P / 1 Ohm) and ln(TMR) of the healthy devices of a die, by position.

    Raises
    ------
    ValueError
        If the access resistance is more than a healthy cell has in all.
    """
    healthy = population.defect[die] == Defect.NONE
    r_p = 1 / population.g_p[die][healthy] - r_access
    r_ap = 1 / population.g_ap[die][healthy] - r_access
    if r_p.size and not (r_p.min() > 0 and np.all(r_ap > r_p)):
        smallest = float(1 / population.g_p[die][healthy].max())
        raise ValueError(
            f"cell: r_access must be below the {smallest:.4g} Ohm of the best conducting healthy cell of die "
            f"{int(population.die_ids[die])}, not {r_access:g}"
        )
    return np.log(r_p), np.log(r_ap / r_p - 1)


def die_moments(population: Population, r_access: float) -> tuple[DieMoments, DieMoments]:
    """Moments of ln(R_P / 1 Ohm) and of ln(TMR) of each die."""
    rows: list[tuple[float, ...]] = []
    for die in range(population.dies):
        resistance, tmr = junction_logarithms(population, r_access, die)
        if resistance.size > 1:
            rounding = rounding_variances(resistance, tmr, r_access, population.resolution)
            sides = zip((resistance, tmr), rounding, strict=True)
            rows.append(
                (
                    resistance.size,
                    *(
                        f
                        for side, added in sides
                        for f in (float(side.mean()), max(float(side.var(ddof=1)) - added, 0.0))
                    ),
                )
            )
    table = np.array(rows, np.float64).reshape(-1, 5).T
    return DieMoments(table[0], table[1], table[2]), DieMoments(table[0], table[3], table[4])


def rounding_variances(
    resistance: NDArray[np.float64], tmr: NDArray[np.float64], r_access: float, resolution: float
) -> tuple[float, float]:
    """What rounding conductances to multiples of a resolution adds to the variances of ln R_P and of ln TMR.

    Sheppard's correction, resolution^2 / 12 of a conductance, carried to the logarithms by their slopes. It holds where
    a spread is not much narrower than the resolution; far below, all devices share a code and nothing can be told.

    Parameters
    ----------
    resistance, tmr : float64 arrays (devices,)
        ln(R_P / 1 Ohm) and ln(TMR), from ``junction_logarithms``.
    r_access : float
        Access resistance [Ohm].
    resolution : float
        [S]
    """
    if not resolution or not resistance.size:
        return 0.0, 0.0
    r_p, ratio = np.exp(resistance), 1 + np.exp(tmr)
    # d ln r = -dg (r + r_access)^2 / r for a junction behind an access resistance.
    p, ap = (resolution**2 / 12 * ((r + r_access) ** 2 / r) ** 2 for r in (r_p, r_p * ratio))
    return float(p.mean()), float(((ratio / (ratio - 1)) ** 2 * (p + ap)).mean())


def centre_estimate(moments: DieMoments, level: float = 0.95) -> Estimate:
    """Median over dies and devices of what the logarithm is taken of: dies count alike."""
    from scipy.stats import norm, t

    dies = len(moments.mean)
    centre = float(moments.mean.mean())
    if dies > 1:
        reach = float(t.ppf(0.5 + level / 2, dies - 1)) * float(moments.mean.std(ddof=1)) / math.sqrt(dies)
    else:
        reach = float(norm.ppf(0.5 + level / 2)) * math.sqrt(float(moments.variance[0] / moments.count[0]))
    return Estimate(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach))


def within_estimate(moments: DieMoments, level: float = 0.95) -> Estimate:
    """Standard deviation within a die; interval from the scatter of the dies' variances, chi-square for one or two."""
    from scipy.stats import chi2, t

    freedom = moments.count - 1
    variance = float(np.sum(freedom * moments.variance) / freedom.sum())
    dies = len(moments.mean)
    if dies > 2:
        scatter = float(np.sum((freedom * (moments.variance - variance)) ** 2)) * dies / (dies - 1)
        reach = float(t.ppf(0.5 + level / 2, dies - 1)) * math.sqrt(scatter) / float(freedom.sum())
        low, high = max(variance - reach, 0.0), variance + reach
    else:
        total = float(freedom.sum())
        low, high = (variance * total / float(chi2.ppf(0.5 + side * level / 2, total)) for side in (1, -1))
    return Estimate(*(_plain(math.sqrt(number)) for number in (variance, low, high)))


def between_estimate(moments: DieMoments, level: float = 0.95) -> Estimate:
    """Standard deviation between dies, without what the finite number of devices adds; chi-square interval.

    For one die: 0, and nothing excluded.
    """
    from scipy.special import gammaln
    from scipy.stats import chi2

    dies = len(moments.mean)
    if dies < 2:
        return Estimate(0.0, 0.0, math.inf)
    added = float(np.mean(moments.variance / moments.count))
    freedom = dies - 1
    seen = float(moments.mean.var(ddof=1))
    # The standard deviation of few numbers is too small on average; this makes its mean right for normal ones.
    bias = math.exp(gammaln(dies / 2) - gammaln(freedom / 2)) * math.sqrt(2 / freedom)
    low, high = (seen * freedom / float(chi2.ppf(0.5 + side * level / 2, freedom)) for side in (1, -1))
    return Estimate(*(_plain(math.sqrt(max(number - added, 0.0))) for number in (seen / bias**2, low, high)))


def short_estimates(
    population: Population, cell: Cell, r_p: Estimate, level: float = 0.95
) -> tuple[Estimate, Estimate] | None:
    """Strength of shorts in units of the cell's G_P, and spread of its logarithm; None without shorts.

    The interval of the strength includes how surely G_P itself is known, from the interval of R_P.
    """
    from scipy.stats import chi2, t

    chosen = population.defect == Defect.SHORT
    count = int(np.count_nonzero(chosen))
    if not count:
        return None
    logarithms = np.log((population.g_p[chosen] + population.g_ap[chosen]) / (2 * cell.g_p))
    centre = float(logarithms.mean())
    if count == 1:
        return Estimate(math.exp(centre), 0.0, math.inf), Estimate(0.0, 0.0, math.inf)
    spread = _plain(float(logarithms.std(ddof=1)))
    reach = float(t.ppf(0.5 + level / 2, count - 1)) * spread / math.sqrt(count)
    nominal = cell.g_p * (r_p.high - r_p.low) / 2
    reach = math.hypot(reach, nominal)
    low, high = (
        spread * math.sqrt((count - 1) / float(chi2.ppf(0.5 + side * level / 2, count - 1))) for side in (1, -1)
    )
    return Estimate(math.exp(centre), math.exp(centre - reach), math.exp(centre + reach)), Estimate(spread, low, high)


def _plain(spread: float) -> float:
    """0 for what is only the rounding of equal numbers."""
    return spread if spread > 1e-9 else 0.0
