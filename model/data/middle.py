# SPDX-License-Identifier: BSD-3-Clause
"""The middle of the bundled digits at 8 x 6 pixels: as many inputs as the smallest board has rows for."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .resample import resample

#: Height and width.
MIDDLE_SHAPE = (8, 6)
#: What is kept of 14 x 14: digits are ten pixels high, and seldom wider than eight.
_ROWS, _COLS = slice(2, 12), slice(3, 11)


def middle(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of images (images, 14, 14) of 16 levels, area-averaged to (images, 8, 6) of 16 levels."""
    return resample(images[:, _ROWS, _COLS] * np.uint8(17), MIDDLE_SHAPE, 16)


def middle_of(dataset: Dataset, name: str) -> Dataset:
    """The same digits, their middle, under another name."""
    return dataclasses.replace(
        dataset, train_images=middle(dataset.train_images), test_images=middle(dataset.test_images), name=name
    )
