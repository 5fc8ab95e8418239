# SPDX-License-Identifier: BSD-3-Clause
"""A data set as small integers: grey levels that become the bit planes of a network's inputs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Grey levels of a data set unless asked otherwise.
DEFAULT_LEVELS = 16


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, or vectors of features, with their classes.

    Parameters
    ----------
    train_images, test_images : uint8 arrays (images, height, width) or (samples, features)
        Levels from 0 to ``levels`` - 1.
    train_labels, test_labels : int64 arrays (images,)
        Classes from 0 up.
    name : str
        Short name.
    attribution : str
        Who made the data, and under which licence it may be passed on.
    levels : int
        Number of levels, 2 to 256.

    Raises
    ------
    ValueError
        If shapes disagree or a level is out of range; the message names the field.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    name: str
    attribution: str
    levels: int = DEFAULT_LEVELS

    def __post_init__(self) -> None:
        check_levels(self.levels)
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if images.shape[1:] != self.shape:
                raise ValueError(
                    f"{self.name}: {part}_images must have the shape {self.shape} each, not {images.shape[1:]}"
                )
            if labels.shape != images.shape[:1]:
                raise ValueError(
                    f"{self.name}: {part}_labels must have one class for each of {len(images)} images, "
                    f"not shape {labels.shape}"
                )
            if images.size and int(images.max()) >= self.levels:
                raise ValueError(f"{self.name}: {part}_images must be below {self.levels}, not {int(images.max())}")
            if labels.size and int(labels.min()) < 0:
                raise ValueError(f"{self.name}: {part}_labels must not be negative, not {int(labels.min())}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image, (height, width), or (features,)."""
        return tuple(int(size) for size in self.train_images.shape[1:])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return 1 + max(int(labels.max(initial=0)) for labels in (self.train_labels, self.test_labels))

    def inputs(self, bits: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Training and test images with ``bits`` bits an input, as ``to_bits`` makes them."""
        return to_bits(self.train_images, bits, self.levels), to_bits(self.test_images, bits, self.levels)

    def take(self, train: int | None = None, test: int | None = None) -> Dataset:
        """The first ``train`` and ``test`` images; None: all."""
        return dataclasses.replace(
            self,
            train_images=self.train_images[:train],
            train_labels=self.train_labels[:train],
            test_images=self.test_images[:test],
            test_labels=self.test_labels[:test],
        )


def check_levels(levels: int) -> None:
    """Raise ValueError unless ``levels`` is a number of levels that 8 bits hold."""
    if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or not 2 <= levels <= 256:
        raise ValueError(f"levels must be an integer from 2 to 256, not {levels!r}")


def to_bits(images: ArrayLike, bits: int, levels: int = DEFAULT_LEVELS) -> NDArray[np.uint8]:
    """Inputs of ``bits`` bits from grey levels.

    Parameters
    ----------
    images : int array
        Levels from 0 to ``levels`` - 1.
    bits : int
        1: an input is 1 from an eighth of the levels up (thin strokes of handwriting survive; a small network gains
        a point of accuracy over half scale). More: the scale is mapped on 0 .. 2^bits - 1, rounded half up, so that
        both ends stay; with 2^bits levels nothing changes.
    levels : int
        Number of levels.

    Returns
    -------
    uint8 array
        In the shape of ``images``.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    check_levels(levels)
    if isinstance(bits, bool) or not isinstance(bits, int | np.integer) or not 1 <= bits <= 8:
        raise ValueError(f"bits must be an integer from 1 to 8, not {bits!r}")
    grey = np.asarray(images)
    if grey.dtype.kind not in "iub" or (grey.size and not 0 <= int(grey.min()) <= int(grey.max()) < levels):
        raise ValueError(
            f"images must be integers from 0 to {levels - 1}, not {grey.dtype} up to {grey.max(initial=0)}"
        )
    if bits == 1:
        return (grey >= max(1, levels // 8)).astype(np.uint8)
    top = (1 << bits) - 1
    table = (2 * np.arange(levels) * top + levels - 1) // (2 * (levels - 1))
    return table.astype(np.uint8)[grey]
