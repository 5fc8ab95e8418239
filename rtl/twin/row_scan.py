# SPDX-License-Identifier: BSD-3-Clause
"""Row scan: which word of the die comes next, so that its driven rows are added up and nothing else is read."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib.enum import Enum
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from ..tokens import kernel_shape
from .layout import address_shape, high_slot, low_slot, offset_slot

__all__ = ["RowScan", "Word"]


class Word(Enum, shape=3):  # type: ignore[call-arg]  # amaranth's Enum takes a shape
    """What the memory's word is in this cycle."""

    NONE = 0
    OFFSET = 1
    ROW = 2
    LOW = 3
    HIGH = 4


class RowScan(Component):
    """Follows the lines: whenever they differ from those it has scanned, it begins again.

    It knows no protocol. What it has scanned is compared with the lines in every cycle, so that ``settled`` can never
    speak of other lines than those that are there. Three rows driven::

        cycle      0       1       2       3       4       5       6
        lines    | new   |       |       |       |       |       |
        address  | O     | row   | row   | row   | lo    | hi    |
        word     |       | O     | row   | row   | row   | lo    | hi
        settled  | 0     | 0     | 0     | 0     | 0     | 0     | 1

    So lines have settled n + 3 cycles after they came, n of them driven.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    kernel : In(kernel_shape)
        Kernel on the lines.
    rows : In(rows)
        Driven rows.
    restart : In(1)
        The memory is being written: what was read from it is void.
    address : Out(address_shape)
        Word to read in this cycle.
    enable : Out(1)
        There is one; else the memory's output must stand.
    word : Out(Word)
        What the memory's output is in this cycle.
    settled : Out(1)
        All words of the lines that are there have been read; the memory's output is their upper rails. Depends on
        ``kernel`` and ``rows`` in the same cycle.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "kernel": In(kernel_shape(geometry)),
                "rows": In(geometry.rows),
                "restart": In(1),
                "address": Out(address_shape(geometry)),
                "enable": Out(1),
                "word": Out(Word),
                "settled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The lines that are scanned, the rows left of them, and the kind of the last word."""
        geometry = self.geometry
        m = Module()
        scanned_kernel = Signal(kernel_shape(geometry))
        scanned_rows = Signal(geometry.rows)
        pending = Signal(geometry.rows)
        begin = Signal()
        lowest = Signal(geometry.rows)
        row = Signal(range(max(2, geometry.rows)))
        m.d.comb += [
            begin.eq((self.word == Word.NONE) | (self.kernel != scanned_kernel) | (self.rows != scanned_rows)),
            lowest.eq(pending & -pending),
            self.address.kernel.eq(self.kernel),
            self.settled.eq((self.word == Word.HIGH) & ~begin),
            self.enable.eq(~self.settled),
        ]
        for number in range(geometry.rows):
            with m.If(lowest[number]):
                m.d.comb += row.eq(number)

        with m.If(begin):
            m.d.comb += self.address.slot.eq(offset_slot(geometry))
            m.d.sync += [
                scanned_kernel.eq(self.kernel),
                scanned_rows.eq(self.rows),
                pending.eq(self.rows),
                self.word.eq(Word.OFFSET),
            ]
        with m.Elif(pending != 0):
            m.d.comb += self.address.slot.eq(row)
            m.d.sync += [pending.eq(pending & ~lowest), self.word.eq(Word.ROW)]
        with m.Else():
            low_read = (self.word == Word.LOW) | (self.word == Word.HIGH)
            m.d.comb += self.address.slot.eq(Mux(low_read, high_slot(geometry), low_slot(geometry)))
            m.d.sync += self.word.eq(Mux(low_read, Word.HIGH, Word.LOW))
        with m.If(self.restart):
            m.d.sync += self.word.eq(Word.NONE)
        return m
