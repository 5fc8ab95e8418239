# SPDX-License-Identifier: BSD-3-Clause
"""How the twin keeps a die: widths, and which word of its memory holds what."""

from __future__ import annotations

from amaranth import signed, unsigned
from amaranth.hdl import Shape
from amaranth.lib.data import ArrayLayout, StructLayout
from spintile.model.geometry import Geometry

from ..tokens import kernel_shape

__all__ = [
    "EXTRA_SLOTS",
    "address_shape",
    "die_shape",
    "entry_shape",
    "high_slot",
    "low_slot",
    "memory_depth",
    "offset_slot",
    "slot_count",
    "sum_shape",
    "word_shape",
    "word_write",
]

#: Words of a kernel beside those of its rows: offsets, lower rails, upper rails.
EXTRA_SLOTS = 3


def entry_shape(geometry: Geometry) -> Shape:
    """One number of a die image, signed: B + F + 4 bits, to which the contract saturates ``Q``."""
    return signed(geometry.adc_bits + geometry.fraction_bits + 4)


def word_shape(geometry: Geometry) -> ArrayLayout:
    """One word of the memory: an entry for each column."""
    return ArrayLayout(entry_shape(geometry), geometry.cols)


def sum_shape(geometry: Geometry) -> Shape:
    """An offset and any of the rows, added up; ``rows + 1`` entries always fit."""
    return signed(entry_shape(geometry).width + geometry.rows.bit_length())


def slot_count(geometry: Geometry) -> int:
    """Words of a kernel. Slot r is row r; then come offsets, lower rails and upper rails."""
    return geometry.rows + EXTRA_SLOTS


def offset_slot(geometry: Geometry) -> int:
    """Slot of ``O``."""
    return geometry.rows


def low_slot(geometry: Geometry) -> int:
    """Slot of ``lo``."""
    return geometry.rows + 1


def high_slot(geometry: Geometry) -> int:
    """Slot of ``hi``."""
    return geometry.rows + 2


def address_shape(geometry: Geometry) -> StructLayout:
    """Address of a word: the kernel in its low bits, so that a number of kernels that is a power of two wastes none."""
    return StructLayout({"kernel": kernel_shape(geometry), "slot": unsigned((slot_count(geometry) - 1).bit_length())})


def memory_depth(geometry: Geometry) -> int:
    """Words of the memory."""
    return slot_count(geometry) << kernel_shape(geometry).width


def word_write(geometry: Geometry) -> StructLayout:
    """A word and where it goes."""
    return StructLayout({"address": address_shape(geometry), "data": word_shape(geometry)})


def die_shape(geometry: Geometry) -> tuple[int, int, int]:
    """Entries of a whole die in the order in which they are loaded: (kernels, slots, cols), the last one fastest."""
    return (geometry.kernels, slot_count(geometry), geometry.cols)
