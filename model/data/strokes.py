# SPDX-License-Identifier: BSD-3-Clause
"""Strokes of a pen as an image like those of a data set of digits.

What was done to the digits of MNIST (LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 1998): scaled into a box of 20 x 20
pixels, shape kept, and put into a field of 28 x 28 with the centre of mass in its middle. Then, as a folder of IDX
files, area-averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .dataset import Dataset
from .middle import middle
from .resample import resample

#: Field, and box that strokes fill [pixels].
FIELD, BOX = 28, 20
#: Half the width of a stroke at half its blackness [pixels of the field].
_PEN = 1.2
#: Strokes that reach no further than this, of the longest that there could be, are a dot: it is not enlarged.
_DOT = 0.02
#: Segments whose distances are found together.
_CHUNK = 256


def draw_strokes(strokes: Sequence[ArrayLike], dataset: Dataset) -> NDArray[np.uint8]:
    """An image as the data set's are.

    Parameters
    ----------
    strokes : sequence of float arrays (points, 2)
        Points of the pen from where it was put down to where it was lifted: to the right, and down, from 0 to 1.
    dataset : Dataset
        Of digits. scikit-learn's fill their image; those of any other have the margins of MNIST.

    Returns
    -------
    uint8 array (height, width)
        0 .. levels - 1.

    Raises
    ------
    ValueError
        If a stroke has no points, or one of them is no pair of numbers from 0 to 1, or the data set has no images.
    """
    if len(dataset.shape) != 2:
        raise ValueError(f"{dataset.name}: must have images to be drawn, not {math.prod(dataset.shape)} features")
    lines = [_checked(stroke) for stroke in strokes]
    fills = dataset.name == "digits"
    field = _centred(lines, FIELD if fills else BOX)[np.newaxis]
    if dataset.name == "mnist-8x6":
        return middle(resample(field, 14, 16))[0]
    height, width = dataset.shape
    return resample(field, (height, width), dataset.levels)[0]


def _checked(stroke: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(stroke, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"a stroke must have the shape (points, 2), not {points.shape}")
    if not ((points >= 0) & (points <= 1)).all():  # also false for what is no number
        raise ValueError("points of a stroke must be from 0 to 1")
    return points


def _centred(lines: Sequence[NDArray[np.float64]], box: int) -> NDArray[np.uint8]:
    """Strokes scaled into a box, their centre of mass in the middle of the field (height, width), 0 to 255."""
    if not lines:
        return np.zeros((FIELD, FIELD), np.uint8)
    points = np.concatenate(lines)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    scale = (box - 2 * _PEN) / extent if extent > _DOT else float(box)
    placed = [(line - (low + high) / 2) * scale + FIELD / 2 for line in lines]
    ink = _ink(placed)
    weights = ink / ink.sum()
    centres = np.arange(FIELD) + 0.5
    mass = np.array([weights.sum(axis=0) @ centres, weights.sum(axis=1) @ centres])
    # Whole pixels, as there: edges stay as sharp as they were drawn.
    shift = np.rint(FIELD / 2 - mass)
    return np.rint(_ink([line + shift for line in placed]) * 255).astype(np.uint8)


def _ink(lines: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Blackness of each pixel of the field, 0 to 1: by its distance from the nearest stroke."""
    starts = np.concatenate([line[:-1] if len(line) > 1 else line for line in lines])
    ends = np.concatenate([line[1:] if len(line) > 1 else line for line in lines])
    y, x = np.mgrid[:FIELD, :FIELD] + 0.5
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)
    nearest = np.full(len(pixels), np.inf)
    for first in range(0, len(starts), _CHUNK):
        start, end = starts[first : first + _CHUNK], ends[first : first + _CHUNK]
        along = end - start
        square = (along**2).sum(axis=1)
        offset = pixels[:, np.newaxis] - start
        part = (offset * along).sum(axis=2) / np.where(square > 0, square, 1.0)
        gap = offset - np.clip(part, 0, 1)[..., np.newaxis] * along
        nearest = np.minimum(nearest, np.sqrt((gap**2).sum(axis=2)).min(axis=1))
    return np.clip(_PEN + 0.5 - nearest, 0, 1).reshape(FIELD, FIELD)
