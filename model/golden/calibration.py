# SPDX-License-Identifier: BSD-3-Clause
"""Offset registers from reference reads: what a die's columns show while no row is driven."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import MAINTENANCE_ORDINAL, REFERENCE_ATTEMPT, REPEATS_LIMIT, Stage, maintenance_image, pack
from .arithmetic import column_sums, convert
from .die_image import DieImage

#: Noise counters of these reads: those of the chip's own READ command, the first since its reset.
_IMAGE = maintenance_image(0, Stage.READ)


def reference_codes(image: DieImage, reads: int = 16, kernel: int = 0) -> NDArray[np.int64]:
    """Codes of every column of every die while no row of a kernel is driven.

    Parameters
    ----------
    image : DieImage
        The dies; which states are written does not matter.
    reads : int
        How many, 1 to 32.
    kernel : int
        Of which kernel; a die's amplifiers serve all of them.

    Returns
    -------
    int64 array (dies, reads, cols)

    Raises
    ------
    ValueError
        If the conversion has one bit, whose codes compare columns, or ``reads`` is out of range.
    """
    if image.adc_bits == 1:
        raise ValueError("offsets must be read with at least 2 ADC bits, not 1: a one-bit code compares two columns")
    if not 1 <= reads <= REPEATS_LIMIT:
        raise ValueError(f"reads must be from 1 to {REPEATS_LIMIT}, not {reads}")
    nothing = np.zeros((reads, image.rows), np.bool_)
    counters = [
        pack(MAINTENANCE_ORDINAL, attempt=REFERENCE_ATTEMPT, row=repeat, kernel=kernel) for repeat in range(reads)
    ]
    sums = [column_sums(image, die, kernel, nothing, _IMAGE, np.array(counters)) for die in range(image.dies)]
    return convert(np.stack(sums), image.adc_bits, image.fraction_bits)


def calibrate_offsets(image: DieImage, reads: int = 16) -> NDArray[np.int64]:
    """Offset registers of every die: its columns' codes without a driven row, averaged.

    A code is never below 0, so an offset below zero shows only on a pedestal (``Sensing.pedestal``, some four times
    ``offset_sigma``); without one its column is left as it is.

    Parameters
    ----------
    image : DieImage
        The dies; which states are written does not matter.
    reads : int
        Reads that are averaged, 1 to 32.

    Returns
    -------
    int64 array (dies, cols)
        Codes, half to even: ``image.replace(column_offset=...)`` sets them.

    Raises
    ------
    ValueError
        As ``reference_codes``.
    """
    return np.rint(reference_codes(image, reads).mean(axis=1)).astype(np.int64)
