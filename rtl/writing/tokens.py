# SPDX-License-Identifier: BSD-3-Clause
"""Payloads that travel between the blocks of the write controller, each defined here once.

::

    registers -WriteSettings-> command gate -begin-> controller -PulseToken-> pulse generator -> lines
                               step table -WriteStep-> |    ^  |
                                            RowsToken |     |  +-ReportToken-> report stream -> host
                                                      v     |
                                               read path -CodesToken-> column scan -ColumnResult-> controller
"""

from __future__ import annotations

from amaranth import signed, unsigned
from amaranth.hdl import Shape
from amaranth.lib.data import StructLayout
from spintile.model.geometry import (
    LEVEL_BITS,
    REPEATS_LIMIT,
    REPORT_WORD,
    SETUP_BITS,
    WIDTH_BITS,
    WINDOW_BITS,
    WRITE_STEPS,
    Geometry,
)

from ..tokens import kernel_shape

__all__ = [
    "ATTEMPT",
    "COLUMN",
    "ROW",
    "column_result",
    "pulse_token",
    "report_token",
    "report_word",
    "total_shape",
    "window_limits",
    "write_settings",
    "write_step",
]

#: Number of a row and of a column, as wide as the registers, whatever the geometry.
ROW = unsigned(6)
COLUMN = unsigned(6)
#: Steps of the schedule that a row has seen, 0 to WRITE_STEPS.
ATTEMPT = unsigned(WRITE_STEPS.bit_length())


def total_shape(geometry: Geometry) -> Shape:
    """Sum of the codes of ``REPEATS_LIMIT`` reads."""
    return unsigned((REPEATS_LIMIT * ((1 << geometry.adc_bits) - 1)).bit_length())


def window_limits() -> StructLayout:
    """Smallest and largest code of a cell in each state."""
    limits = StructLayout({"low": unsigned(WINDOW_BITS), "high": unsigned(WINDOW_BITS)})
    return StructLayout({"p": limits, "ap": limits})


def write_step() -> StructLayout:
    """A pulse of the schedule: DAC code and width in cycles."""
    return StructLayout({"level": unsigned(LEVEL_BITS), "width": unsigned(WIDTH_BITS)})


def write_settings() -> StructLayout:
    """The registers of a command, stable while it runs."""
    region = StructLayout({"first": unsigned(8), "last": unsigned(8)})
    lines = StructLayout({"first": COLUMN, "last": COLUMN})
    return StructLayout(
        {
            "op": unsigned(3),
            "kernels": region,
            "rows": lines,
            "cols": lines,
            "steps": unsigned(5),
            "repeats": unsigned(6),
            "passes": unsigned(6),
            "single": unsigned(1),
            "passive": unsigned(1),
            "float_unselected": unsigned(1),
            "read_first": unsigned(1),
            "setup": unsigned(SETUP_BITS),
            "windows": window_limits(),
        }
    )


def pulse_token(geometry: Geometry) -> StructLayout:
    """Controller to pulse generator: one row, the columns of ``cols``, one pulse. All of it is stored when taken."""
    return StructLayout(
        {
            "kernel": kernel_shape(geometry),
            "row": ROW,
            "cols": unsigned(geometry.cols),
            "toward_p": unsigned(1),
            "level": unsigned(LEVEL_BITS),
            "width": unsigned(WIDTH_BITS),
        }
    )


def column_result(geometry: Geometry) -> StructLayout:
    """Column scan to controller: one column of a read.

    ``total`` is the sum of its codes over the reads added up so far; ``difference`` that less the reference; ``ok``
    and ``outcome`` judge the difference by the window of the column's target; ``mark`` is what was left with it.
    """
    total = total_shape(geometry)
    return StructLayout(
        {
            "col": COLUMN,
            "last": unsigned(1),
            "target": unsigned(1),
            "mark": ATTEMPT,
            "total": total,
            "difference": signed(total.width + 1),
            "ok": unsigned(1),
            "outcome": unsigned(3),
        }
    )


def report_word() -> StructLayout:
    """A report word, packed as ``geometry.REPORT_WORD``; the bits above it are 0."""
    return StructLayout({name: Shape(field.width, field.signed) for name, field in REPORT_WORD.items()})


def report_token() -> StructLayout:
    """Controller to report stream: a word, and whether it is the command's last."""
    return StructLayout({"word": report_word(), "last": unsigned(1)})
