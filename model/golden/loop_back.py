# SPDX-License-Identifier: BSD-3-Clause
"""The die image of a loop-back: what a run must give whose codes come from registers and not from an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .die_image import DieImage

__all__ = ["loop_back_image"]


def loop_back_image(image: DieImage, codes: Sequence[int]) -> DieImage:
    """Dies on which every column holds the same sum in every read: that of its code, exactly.

    A conversion of B bits then gives the code, at most ``2^B - 1``; with one bit the pair's columns are compared by
    their codes. Offset registers, flags and identifiers are those of ``image``; there is no noise. ``infer`` of this
    image is what the chip must do with ``TEST.loop_back`` set and the codes in ``TEST_CODE``.

    Parameters
    ----------
    image : DieImage
        The dies whose registers are in the chip.
    codes : sequence of int, one per column
        The registers ``TEST_CODE``.

    Raises
    ------
    ValueError
        If there is not one code per column, or a code is negative or of more than 12 bits.
    """
    given = np.asarray(codes, np.int64)
    if given.shape != (image.cols,):
        raise ValueError(f"loop-back: codes must be one for each of {image.cols} columns, not {len(codes)}")
    for code in codes:
        if not 0 <= code < 1 << 12:
            raise ValueError(f"loop-back: codes must be from 0 to 4095, not {code}")
    sums = np.broadcast_to(given << image.fraction_bits, image.offset.shape)
    return image.replace(q=np.zeros_like(image.q), offset=sums, lo=sums, hi=sums, noise_sigma=0)
