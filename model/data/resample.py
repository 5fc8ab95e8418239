# SPDX-License-Identifier: BSD-3-Clause
"""Images at another resolution: area averages, rounded to grey levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Images converted at a time, so that their floating-point copies stay small.
_CHUNK = 4096


def area_weights(size: int, side: int) -> NDArray[np.float64]:
    """Share of each of ``size`` pixels of a line in each of ``side`` new ones (side, size); rows sum to 1.

    Old and new pixels are intervals of one line; the share is their overlap. 28 to 14 is the mean of two pixels.
    """
    edges = np.arange(side + 1) * (size / side)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, np.newaxis], pixels + 1) - np.maximum(edges[:-1, np.newaxis], pixels)
    return np.clip(overlap, 0, None) * (side / size)


def resample(images: NDArray[np.uint8], side: int | tuple[int, int], levels: int) -> NDArray[np.uint8]:
    """Area averages of 8-bit images, as grey levels.

    Parameters
    ----------
    images : uint8 array (images, height, width)
        0 .. 255.
    side : int or (int, int)
        New height and width, at least 1.
    levels : int
        Number of levels; averages are rounded half up.

    Returns
    -------
    uint8 array (images, new height, new width)
        0 .. levels - 1.

    Raises
    ------
    ValueError
        If ``side`` is not a positive integer, or two.
    """
    sides = side if isinstance(side, tuple) else (side, side)
    for each in sides:
        if isinstance(each, bool) or not isinstance(each, int | np.integer) or each < 1:
            raise ValueError(f"side must be a positive integer, not {each!r}")
    count, height, width = images.shape
    down, across = area_weights(height, sides[0]), area_weights(width, sides[1]).T
    result = np.empty((count, *sides), np.uint8)
    for start in range(0, count, _CHUNK):
        part = images[start : start + _CHUNK].astype(np.float64)
        # The small term is far above rounding errors of the sums and far below the next possible average, so that
        # ties are ties on every machine.
        scaled = (down @ part @ across) * ((levels - 1) / 255) + 1e-9
        result[start : start + _CHUNK] = np.floor(scaled + 0.5)
    return result
