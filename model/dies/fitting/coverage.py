# SPDX-License-Identifier: BSD-3-Clause
"""Whether the intervals of a fit hold: sample dies, fit them back, count how often the truth is covered."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...device import Cell
from ...geometry import Geometry
from ..sampling import sample_population
from ..statistics import RATES, DefectStatistics
from .fit import fit_statistics
from .rates import Estimate

#: Share of intervals that must cover the truth, for those of 95 %.
BAND = (0.925, 0.975)


def coverage_campaign(
    geometry: Geometry,
    cell: Cell,
    statistics: DefectStatistics,
    *,
    dies: int = 36,
    repetitions: int = 1000,
    rate_spreads: Sequence[float] = (0.0, 0.3, 0.6),
    seed: int = 1,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Sample populations from known statistics, fit each, and compare with the truth.

    Parameters
    ----------
    geometry, cell, statistics
        The truth; its over-dispersion is replaced by each of ``rate_spreads`` in turn.
    dies, repetitions : int
        Dies of a population, and populations per over-dispersion.
    rate_spreads : sequence of float
        Coefficients of variation of the rates between dies.
    seed : int
        Population i of over-dispersion j is drawn with seed ``seed * 10^6 + j * repetitions + i``.
    progress : callable or None
        Told the step's name and the part done, 0 to 1.

    Returns
    -------
    dict
        Ready for JSON. Per over-dispersion and field: truth, mean of the estimates, how many standard errors the mean
        is off (``deviation``), share of intervals that cover the truth (``coverage``), lie above it and below it.
        ``passed``: of every rate the coverage is within 92.5 to 97.5 % and the mean within 3 standard errors.
    """
    cases: list[dict[str, Any]] = []
    for j, spread in enumerate(rate_spreads):
        truth = statistics.with_rate_spread(spread, statistics.rate_correlation)
        found: list[dict[str, Estimate]] = []
        for i in range(repetitions):
            population = sample_population(geometry, cell, truth, dies, seed * 1_000_000 + j * repetitions + i)
            found.append(dict(fit_statistics(population, r_access=cell.r_access).estimates))
            if progress:
                progress(f"over-dispersion {spread:g}", (i + 1) / repetitions)
        known = dataclasses.asdict(truth) | {"r_p": cell.r_p, "tmr": cell.tmr}
        fields = {name: _summary(known[name], [each[name] for each in found if name in each]) for name in known}
        cases.append({"rate_spread": spread, "fields": {name: value for name, value in fields.items() if value}})
    return {
        "geometry": geometry.name,
        "devices": geometry.devices,
        "dies": dies,
        "repetitions": repetitions,
        "seed": seed,
        "truth": dataclasses.asdict(statistics),
        "band": list(BAND),
        "cases": cases,
        "passed": all(_holds(case["fields"][name]) for case in cases for name in RATES if getattr(statistics, name)),
    }


def _summary(truth: float, estimates: Sequence[Estimate]) -> dict[str, float]:
    """Coverage and bias of one field."""
    if not estimates:
        return {}
    values, low, high = np.array(estimates).T
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    error = spread / math.sqrt(len(values))
    off = float(values.mean()) - truth
    # Equal numbers differ in their last digit after a logarithm and back.
    slack = 1e-9 * abs(truth)
    above, below = float(np.mean(low > truth + slack)), float(np.mean(high < truth - slack))
    return {
        "truth": truth,
        "mean": float(values.mean()),
        "deviation": off / error if error > slack else (0.0 if abs(off) <= slack else math.copysign(math.inf, off)),
        "coverage": 1 - above - below,
        "above": above,
        "below": below,
    }


def _holds(summary: dict[str, float]) -> bool:
    return BAND[0] <= summary["coverage"] <= BAND[1] and abs(summary["deviation"]) <= 3
