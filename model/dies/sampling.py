# SPDX-License-Identifier: BSD-3-Clause
"""Drawing populations from statistics."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..device import Cell, Pinhole
from ..geometry import Geometry
from .clusters import clustered_defects
from .population import Defect, Population
from .statistics import RATES, DefectStatistics

_CLASSES = np.array([Defect.SHORT, Defect.OPEN, Defect.STUCK_P, Defect.STUCK_AP], np.uint8)
# Streams beside a die's first one, whose draws thus stay the same whatever else a process does. They count from 1:
# to a seed sequence (seed, die) and (seed, die, 0) are the same.
_RATE_STREAM, _CLUSTER_STREAM, _LINE_STREAM, _TMR_STREAM, _SHORT_STREAM, _LOT_STREAM, _PINHOLE_STREAM = range(1, 8)


def sample_population(
    geometry: Geometry, cell: Cell, statistics: DefectStatistics, dies: int | Sequence[int], seed: int
) -> Population:
    """Draw dies.

    A die depends only on (seed, its identifier): die 3 of 36 is die 3 of 5.

    Parameters
    ----------
    geometry, cell
        Shape of a die and its nominal cell.
    statistics : DefectStatistics
        Spreads and rates.
    dies : int or sequence of int
        How many dies (identifiers 0 .. dies-1), or their identifiers.
    seed : int
        Non-negative.

    Raises
    ------
    ValueError
        If there is no die, or the seed is negative.
    """
    identifiers = list(range(dies)) if isinstance(dies, int) else [int(die) for die in dies]
    if not identifiers or min(identifiers) < 0:
        raise ValueError(f"dies must be at least one non-negative identifier, not {dies!r}")
    if seed < 0:
        raise ValueError(f"seed must be a non-negative integer, not {seed}")
    shape = (geometry.kernels, geometry.rows, geometry.cols)
    drawn = [_sample_die(shape, cell, statistics, seed, die) for die in identifiers]
    g_p, g_ap, defect = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    return Population(
        g_p=g_p,
        g_ap=g_ap,
        defect=defect,
        die_ids=np.array(identifiers, np.int64),
        seed=seed,
        provenance={
            "source": "drawn from statistics",
            "geometry": geometry.name,
            "statistics": json.dumps(statistics.as_dict()),
        },
    )


def _sample_die(
    shape: tuple[int, int, int], cell: Cell, statistics: DefectStatistics, seed: int, die: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.uint8]]:
    generator = np.random.default_rng([seed, die])
    # Every die draws the same numbers in the same order, so that one rate can change and the rest of the die stay.
    die_factor = statistics.die_spread * generator.standard_normal()
    log_factor = die_factor + statistics.spread * generator.standard_normal(shape)
    lot = generator.random(shape)
    factor = np.exp(log_factor)
    defect = _defects(lot, statistics, (seed, die))
    antiparallel = _antiparallel(shape, cell, statistics, (seed, die))
    g_p = 1 / (cell.r_p * factor + cell.r_access)
    g_ap = 1 / (antiparallel * factor + cell.r_access)
    threaded = defect == Defect.PINHOLE
    if threaded.any():
        pinhole = Pinhole()
        r_p = cell.r_p * factor[threaded] * pinhole.ra
        tmr = np.broadcast_to(antiparallel / cell.r_p - 1, shape)[threaded] * pinhole.tmr
        g_p[threaded] = 1 / (r_p + cell.r_access)
        g_ap[threaded] = 1 / (r_p * (1 + tmr) + cell.r_access)
    short, broken = defect == Defect.SHORT, defect == Defect.OPEN
    stuck_p, stuck_ap = defect == Defect.STUCK_P, defect == Defect.STUCK_AP
    written_p = np.where(stuck_ap, g_ap, g_p)
    written_ap = np.where(stuck_p, g_p, g_ap)
    strength = statistics.short_strength * cell.g_p
    if statistics.short_spread:
        normal = np.random.default_rng([seed, die, _SHORT_STREAM]).standard_normal(shape)
        strength *= np.exp(statistics.short_spread * normal[short])
    for written in (written_p, written_ap):
        written[short] = strength
        written[broken] = 0.0
    return written_p, written_ap, defect


def _antiparallel(
    shape: tuple[int, int, int], cell: Cell, statistics: DefectStatistics, place: tuple[int, int]
) -> NDArray[np.float64] | float:
    """AP resistance of each junction before the factor that it shares with its P state [Ohm]."""
    if not (statistics.tmr_spread or statistics.die_tmr_spread):
        return cell.r_ap
    generator = np.random.default_rng([*place, _TMR_STREAM])
    die_factor = statistics.die_tmr_spread * generator.standard_normal()
    log_factor = die_factor + statistics.tmr_spread * generator.standard_normal(shape)
    return cell.r_p * (1 + cell.tmr * np.exp(log_factor))


def _defects(lot: NDArray[np.float64], statistics: DefectStatistics, place: tuple[int, int]) -> NDArray[np.uint8]:
    """Defect classes of a die whose devices have drawn ``lot`` from 0 to 1."""
    rates = draw_rates(statistics, np.random.default_rng([*place, _RATE_STREAM]))
    if statistics.spatial_clustering:
        generator = np.random.default_rng([*place, _CLUSTER_STREAM])
        clustering, reach = statistics.spatial_clustering, statistics.spatial_range
        defect = clustered_defects(lot.shape, rates, _CLASSES, clustering, reach, generator)
    else:
        kinds = np.append(_CLASSES, np.uint8(Defect.NONE))
        defect = kinds[np.searchsorted(np.cumsum(rates), lot, side="right")]
    if statistics.open_row or statistics.open_col:
        generator = np.random.default_rng([*place, _LINE_STREAM])
        kernels, rows, cols = lot.shape
        defect[generator.random((kernels, rows)) < statistics.open_row] = Defect.OPEN
        broken = generator.random((kernels, cols)) < statistics.open_col
        defect[np.broadcast_to(broken[:, None, :], lot.shape)] = Defect.OPEN
    if statistics.pinhole:
        # Among devices that nothing else befell, so that the rate is the asked one.
        others = statistics.defect_rate - statistics.pinhole
        hit = np.random.default_rng([*place, _PINHOLE_STREAM]).random(lot.shape) < statistics.pinhole / (1 - others)
        defect[hit & (defect == Defect.NONE)] = Defect.PINHOLE
    return defect


def draw_defects(shape: tuple[int, int, int], statistics: DefectStatistics, seed: int, die: int) -> NDArray[np.uint8]:
    """Defect classes (kernels, rows, cols) of a die without conductances; not those ``sample_population`` draws."""
    return _defects(np.random.default_rng([seed, die, _LOT_STREAM]).random(shape), statistics, (seed, die))


def draw_rates(statistics: DefectStatistics, generator: np.random.Generator) -> NDArray[np.float64]:
    """A die's own rates of short, open, stuck-P and stuck-AP.

    Each is the process's rate times a gamma-distributed factor of mean 1 whose coefficient of variation is the class's
    over-dispersion; a die whose rates add up to more than 1 has them scaled to 1. Without over-dispersion nothing is
    drawn.

    Returns
    -------
    float64 array (4,)
    """
    rates = np.array([getattr(statistics, name) for name in RATES])
    spreads = np.array(statistics.rate_spreads)
    if not spreads.any():
        return rates
    # Gamma variables of one scale add: a part common to all classes gives any correlation and keeps every distribution.
    shapes = 1 / np.square(spreads, where=spreads > 0, out=np.full(spreads.shape, np.nan))
    shared = statistics.rate_correlation * float(np.nanmin(shapes))
    common = generator.gamma(shared) if shared else 0.0
    own = generator.gamma(np.where(spreads > 0, np.maximum(shapes - shared, 0), 0.0))
    rates = np.where(spreads > 0, rates * (common + own) / np.where(spreads > 0, shapes, 1.0), rates)
    return rates / max(1.0, float(rates.sum()))
