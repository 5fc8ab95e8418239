# SPDX-License-Identifier: BSD-3-Clause
"""A die as the twin keeps it, and what it makes of it: plain integers, to compare the hardware with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage
from spintile.rtl.twin.layout import EXTRA_SLOTS, die_shape, entry_shape, high_slot, low_slot, offset_slot

__all__ = ["die_words", "held_sums", "memory_words", "read_cycles"]


def die_words(image: DieImage, position: int, geometry: Geometry) -> NDArray[np.int32]:
    """Entries to load for one die, in their order.

    Offsets and rails carry the half code of the rounding, so that the twin compares ``S + 2^(F-1)`` without adding it.
    Rails beyond an entry are brought to its ends. That changes no code of two bits or more: what lies there is far
    below code 0 or far above the largest. With one bit it could, and is refused where a sum can get there.

    Parameters
    ----------
    image : DieImage
        The dies.
    position : int
        Position of the die in the image.
    geometry : Geometry
        The chip that the twin was made for.

    Returns
    -------
    int32 array (kernels, rows + 3, cols)
        Rows, then offsets, lower and upper rails [LSB/2^F].

    Raises
    ------
    ValueError
        If the image does not fit the geometry, has noise, or needs wider entries.
    """
    expected = (geometry.kernels, geometry.rows, geometry.cols)
    if image.q.shape[1:] != expected:
        raise ValueError(f"twin: die image must have (kernels, rows, cols) = {expected}, not {image.q.shape[1:]}")
    if image.fraction_bits != geometry.fraction_bits:
        raise ValueError(f"twin: fraction_bits must be {geometry.fraction_bits}, not {image.fraction_bits}")
    if image.adc_bits > geometry.adc_bits:
        raise ValueError(f"twin: adc_bits must be at most {geometry.adc_bits}, not {image.adc_bits}")
    if image.noise_sigma:
        raise ValueError(f"twin: noise_sigma must be 0, not {image.noise_sigma}: a die in logic has no noise")
    top = (1 << (entry_shape(geometry).width - 1)) - 1
    half = 1 << (geometry.fraction_bits - 1)
    q, offset = image.q[position].astype(np.int64), image.offset[position] + half
    lo, hi = image.lo[position] + half, image.hi[position] + half
    for name, values, added in (("q", q, 0), ("offset", offset, half)):
        wrong = (values < -top - 1) | (values > top)
        if wrong.any():
            raise ValueError(
                f"twin: {name} of die {int(image.die_ids[position])} must be from {-top - 1 - added} to {top - added}, "
                f"not {int(values[wrong][0]) - added}"
            )
    if image.adc_bits == 1:
        ends = [np.clip(offset + part.sum(axis=1), lo, hi) for part in (np.minimum(q, 0), np.maximum(q, 0))]
        if min(end.min() for end in ends) < -top - 1 or max(end.max() for end in ends) > top:
            raise ValueError(
                f"twin: sums of die {int(image.die_ids[position])} must stay from {-top - 1 - half} to {top - half} in "
                "one-bit reads; nearer rails keep them there"
            )
    words = np.empty(die_shape(geometry), np.int32)
    words[:, : geometry.rows] = q
    words[:, offset_slot(geometry)] = offset
    words[:, low_slot(geometry)] = np.clip(lo, -top - 1, top)
    words[:, high_slot(geometry)] = np.clip(hi, -top - 1, top)
    return words


def memory_words(words: NDArray[np.int32], geometry: Geometry) -> list[int]:
    """The same as packed words of the twin's memory: what a bitstream may carry (``Twin(geometry, init)``)."""
    width = entry_shape(geometry).width
    step = 1 << max(1, (geometry.kernels - 1).bit_length())
    packed = [0] * (words.shape[1] * step)
    for kernel, slots in enumerate(words.tolist()):
        for slot, columns in enumerate(slots):
            packed[slot * step + kernel] = sum((entry % (1 << width)) << (c * width) for c, entry in enumerate(columns))
    return packed


def held_sums(words: NDArray[np.int32], kernel: int, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What the twin holds after a sample: ``min(max(O + driven rows, lo), hi)``, half a code included.

    Parameters
    ----------
    words : int32 array (kernels, rows + 3, cols)
        From :func:`die_words`.
    kernel : int
        Kernel read.
    rows : bool array (rows,)
        Driven rows.

    Returns
    -------
    int64 array (cols,)
    """
    *lines, offset, lo, hi = words[kernel].astype(np.int64)
    total = offset.copy()
    for driven, line in zip(rows, lines, strict=True):
        if driven:
            total += line
    return np.minimum(np.maximum(total, lo), hi)


def read_cycles(driven: int) -> int:
    """Cycles from one sample to the next, if the next read drives so many rows and its codes are not waited for."""
    return driven + EXTRA_SLOTS + 1
