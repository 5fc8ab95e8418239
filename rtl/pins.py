# SPDX-License-Identifier: BSD-3-Clause
"""The boundary between the digital periphery and the array: what a kernel group's pins are and when they hold."""

from __future__ import annotations

from amaranth import unsigned
from amaranth.lib.data import ArrayLayout
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import In, Out, Signature
from spintile.model.geometry import LEVEL_BITS, Geometry

from .tokens import TAG, kernel_shape

__all__ = ["ArrayPins", "ConverterPins", "LineMode", "LinePins", "PulsePins", "WriteDrive"]


class LineMode(Enum, shape=3):  # type: ignore[call-arg]  # amaranth's Enum takes a shape
    """What drives a row or a column."""

    REFERENCE = 0
    READ = 1
    WRITE_P = 2
    WRITE_N = 3
    FLOAT = 4


class LinePins(Signature):
    """Pins that say which kernel is on and how its lines are driven.

    Members
    -------
    kernel : Out(ceil(log2(kernels)), at least 1)
        Number of the kernel; holds its last value while nothing is driven.
    select : Out(kernels)
        The same, one-hot; 0 while nothing is driven.
    row_mode : Out(rows of LineMode)
        Drive of each row.
    col_mode : Out(cols of LineMode)
        Drive of each column; in a read every column is at the reference, its amplifier's virtual ground.
    gate : Out(cols)
        Gates of the access transistors, one per column: all ones in a read; those of the selected columns, or all of
        a passive array, around a write pulse; else 0.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "kernel": Out(kernel_shape(geometry)),
                "select": Out(geometry.kernels),
                "row_mode": Out(ArrayLayout(LineMode, geometry.rows)),
                "col_mode": Out(ArrayLayout(LineMode, geometry.cols)),
                "gate": Out(geometry.cols),
            }
        )


class ConverterPins(Signature):
    """Pins of the sample-and-hold stages, the comparators and their trial codes.

    Members
    -------
    sample : Out(1)
        The array latches S of every column, noise included, at the end of this cycle.
    differential : Out(1)
        One-bit mode: comparators of plus columns answer ``S[plus] >= S[minus]``.
    phase : Out(ceil(log2(columns_per_adc)), at least 1)
        Which of its columns each converter works on: converter a is on column ``a * columns_per_adc + phase``.
    strobe : Out(1)
        A trial is on ``trial`` in this cycle.
    trial : Out(cols of adc_bits bits)
        Trial code of each column of this phase, 0 for the others.
    comparator : In(cols)
        Valid in the cycle after a strobe: ``S[c] + 2^(F-1) >= trial[c] << F``.
    ready : In(1)
        The array's lines have settled as far as it can tell; no sample is taken without it.
    tag_image, tag_ordinal : Out(32), Out(20)
        Image and ordinal of the read, valid with ``sample``: keys of the noise in simulation.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "sample": Out(1),
                "differential": Out(1),
                "phase": Out(max(1, (geometry.columns_per_adc - 1).bit_length())),
                "strobe": Out(1),
                "trial": Out(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
                "comparator": In(geometry.cols),
                "ready": In(1),
                "tag_image": Out(TAG["image"].shape),
                "tag_ordinal": Out(TAG["ordinal"].shape),
            }
        )


class PulsePins(Signature):
    """Pins of the write drivers.

    Members
    -------
    pulse : Out(1)
        1 in exactly the cycles in which any line is in a write mode or floats.
    level : Out(12)
        Code of the write DAC, stable from ``WRITE_SETUP`` cycles before a pulse until as long after it; else 0.
    """

    def __init__(self) -> None:
        super().__init__({"pulse": Out(1), "level": Out(LEVEL_BITS)})


class WriteDrive(Signature):
    """What the pulse generator wants on the lines, seen by it.

    Members
    -------
    claim : Out(1)
        From the next cycle on the lines belong to a pulse: the kernel register takes ``kernel``, and no read is let on.
    kernel : Out(kernel_shape)
        Kernel of the pulse, valid with ``claim``.
    active : Out(1)
        The lines belong to a pulse, setup and recovery included: ``claim`` of the cycle before.
    row_mode, col_mode, gate
        As in :class:`LinePins`, valid with ``active``.
    pulse, level
        As in :class:`PulsePins`.
    rest : In(1)
        No read is driven or waits to be: only then may ``claim`` rise.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        lines = LinePins(geometry).members
        super().__init__(
            {
                "claim": Out(1),
                "kernel": Out(kernel_shape(geometry)),
                "active": Out(1),
                **{name: lines[name] for name in ("row_mode", "col_mode", "gate")},
                **PulsePins().members,
                "rest": In(1),
            }
        )


class ArrayPins(Signature):
    """All pins towards the array of one kernel group: :class:`LinePins`, :class:`ConverterPins`, :class:`PulsePins`.

    One conversion of B' bits, ``columns_per_adc`` = 1 (the next read's sample follows at once)::

        cycle        t        t+1       t+2            t+B'      t+B'+1
        rows     | read n  | read n+1 (settling) ................        |
        sample   | 1       | 0       | 0       |     | 0       | 1       |
        strobe   | 0       | 1       | 1       | ... | 1       | 0       |
        trial    | 0       | bit B'-1| bit B'-2|     | bit 0   | 0       |
        compar.  |         |         | of B'-1 |     | of 1    | of 0    |

    A trial depends in the same cycle on the comparators of the trial before it. With m columns per converter the
    cycle of the last comparator is the one in which the multiplexers move on: m*(B'+1) cycles a read.

    One write pulse of W cycles, S = ``WRITE_SETUP``; rows and columns are at the reference but for the pulse::

        cycle          t       t+1 .. t+S   t+S+1 .. t+S+W   t+S+W+1 .. t+2S+W   t+2S+W+1
        select, gate | 0     | kernel     | kernel         | kernel            | 0       |
        level        | 0     | code       | code           | code              | 0       |
        pulse        | 0     | 0          | 1              | 0                 | 0       |
        row modes    | 0     | 0          | one row writes | 0                 | 0       |
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__({**LinePins(geometry).members, **ConverterPins(geometry).members, **PulsePins().members})
