# SPDX-License-Identifier: BSD-3-Clause
"""Whether two populations come from one process."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..population import Population
from ..statistics import RATES
from .fit import class_counts
from .spatial import count_pairs, find_broken_lines
from .spreads import junction_logarithms

_NEAR = 2.5
#: Differences of logarithms, and of spreads, that rounding in files and in arithmetic makes: no difference at all.
_ROUNDING = 1e-6
_RESOLUTION = {"r_p": _ROUNDING, "tmr": _ROUNDING, "spread": _ROUNDING**2, "tmr_spread": _ROUNDING**2}
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """One property of two populations.

    Parameters
    ----------
    name, unit : str
    first, second : float
        Its value in each.
    p_value : float
        Probability of a difference at least as large, if the dies came from one process.
    adjusted : float
        The same after Holm's adjustment for all the properties compared.
    """

    name: str
    unit: str
    first: float
    second: float
    p_value: float
    adjusted: float


@dataclass(frozen=True)
class Comparison:
    """Every property of two populations.

    Parameters
    ----------
    differences : tuple of Difference
    level : float
        Confidence at which they are called different.
    dies : (int, int)
        Of the first and of the second.
    notes : tuple of str
    """

    differences: tuple[Difference, ...]
    level: float
    dies: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def different(self) -> tuple[str, ...]:
        """Names of the properties that differ at the level, all of them judged together."""
        return tuple(each.name for each in self.differences if each.adjusted <= 1 - self.level)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "dies": list(self.dies),
            "level": self.level,
            "different": list(self.different),
            "properties": {
                each.name: {
                    "unit": each.unit,
                    "first": each.first,
                    "second": each.second,
                    "p_value": each.p_value,
                    "adjusted": each.adjusted,
                }
                for each in self.differences
            },
            "notes": list(self.notes),
        }


def compare_populations(
    first: Population,
    second: Population,
    *,
    r_access: float,
    level: float = 0.95,
    permutations: int = 4999,
    seed: int = 0,
) -> Comparison:
    """Compare two populations by exchanging their dies.

    If both come from one process, any division of all the dies into two sets was as likely. Each property's difference,
    over its standard error, is compared with those after random exchanges; this holds for any over-dispersion, for
    clusters and for few defects. Dies are the unit: two single dies cannot be told apart this way.

    Parameters
    ----------
    first, second : Population
        Their kernels may differ in number and shape.
    r_access : float
        Resistance in series with every junction [Ohm].
    level : float
        Confidence at which properties are called different.
    permutations : int
        Random exchanges; no p-value is below 1 / (permutations + 1).
    seed : int
        Of the exchanges.

    Raises
    ------
    ValueError
        If a population has no die, or the level or number is out of range.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, not {level!r}")
    if not (math.isfinite(r_access) and r_access >= 0):
        raise ValueError(f"r_access must be a non-negative resistance [Ohm], not {r_access!r}")
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, not {permutations}")
    if not (first.dies and second.dies):
        raise ValueError("populations: both must hold at least one die")
    sides = _die_values(first, r_access), _die_values(second, r_access)
    generator = np.random.default_rng(seed)
    together, split = first.dies + second.dies, first.dies
    orders = np.array([np.arange(together), *(generator.permutation(together) for _ in range(permutations))])
    rows = []
    for (name, unit, numerators, weights, shown), (_, _, others, other_weights, _) in zip(*sides, strict=True):
        numerator, weight = np.concatenate([numerators, others]), np.concatenate([weights, other_weights])
        distances = _distances(numerator[orders], weight[orders], split, _RESOLUTION.get(name, 0.0))
        # Equal divisions differ in the last digit by the order of their sums.
        p_value = (1 + np.count_nonzero(distances[1:] >= distances[0] * (1 - 1e-9))) / (permutations + 1)
        both = [
            shown(float(n.sum() / w.sum())) if w.sum() else math.nan
            for n, w in ((numerators, weights), (others, other_weights))
        ]
        rows.append((name, unit, both[0], both[1], float(p_value)))
    adjusted = _holm([row[4] for row in rows])
    notes = []
    divisions = math.comb(together, split)
    if divisions < 1 / (1 - level):
        notes.append(f"{first.dies} and {second.dies} dies are too few to be told apart: only {divisions} divisions")
    differences = tuple(Difference(*row, after) for row, after in zip(rows, adjusted, strict=True))
    return Comparison(differences, level, (first.dies, second.dies), tuple(notes))


def _die_values(
    population: Population, r_access: float
) -> list[tuple[str, str, Values, Values, Callable[[float], float]]]:
    """Name, unit, numerator and weight of each die, and how the ratio of their sums is shown."""
    lines = find_broken_lines(population)
    without = lines.cells
    counts = class_counts(population, without).astype(np.float64)
    devices = (~without).sum(axis=(1, 2, 3)).astype(np.float64)
    moments = np.zeros((5, population.dies))
    for die in range(population.dies):
        resistance, tmr = junction_logarithms(population, r_access, die)
        if resistance.size > 1:
            sides = (resistance, tmr)
            moments[:, die] = [1.0, *(f for side in sides for f in (float(side.mean()), float(side.var(ddof=1))))]
    there = moments[0]
    pairs = count_pairs(population, without)
    near = np.hypot(*np.indices(pairs.chance.shape)) < _NEAR
    close = (pairs.pairs * near).sum(axis=(1, 2))
    _, kernels, rows, cols = population.shape
    broken = (lines.rows.sum(axis=(1, 2)) + lines.cols.sum(axis=(1, 2))).astype(np.float64)
    # What chance brings to a die with so many defects, so that more defects do not pass for more clusters.
    excess = close - (pairs.chance * near).sum() * pairs.all_pairs

    def plain(value: float) -> float:
        return value

    def root(value: float) -> float:
        return math.sqrt(max(value, 0.0))

    found: list[tuple[str, str, Values, Values, Callable[[float], float]]] = [
        (name, "", count, devices, plain) for name, count in zip(RATES, counts, strict=True)
    ]
    return [
        *found,
        ("broken_lines", "", broken, np.full(population.dies, float(kernels * (rows + cols))), plain),
        ("near_pairs", "per defect beyond chance", excess, pairs.defects, plain),
        ("r_p", "Ohm", moments[1], there, math.exp),
        ("tmr", "", moments[3], there, math.exp),
        ("spread", "", moments[2], there, root),
        ("tmr_spread", "", moments[4], there, root),
    ]


def _distances(numerators: Values, weights: Values, split: int, resolution: float) -> Values:
    """Distance of the two parts' ratios over its standard error, for every order: arrays (orders, dies).

    Ratios that differ by no more than ``resolution`` are equal.
    """
    ratios, errors = [], []
    with np.errstate(invalid="ignore", divide="ignore"):
        for part in (slice(None, split), slice(split, None)):
            n, w = numerators[:, part], weights[:, part]
            total = w.sum(axis=1)
            ratio = n.sum(axis=1) / total
            residual = np.sum((n - ratio[:, None] * w) ** 2, axis=1)
            dies = n.shape[1]
            ratios.append(ratio)
            errors.append(residual * dies / max(dies - 1, 1) / total**2)
        apart = np.abs(ratios[0] - ratios[1])
        apart = np.where(apart > resolution, apart, 0.0)
        error = np.sqrt(errors[0] + errors[1])
        # Neither part varies, as without defects: then any difference is as far as can be.
        distance = np.where(error > 1e-12 * apart, apart / error, np.where(apart > 0, np.inf, 0.0))
    return np.nan_to_num(distance, nan=0.0, posinf=np.inf)


def _holm(p_values: list[float]) -> list[float]:
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    running = 0.0
    for place, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = running
    return [float(value) for value in adjusted]
