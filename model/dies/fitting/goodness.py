# SPDX-License-Identifier: BSD-3-Clause
"""How well a fit describes the dies it was made from: the dies against others drawn from the fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..population import Population
from ..sampling import draw_defects
from ..statistics import RATES
from .fit import Fit, class_counts
from .spatial import count_pairs, find_broken_lines
from .spreads import junction_logarithms

#: Edges of the distance classes of pairs [pitch].
DISTANCES = np.array([0.5, 1.2, 2.3, 3.5, 5.0, 7.0, 10.0, 14.0, 20.0])
_QUANTILES = np.array(
    [0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999]
)


@dataclass(frozen=True, eq=False)
class Goodness:
    """Observed dies beside drawn ones.

    Parameters
    ----------
    counts : int array (classes, dies)
        Defects per die, sorted, in the order of ``RATES``.
    drawn_counts : int array (draws, classes, dies)
        The same of populations drawn from the fit.
    pairs : float64 array (distances,)
        Pairs of defects of one class in one kernel, by distance class.
    drawn_pairs : float64 array (draws, distances)
        The same of the drawn populations.
    quantiles : float64 array (2, quantiles)
        Of the healthy devices' ln(R_P) and ln(TMR) less their die's mean over its standard deviation; NaN without
        spread.
    normal : float64 array (quantiles,)
        Those of the normal distribution.
    p_values : dict of str to float
        Share of drawn populations that lie at least as far from the average of the drawn ones as the observed one
        does: per class for the counts, and ``pairs``. Small: the fit does not describe the dies. The fit has seen the
        dies, so that the values lean to 1.
    shape : dict of str to float
        Skewness and excess kurtosis of ln(R_P) and ln(TMR) within dies; 0 for the log-normal that is drawn.
    """

    counts: NDArray[np.int64]
    drawn_counts: NDArray[np.int64]
    pairs: NDArray[np.float64]
    drawn_pairs: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    normal: NDArray[np.float64]
    p_values: dict[str, float]
    shape: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        """What to report as JSON."""
        return {"p_values": self.p_values, "shape": self.shape, "draws": len(self.drawn_counts)}


def goodness_of_fit(population: Population, fit: Fit, *, draws: int = 99, seed: int = 0) -> Goodness:
    """Draw populations of as many dies from the fit, and see where the observed one stands among them.

    Parameters
    ----------
    population : Population
        What was fitted.
    fit : Fit
        To it.
    draws : int
        Populations to draw.
    seed : int
        Of them.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    counts, pairs = _summary(population)
    drawn = [_summary(_drawn(population, fit, seed, draw)) for draw in range(draws)]
    drawn_counts = np.array([each for each, _ in drawn])
    drawn_pairs = np.array([each for _, each in drawn])
    p_values = {
        name: _rank(counts[i].astype(np.float64), drawn_counts[:, i].astype(np.float64)) for i, name in enumerate(RATES)
    }
    p_values["pairs"] = _rank(pairs, drawn_pairs)
    quantiles, normal, shape = _shape(population, fit.cell.r_access)
    return Goodness(counts, drawn_counts, pairs, drawn_pairs, quantiles, normal, p_values, shape)


def _drawn(population: Population, fit: Fit, seed: int, draw: int) -> Population:
    """A population whose defects alone are drawn."""
    dies, *shape = population.shape
    drawn = [
        draw_defects((shape[0], shape[1], shape[2]), fit.statistics, seed, draw * dies + die) for die in range(dies)
    ]
    defect = np.stack(drawn)
    nothing = np.broadcast_to(0.0, defect.shape)
    return Population(nothing, nothing, defect, np.arange(dies, dtype=np.int64))


def _summary(population: Population) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    without = find_broken_lines(population).cells
    counts = np.sort(class_counts(population, without), axis=1)
    apart = count_pairs(population, without).pairs.sum(axis=0)
    distance = np.hypot(*np.indices(apart.shape))
    return counts, np.histogram(distance, DISTANCES, weights=apart)[0]


def _rank(seen: NDArray[np.float64], drawn: NDArray[np.float64]) -> float:
    """Share of the drawn, the observed among them, that are at least as far from their mean as the observed one."""
    mean = drawn.mean(axis=0)
    weight = 1 / (drawn.var(axis=0) + 1)
    far = np.sum(weight * (drawn - mean) ** 2, axis=1)
    return float((1 + np.count_nonzero(far >= np.sum(weight * (seen - mean) ** 2))) / (len(drawn) + 1))


def _shape(
    population: Population, r_access: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, float]]:
    from scipy.stats import kurtosis, norm, skew

    sides: tuple[list[NDArray[np.float64]], ...] = ([], [])
    for die in range(population.dies):
        for side, logarithms in zip(sides, junction_logarithms(population, r_access, die), strict=True):
            if logarithms.size > 1:
                side.append(logarithms - logarithms.mean())
    quantiles = np.full((2, len(_QUANTILES)), np.nan)
    shape = {}
    for i, (name, side) in enumerate(zip(("r_p", "tmr"), sides, strict=True)):
        values = np.concatenate(side)
        spread = float(values.std())
        # Equal devices differ in their last digit after an inverse and a logarithm.
        if spread > 1e-9:
            quantiles[i] = np.quantile(values / spread, _QUANTILES)
            shape[f"{name}_skewness"] = float(skew(values))
            shape[f"{name}_excess_kurtosis"] = float(kurtosis(values))
    return quantiles, norm.ppf(_QUANTILES), shape
