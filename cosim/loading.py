# SPDX-License-Identifier: BSD-3-Clause
"""What a host writes before images come: program, settings, offset registers and flags, as plain register writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage
from spintile.model.mapping import Program
from spintile.model.sensing import Repair

__all__ = ["RegisterWrite", "flag_words", "flag_writes", "offset_write", "program_writes"]


@dataclass(frozen=True)
class RegisterWrite:
    """Consecutive words of a register or window.

    Parameters
    ----------
    name : str
        Of the register map.
    words : list of int
    index : int
        Element at which they begin.
    """

    name: str
    words: list[int]
    index: int = 0


def flag_words(flags: NDArray[np.bool_]) -> list[list[int]]:
    """Words of the window FLAG for flags (kernels, cols): 32 columns to a word, the lowest in bit 0."""
    padded = np.zeros((len(flags), -(-flags.shape[1] // 32) * 32), np.uint64)
    padded[:, : flags.shape[1]] = flags
    lanes = padded.reshape(len(flags), -1, 32) << np.arange(32, dtype=np.uint64)
    words: list[list[int]] = lanes.sum(axis=2).tolist()
    return words


def offset_write(image: DieImage, position: int) -> RegisterWrite:
    """Offset registers of the die at that position."""
    return RegisterWrite("OFFSET", image.registers[position].tolist())


def flag_writes(image: DieImage, position: int) -> Iterator[RegisterWrite]:
    """Self-test flags of the die at that position, none where there are none."""
    flags = image.flags
    if flags is None:
        flags = np.zeros((position + 1, image.kernels, image.cols), np.bool_)
    for kernel, words in enumerate(flag_words(flags[position])):
        yield RegisterWrite("FLAG", words, kernel)


def program_writes(
    program: Program,
    image: DieImage,
    repair: Repair,
    settle: int,
    geometry: Geometry,
    loop_back: Sequence[int] = (),
) -> Iterator[RegisterWrite]:
    """Program and settings, with the offset registers and flags of the first die, and codes of a loop-back if any."""
    yield RegisterWrite("SEGMENT", program.segments.tolist())
    halves = [half for word in program.instructions.tolist() for half in (word & 0xFFFFFFFF, word >> 32)]
    yield RegisterWrite("INSTRUCTION", halves)
    for number, lanes in enumerate(program.thresholds.tolist()):
        yield RegisterWrite("THRESHOLD", lanes, number)
    yield offset_write(image, 0)
    yield from flag_writes(image, 0)
    yield RegisterWrite("LAYER", program.layers.tolist())
    for name, value in (
        ("ADC_BITS", image.adc_bits),
        ("SETTLE", settle),
        ("LAYERS", len(program.layers)),
        ("BEATS", program.beats),
        ("REPAIR", repair.mode_code | int(repair.strict) << 4),
        ("PEAK", repair.P),
        ("DIFFERENCE", repair.D),
        ("MARGIN_BASE", repair.m0),
        ("MARGIN_ROW", repair.m1),
    ):
        yield RegisterWrite(name, [value])
    yield RegisterWrite("PAIR_SUM", list(repair.pair_sums(geometry.pairs)))
    if loop_back:
        yield RegisterWrite("TEST_CODE", list(loop_back))
        yield RegisterWrite("TEST", [1])
