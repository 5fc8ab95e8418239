# SPDX-License-Identifier: BSD-3-Clause
"""Defect statistics fitted to a population, with confidence intervals."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...device import Cell
from ...geometry import Geometry
from ..population import Defect, Population
from ..sampling import sample_population
from ..statistics import RATES, DefectStatistics
from .rates import Estimate, rate_correlation_estimate, rate_estimate, rate_spread_estimate
from .spatial import cluster_estimates, cluster_pairs, count_pairs, find_broken_lines, possible_clustering
from .spreads import between_estimate, centre_estimate, die_moments, short_estimates, within_estimate

METHOD = (
    "rates: score interval, Student t over dies; over-dispersion: adjusted beta-binomial likelihood; clusters: pairs "
    "of defects by distance; spreads: moments over dies"
)


@dataclass(frozen=True)
class Fit:
    """What was fitted, how surely, and to what.

    Parameters
    ----------
    statistics : DefectStatistics
        The fitted values, as other dies are drawn from.
    cell : Cell
        Nominal cell: medians of R_P and TMR over the dies; the access resistance as it was given.
    estimates : mapping of str to Estimate
        Value and interval of each field of the statistics that the population tells of, and of ``r_p`` [Ohm] and
        ``tmr``. A value may differ from the statistics' where it could not be drawn (a negative clustering).
    level : float
        Confidence of every interval.
    origin : mapping of str to str or int
        What it was fitted to: source, SHA-256, dies, devices and defects; and the method.
    notes : tuple of str
        What a reader must know, such as why a value was left at its default.
    """

    statistics: DefectStatistics
    cell: Cell
    estimates: Mapping[str, Estimate]
    level: float = 0.95
    origin: Mapping[str, str | int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def sample(self, geometry: Geometry, dies: int | Sequence[int], seed: int) -> Population:
        """Other dies of the same process: the fitted statistics about the fitted cell."""
        return sample_population(geometry, self.cell, self.statistics, dies, seed)


def population_digest(population: Population) -> str:
    """SHA-256 of the devices of a population, whatever file it lies in."""
    running = hashlib.sha256(repr(population.shape).encode())
    for array in (population.g_p, population.g_ap, population.defect, population.die_ids):
        running.update(np.ascontiguousarray(array).tobytes())
    return running.hexdigest()


def fit_statistics(
    population: Population,
    *,
    r_access: float,
    level: float = 0.95,
    source: str | None = None,
    digest: str | None = None,
) -> Fit:
    """Fit the statistics of a process to its dies.

    Defects must be classified (measured dies are when they are imported). Rates are per device, cells on broken lines
    left out. Every interval but those within a die rests on the scatter between dies, so that it holds with
    over-dispersion and clusters too; one die alone gives intervals that hold only if all dies are alike, and a note
    says so.

    Parameters
    ----------
    population : Population
        Dies of one process.
    r_access : float
        Resistance in series with every junction [Ohm], which the conductances include: the transistor's, 0 if passive.
    level : float
        Confidence of the intervals.
    source : str or None
        Name of where the population comes from; by default what its provenance says.
    digest : str or None
        SHA-256 of that source; by default of the population's devices.

    Raises
    ------
    ValueError
        If the level or the resistance is out of range, or no die has two healthy devices.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, not {level!r}")
    if not (math.isfinite(r_access) and r_access >= 0):
        raise ValueError(f"r_access must be a non-negative resistance [Ohm], not {r_access!r}")
    if not population.dies:
        raise ValueError("population: must hold at least one die, not none")
    notes: list[str] = []
    estimates, cell = _spreads(population, r_access, level)
    estimates |= _rates(population, level, notes)
    shorts = short_estimates(population, cell, estimates["r_p"], level)
    if shorts is None:
        notes.append("no short: its strength is the default")
    else:
        estimates["short_strength"], estimates["short_spread"] = shorts
    if population.dies == 1:
        notes.append("one die: intervals of rates hold only if all dies are alike, and nothing is known between dies")
    values = {name: estimate.value for name, estimate in estimates.items() if name not in ("r_p", "tmr")}
    reach = values["spatial_range"]
    values["spatial_clustering"] = possible_clustering(values["spatial_clustering"], reach)
    if not estimates["spatial_clustering"].low > 0:
        # Next to nothing cannot be told from nothing, and has no range: no clusters are drawn.
        values["spatial_clustering"], values["spatial_range"] = 0.0, DefectStatistics.spatial_range
        notes.append("no clusters: their interval includes 0")
    return Fit(
        statistics=DefectStatistics(**values),
        cell=cell,
        estimates=estimates,
        level=level,
        origin={
            "source": source or population.provenance.get("files") or population.provenance.get("source", "unknown"),
            "sha256": digest or population.provenance.get("sha256") or population_digest(population),
            "method": METHOD,
            "dies": population.dies,
            "kernels": population.shape[1],
            "rows": population.shape[2],
            "cols": population.shape[3],
            **{f"{name}_count": int(counts.sum()) for name, counts in population.counts().items() if name != "none"},
        },
        notes=tuple(notes),
    )


def _spreads(population: Population, r_access: float, level: float) -> tuple[dict[str, Estimate], Cell]:
    resistance, tmr = die_moments(population, r_access)
    if not resistance.mean.size:
        raise ValueError("population: at least one die must have two healthy devices, not none")
    estimates = {
        "r_p": centre_estimate(resistance, level),
        "tmr": centre_estimate(tmr, level),
        "spread": within_estimate(resistance, level),
        "die_spread": between_estimate(resistance, level),
        "tmr_spread": within_estimate(tmr, level),
        "die_tmr_spread": between_estimate(tmr, level),
    }
    cell = Cell(r_p=estimates["r_p"].value, tmr=estimates["tmr"].value, r_access=r_access)
    return estimates, cell


def _rates(population: Population, level: float, notes: list[str]) -> dict[str, Estimate]:
    lines = find_broken_lines(population)
    without = lines.cells
    dies, kernels, rows, cols = population.shape
    devices = (~without).sum(axis=(1, 2, 3))
    counts = class_counts(population, without)
    pairs = count_pairs(population, without)
    clustering, reach = cluster_estimates(pairs, level)
    clumping = 1.0
    if clustering.low > 0:
        clumping += 2 * clustering.value * float(cluster_pairs((rows, cols), reach.value).sum())
    estimates = {}
    for name, number in zip(RATES, counts, strict=True):
        estimates[name] = rate_estimate(number, devices, level)
        estimates[f"{name}_rate_spread"] = rate_spread_estimate(number, devices, level, clumping)
        if dies > 1 and not number.any():
            notes.append(f"no {name.replace('_', '-')}: its rate is 0 at best, and the interval is that of counting")
    # Only classes that surely are over-dispersed can be seen to be so together.
    found = [estimates[f"{name}_rate_spread"] for name in RATES]
    spreads = np.array([estimate.value if estimate.low > 0 else 0.0 for estimate in found])
    estimates["rate_correlation"] = rate_correlation_estimate(counts, devices, spreads, level)
    estimates["spatial_clustering"], estimates["spatial_range"] = clustering, reach
    for name, broken, per_kernel in (("open_row", lines.rows, rows), ("open_col", lines.cols, cols)):
        each = np.full(dies, kernels * per_kernel, np.int64)
        estimates[name] = rate_estimate(broken.sum(axis=(1, 2)), each, level)
    pinholes = np.count_nonzero((population.defect == Defect.PINHOLE) & ~without, axis=(1, 2, 3))
    # Few measurements tell pinholes from other devices: where none is marked, nothing is known of them.
    if pinholes.any():
        estimates["pinhole"] = rate_estimate(pinholes.astype(np.int64), devices, level)
    return estimates


def class_counts(population: Population, without: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Defects of each class, in the order of ``RATES``, on each die, cells ``without`` left out: (classes, dies)."""
    defect = np.where(without, np.uint8(Defect.NONE), population.defect)
    kinds = (Defect.SHORT, Defect.OPEN, Defect.STUCK_P, Defect.STUCK_AP)
    return np.array([np.count_nonzero(defect == kind, axis=(1, 2, 3)) for kind in kinds], np.int64)
