# SPDX-License-Identifier: BSD-3-Clause
"""Defects in clusters, as particles and resist faults leave them, at exactly the rate that was asked for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .statistics import cluster_profile


def clustered_defects(
    shape: tuple[int, ...],
    rates: NDArray[np.float64],
    classes: NDArray[np.uint8],
    clustering: float,
    spatial_range: float,
    generator: np.random.Generator,
) -> NDArray[np.uint8]:
    """Defect classes of a die's devices, clusters of one class each.

    Clusters lie at random, also beyond the edge of a kernel; a cluster hits each device about its middle with a
    probability that falls as a Gaussian of the distance, and of several hits the first counts. A device is thus hit by
    a Poisson number of clusters, which makes its rates exact everywhere, at the edges too.

    Parameters
    ----------
    shape : (kernels, rows, cols)
        Of the die.
    rates : float64 array (classes,)
        Probability that a device has that defect.
    classes : uint8 array (classes,)
        Their numbers; 0 stands for no defect.
    clustering : float
        Mean number of further defects in the cluster of a defect, above 0.
    spatial_range : float
        Standard deviation of a defect's distance from the middle, along each axis [pitch].

    Returns
    -------
    uint8 array (kernels, rows, cols)
    """
    kernels, rows, cols = shape
    profile = np.array(cluster_profile(spatial_range))
    reach = len(profile) // 2
    members = clustering / (1 - float(np.sum(profile**2)) ** 2)
    chance = members * np.multiply.outer(profile, profile)
    total = min(float(rates.sum()), 1 - 1e-12)
    defect = np.zeros(shape, np.uint8)
    if not total:
        return defect
    area = (rows + 2 * reach) * (cols + 2 * reach)
    # Hits per device are -ln(1 - total) on average; each class has its share of them.
    per_kernel = -math.log1p(-total) / members * area
    count = int(generator.poisson(per_kernel * kernels))
    kind = generator.choice(classes, size=count, p=rates / rates.sum())
    kernel = generator.integers(kernels, size=count)
    row = generator.integers(-reach, rows + reach, size=count)
    col = generator.integers(-reach, cols + reach, size=count)
    parts = np.array_split(np.arange(count), max(1, count * chance.size // 2_000_000))
    hits = [
        np.column_stack([part[0] + cluster, down - reach, along - reach])
        for part in parts
        if part.size
        for cluster, down, along in [np.nonzero(generator.random((part.size, *chance.shape)) < chance)]
    ]
    if not hits:
        return defect
    cluster, down, along = np.concatenate(hits).T
    down, along = down + row[cluster], along + col[cluster]
    inside = (down >= 0) & (down < rows) & (along >= 0) & (along < cols)
    cluster, down, along = cluster[inside][::-1], down[inside][::-1], along[inside][::-1]
    # The last of equal places is the one that stays: the order is turned round, so that the first cluster wins.
    defect[kernel[cluster], down, along] = kind[cluster]
    return defect
