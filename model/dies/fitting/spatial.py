# SPDX-License-Identifier: BSD-3-Clause
"""Where on a die defects lie: broken lines, and clusters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..population import Defect, Population
from ..statistics import cluster_profile, largest_clustering
from .rates import Estimate

_SHORTEST_LINE = 3
_RANGES = np.geomspace(0.4, 6.0, 22)


@dataclass(frozen=True, eq=False)
class BrokenLines:
    """Lines whose cells are open together.

    Parameters
    ----------
    rows : bool array (dies, kernels, rows)
    cols : bool array (dies, kernels, cols)
    """

    rows: NDArray[np.bool_]
    cols: NDArray[np.bool_]

    @property
    def cells(self) -> NDArray[np.bool_]:
        """Cells on a broken line: (dies, kernels, rows, cols)."""
        return self.rows[..., :, None] | self.cols[..., None, :]


def find_broken_lines(population: Population) -> BrokenLines:
    """Rows and columns of which more than half the cells, and at least three, are open.

    A line crossed by broken ones has open cells for their sake: the cells of broken columns do not count for a row
    where more of its other cells are well, and the other way round.
    """
    is_open = population.defect == Defect.OPEN
    _, _, rows, cols = population.shape
    broken = {}
    for axis, length in (("rows", cols), ("cols", rows)):
        opens = is_open.sum(axis=3 if axis == "rows" else 2)
        broken[axis] = (2 * opens > length) & (opens >= _SHORTEST_LINE)
    # Seen again without the cells that the other direction's lines explain.
    for axis, other, length in (("rows", "cols", cols), ("cols", "rows", rows)):
        if not (broken[axis].any() and broken[other].any()):
            continue
        explained = broken[other][..., None, :] if other == "cols" else broken[other][..., :, None]
        opens = (is_open & ~explained).sum(axis=3 if axis == "rows" else 2)
        left = length - broken[other].sum(axis=2)[..., None]
        broken[axis] = broken[axis] & ((2 * opens > left) | (left == 0))
    return BrokenLines(broken["rows"], broken["cols"])


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs of defects of one class in one kernel, by how far apart they are.

    Parameters
    ----------
    pairs : float64 array (dies, rows, cols)
        Pairs that lie (rows, cols) apart, whatever the sign, all classes together.
    all_pairs : float64 array (dies,)
        Pairs of defects of one class on the die, in one kernel or not.
    defects : float64 array (dies,)
        Defects of the die.
    chance : float64 array (rows, cols)
        Probability that two devices of a die drawn at random lie in one kernel and that far apart.
    """

    pairs: NDArray[np.float64]
    all_pairs: NDArray[np.float64]
    defects: NDArray[np.float64]
    chance: NDArray[np.float64]


def count_pairs(population: Population, without: NDArray[np.bool_]) -> PairCounts:
    """Count the pairs; cells ``without`` (dies, kernels, rows, cols) are left out."""
    dies, kernels, rows, cols = population.shape
    pairs = np.zeros((dies, rows, cols))
    all_pairs, defects = np.zeros(dies), np.zeros(dies)
    for kind in Defect:
        if kind == Defect.NONE:
            continue
        die, kernel, row, col = np.nonzero((population.defect == kind) & ~without)
        here = np.bincount(die, minlength=dies)
        all_pairs += here * (here - 1) / 2
        defects += here
        group = die * kernels + kernel
        step = 1
        # Cells come sorted by kernel: those of one kernel are neighbours in the list.
        while step < len(group) and (same := group[step:] == group[:-step]).any():
            apart = np.abs(row[step:] - row[:-step])[same], np.abs(col[step:] - col[:-step])[same]
            np.add.at(pairs, (die[:-step][same], *apart), 1)
            step += 1
    sites = kernels * _site_pairs(rows, cols)
    devices = kernels * rows * cols
    return PairCounts(pairs, all_pairs, defects, sites / max(devices * (devices - 1) / 2, 1))


def cluster_estimates(counts: PairCounts, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """``spatial_clustering`` and ``spatial_range`` from the pairs.

    Pairs that chance brings spread over the die, pairs of one cluster lie close by. The range is where the Poisson
    likelihood of the pairs at each distance is highest. The clustering is then the excess over chance, weighted by how
    much each distance tells. Intervals come from the dies' scatter (the score's sandwich), since pairs of one cluster
    are not independent. Chance is taken from each die's own number of defects, so that over-dispersion between dies
    does not pass for clustering.

    Returns
    -------
    clustering, range : Estimate
        The clustering may be negative; it is judged by its interval. If that includes 0, nothing is known of the range.
    """
    from scipy.stats import norm, t

    total, defects = float(counts.all_pairs.sum()), float(counts.defects.sum())
    seen = counts.pairs.sum(axis=0)
    if not seen.sum() or not total:
        return Estimate(0.0, 0.0, math.inf), Estimate(1.5, 0.0, math.inf)
    shape = (seen.shape[0], seen.shape[1])

    def height(reach: float) -> float:
        return _likeliest(seen, counts.chance, total, defects, cluster_pairs(shape, reach))[0]

    reach = _highest(height)
    close = cluster_pairs(shape, reach)
    _, start = _likeliest(seen, counts.chance, total, defects, close)
    expected = counts.chance * (total - start * defects * close.sum()) + start * defects * close
    weight = close / np.maximum(expected, 1e-12)
    excess = counts.pairs - counts.chance * counts.all_pairs[:, None, None]
    told = np.sum(weight * excess, axis=(1, 2))
    scale = float(np.sum(weight * (close - counts.chance * close.sum())))
    value = float(told.sum()) / (defects * scale)
    dies = len(told)
    # Few pairs may fall on the dies more evenly than they would again: the scatter is at least that of counting.
    scatter, quantile = float(np.sum(weight**2 * expected)), float(norm.ppf(0.5 + level / 2))
    if dies > 2:
        quantile = float(t.ppf(0.5 + level / 2, dies - 1))
        scatter = max(scatter, float(np.sum((told - value * counts.defects * scale) ** 2)) * dies / (dies - 1))
    error = quantile * math.sqrt(scatter) / (defects * scale)
    if value <= error:
        return Estimate(value, 0.0, max(value + error, 0.0)), Estimate(reach, 0.0, math.inf)
    if dies > 2:
        joint, relative = (quantile * each for each in _sandwich(counts, value, reach))
        error, factor = max(error, joint), math.exp(min(relative, 5.0))
        around = Estimate(reach, reach / factor, reach * factor)
    else:
        around = Estimate(reach, 0.0, math.inf)
    return Estimate(value, max(value - error, 0.0), value + error), around


def _highest(height: Callable[[float], float]) -> float:
    """The range of the highest likelihood: the best of ``_RANGES``, then the vertex of a parabola on a finer grid."""
    logarithms = np.log(_RANGES)
    best = int(np.argmax([height(float(reach)) for reach in _RANGES]))
    if not 0 < best < len(_RANGES) - 1:
        return float(_RANGES[best])
    finer = np.linspace(logarithms[best - 1], logarithms[best + 1], 7)
    heights = np.array([height(math.exp(logarithm)) for logarithm in finer])
    best = int(np.clip(np.argmax(heights), 1, len(finer) - 2))
    below, middle, above = heights[best - 1 : best + 2]
    curve = below - 2 * middle + above
    step = 0.5 * (below - above) / curve if curve < 0 else 0.0
    return math.exp(finer[best] + float(np.clip(step, -1, 1)) * (finer[1] - finer[0]))


def _sandwich(counts: PairCounts, clustering: float, reach: float) -> tuple[float, float]:
    """Standard errors of the clustering and of the range's logarithm, fitted together, from the dies' scatter."""
    shape = (counts.chance.shape[0], counts.chance.shape[1])
    close, step = cluster_pairs(shape, reach), 0.01
    slope = (cluster_pairs(shape, reach * math.exp(step)) - cluster_pairs(shape, reach * math.exp(-step))) / (2 * step)
    by_clustering = close - counts.chance * close.sum()
    by_range = clustering * (slope - counts.chance * slope.sum())
    each = counts.defects[:, None, None]
    expected = counts.chance * counts.all_pairs[:, None, None] + clustering * each * by_clustering
    whole = np.maximum(expected.sum(axis=0), 1e-12)
    slopes = np.stack([by_clustering, by_range])
    scores = np.einsum("dxy,kxy->dk", counts.pairs - expected, slopes * counts.defects.sum() / whole)
    information = np.einsum("kxy,lxy->kl", slopes, slopes * counts.defects.sum() ** 2 / whole)
    dies = len(scores)
    inverse = np.linalg.pinv(information)
    covariance = inverse @ (scores.T @ scores) @ inverse * dies / (dies - 1)
    return math.sqrt(max(covariance[0, 0], 0.0)), math.sqrt(max(covariance[1, 1], 0.0))


def cluster_pairs(shape: tuple[int, int], spatial_range: float) -> NDArray[np.float64]:
    """Pairs (rows, cols) apart that a defect's cluster holds, per defect and unit of clustering, inside a kernel."""
    rows, cols = shape
    profile = np.array(cluster_profile(spatial_range))
    overlap = np.zeros(max(rows, cols, len(profile)))
    overlap[: len(profile)] = np.correlate(profile, profile, "full")[len(profile) - 1 :]
    density = np.multiply.outer(overlap[:rows], overlap[:cols]) / (1 - overlap[0] ** 2)
    return np.asarray(density * _site_pairs(rows, cols) / (rows * cols))


def _site_pairs(rows: int, cols: int) -> NDArray[np.float64]:
    """Pairs of cells of one kernel that lie (rows, cols) apart, whatever the sign; none at (0, 0)."""
    sites = np.multiply.outer(np.arange(rows, 0, -1.0), np.arange(cols, 0, -1.0))
    sites[1:, 1:] *= 2
    sites[0, 0] = 0
    return sites


def _likeliest(
    seen: NDArray[np.float64], chance: NDArray[np.float64], total: float, defects: float, close: NDArray[np.float64]
) -> tuple[float, float]:
    """Highest log-likelihood over the clustering at one range, and that clustering."""
    per_unit = defects * float(close.sum())
    possible = chance > 0
    seen, chance, close = seen[possible], chance[possible], close[possible]
    clustering = 0.2
    for _ in range(60):
        clustering = min(clustering, 0.95 * total / per_unit)
        signal = clustering * defects * close
        expected = chance * (total - clustering * per_unit) + signal
        updated = float(np.sum(seen * signal / expected)) / per_unit
        if abs(updated - clustering) < 1e-6 * (1 + clustering):
            break
        clustering = updated
    expected = chance * (total - clustering * per_unit) + clustering * defects * close
    return float(np.sum(seen * np.log(expected) - expected)), clustering


def possible_clustering(value: float, spatial_range: float) -> float:
    """The nearest clustering that can be drawn at that range."""
    return min(max(value, 0.0), 0.999 * largest_clustering(spatial_range))
