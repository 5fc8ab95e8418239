# SPDX-License-Identifier: BSD-3-Clause
"""Die loader: a die arrives as a stream of entries and leaves as whole words of the memory."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from ..image_loader import AxiStream
from ..tokens import Flow, kernel_shape
from .layout import address_shape, slot_count, word_shape, word_write

__all__ = ["DieLoader"]


class DieLoader(Component):
    """Collects one entry a cycle; a word is written in the cycle after its last column.

    ::

        cycle         0      1      2      3      4       three columns
        die.tdata   | a0   | a1   | a2   | b0   | b1
        write.valid | 0    | 0    | 0    | 1    | 0
        write       |      |      |      | a    |

    ``tlast`` belongs on the last entry of a die and nowhere else. Anything else is an error: the next entry is taken as
    the first of a die again.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    die : In(AxiStream of 32)
        Entries in two's complement in the low bits, by kernel, slot and column (``layout.die_shape``), the column
        fastest. Always ready.
    write : Out(Flow of word_write)
        Towards the memory.
    loaded : Out(1)
        The memory holds a whole die: from the cycle after its last word was written until the next entry is taken.
    error : Out(1)
        ``tlast`` was early or missing; stays until the first entry after it is taken.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "die": In(AxiStream(32)),
                "write": Out(Flow(word_write(geometry))),
                "loaded": Out(1),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A shift register of one word, and three counters."""
        geometry = self.geometry
        m = Module()
        collected = Signal(word_shape(geometry))
        column = Signal(range(geometry.cols))
        slot = Signal(range(slot_count(geometry)))
        kernel = Signal(kernel_shape(geometry))
        full = Signal()
        written = Signal(address_shape(geometry))
        complete = Signal()  # the word that is written is the last one of a die
        last_column, last_slot, last = Signal(), Signal(), Signal()
        entry = len(collected[0])
        m.d.comb += [
            last_column.eq(column == geometry.cols - 1),
            last_slot.eq(slot == slot_count(geometry) - 1),
            last.eq(last_column & last_slot & (kernel == geometry.kernels - 1)),
            self.die.tready.eq(1),
            self.write.valid.eq(full),
            self.write.payload.address.eq(written),
            self.write.payload.data.eq(collected),
        ]
        m.d.sync += [full.eq(0), complete.eq(0)]
        with m.If(complete):
            m.d.sync += self.loaded.eq(1)
        with m.If(self.die.tvalid):
            m.d.sync += [
                collected.as_value().eq(Cat(collected.as_value()[entry:], self.die.tdata[:entry])),
                column.eq(column + 1),
                self.loaded.eq(0),
                self.error.eq(self.die.tlast != last),
            ]
            with m.If(last_column):
                m.d.sync += [
                    column.eq(0),
                    slot.eq(slot + 1),
                    full.eq(1),
                    written.slot.eq(slot),
                    written.kernel.eq(kernel),
                ]
                with m.If(last_slot):
                    m.d.sync += [slot.eq(0), kernel.eq(kernel + 1)]
            with m.If(last):
                m.d.sync += [kernel.eq(0), complete.eq(self.die.tlast)]
            with m.If(self.die.tlast):
                m.d.sync += [column.eq(0), slot.eq(0), kernel.eq(0)]
        return m
