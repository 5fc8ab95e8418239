# SPDX-License-Identifier: BSD-3-Clause
"""Small data sets that come with scikit-learn: its 8 x 8 digits, Wine, and half-moons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, check_levels
from .resample import resample

_DIGITS = "UCI Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak), CC BY 4.0; by scikit-learn"
_WINE = "UCI Wine (S. Aeberhard, M. Forina), CC BY 4.0; by scikit-learn"
_MOONS = "two interleaving half circles with noise, drawn by scikit-learn's make_moons"


def load_digits(side: int, levels: int) -> Dataset:
    """1,797 digits, 1,437 of them for training; drawn by seed 0. At 8 x 8 the original 17 levels are rescaled."""
    from sklearn import datasets

    loaded: Any = datasets.load_digits()
    images = np.rint(loaded.images * (255 / 16)).astype(np.uint8)
    return _split("digits", _DIGITS, resample(images, side, levels), loaded.target, levels, test=360)


def load_wine(levels: int) -> Dataset:
    """178 wines of 13 features, min-max scaled over the whole set; 148 for training and 30 for testing."""
    from sklearn import datasets

    loaded: Any = datasets.load_wine()
    return _split("wine", _WINE, quantise(loaded.data, levels), loaded.target, levels, test=30)


def load_moons(levels: int, samples: int = 1000, noise: float = 0.05, seed: int = 42) -> Dataset:
    """Points of two half-moons, min-max scaled; a fifth for testing."""
    from sklearn import datasets

    points, labels = datasets.make_moons(n_samples=samples, noise=noise, random_state=seed)
    return _split("moons", _MOONS, quantise(points, levels), labels, levels, test=samples // 5)


def quantise(features: NDArray[np.float64], levels: int) -> NDArray[np.uint8]:
    """Each feature scaled from its own minimum and maximum to 0 .. levels - 1, rounded half up."""
    check_levels(levels)
    low, high = features.min(axis=0), features.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    return np.floor((features - low) / span * (levels - 1) + 0.5).astype(np.uint8)


def _split(
    name: str, attribution: str, values: NDArray[np.uint8], labels: NDArray[np.int64], levels: int, test: int
) -> Dataset:
    """A fixed shuffle, its last ``test`` samples for testing."""
    order = np.random.default_rng(0).permutation(len(values))
    train, held = order[: len(order) - test], order[len(order) - test :]
    return Dataset(
        train_images=values[train],
        train_labels=labels[train].astype(np.int64),
        test_images=values[held],
        test_labels=labels[held].astype(np.int64),
        name=name,
        attribution=attribution,
        levels=levels,
    )
