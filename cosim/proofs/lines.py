# SPDX-License-Identifier: BSD-3-Clause
"""What lines may be doing, as conditions: at rest, driven to read, driven to write."""

from __future__ import annotations

from typing import Any

from amaranth import Value
from spintile.rtl.pins import LineMode

__all__ = [
    "any_write_drive",
    "at_rest",
    "no_read_drive",
    "no_row_driven",
    "one_kernel",
    "safe_read_lines",
    "write_modes",
]


def one_kernel(select: Any) -> Value:
    """At most one kernel is selected."""
    return (select & (select - 1)) == 0


def at_rest(lines: Any) -> Value:
    """Every line at the reference, no kernel selected, all gates off."""
    still = (lines.select == 0) & (lines.gate == 0)
    for mode in (*lines.row_mode, *lines.col_mode):
        still &= mode == LineMode.REFERENCE
    return still


def no_row_driven(lines: Any) -> Value:
    """Every row at the reference."""
    still = Value.cast(1)
    for mode in lines.row_mode:
        still &= mode == LineMode.REFERENCE
    return still


def safe_read_lines(lines: Any) -> Value:
    """Rows at the reference or at the read voltage, columns at the reference."""
    safe = Value.cast(1)
    for mode in lines.row_mode:
        safe &= (mode == LineMode.REFERENCE) | (mode == LineMode.READ)
    for mode in lines.col_mode:
        safe &= mode == LineMode.REFERENCE
    return safe


def any_write_drive(pins: Any) -> Value:
    """Whether any line is in a write mode or floats."""
    writing = Value.cast(0)
    for mode in (*pins.row_mode, *pins.col_mode):
        writing |= (mode != LineMode.REFERENCE) & (mode != LineMode.READ)
    return writing


def no_read_drive(pins: Any) -> Value:
    """No line is at the read voltage."""
    still = Value.cast(1)
    for mode in (*pins.row_mode, *pins.col_mode):
        still &= mode != LineMode.READ
    return still


def write_modes(pins: Any) -> tuple[Value, Value]:
    """Whether the modes of a write are of one polarity: rows P and columns N, or the other way around."""
    toward_p = toward_ap = Value.cast(1)
    for row in pins.row_mode:
        toward_p &= row != LineMode.WRITE_N
        toward_ap &= row != LineMode.WRITE_P
    for col in pins.col_mode:
        toward_p &= col != LineMode.WRITE_P
        toward_ap &= col != LineMode.WRITE_N
    return toward_p, toward_ap
