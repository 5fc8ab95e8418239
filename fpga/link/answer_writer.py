# SPDX-License-Identifier: BSD-3-Clause
"""Answer writer: words of an answer into its slot, and the header before them when they are known."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from .buffers import AnswerSlots
from .protocol import ANSWER, ANSWER_BYTES, HEADER_BYTES, Status

__all__ = ["AnswerWriter"]

#: Words begin behind header and status.
_BEGIN = HEADER_BYTES + 1


class AnswerWriter(Component):
    """Writes a byte a cycle.

    Parameters
    ----------
    window : int
        Answers that are kept.

    Members
    -------
    clear : In(1)
        An answer without words begins.
    put, data : In(1), In(32)
        A word to add; both stand until ``done`` or ``full``.
    full : Out(1)
        There is no room for a word.
    finish : In(1)
        Stands until ``done``: the header is written, and the slot queued in the cycle of ``done``.
    repeat : In(1)
        The slot is queued as it is.
    slot, kind, sequence, session, status : In
        Of the answer.
    done : Out(1)
        See above.
    slots : Out(AnswerSlots)
        The memory.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(
            {
                "clear": In(1),
                "put": In(1),
                "data": In(32),
                "full": Out(1),
                "finish": In(1),
                "repeat": In(1),
                "slot": In(range(window + 1)),
                "kind": In(8),
                "sequence": In(8),
                "session": In(16),
                "status": In(Status),
                "done": Out(1),
                "slots": Out(AnswerSlots(window)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Two counters."""
        m = Module()
        slots = self.slots
        index = Signal(3)
        fill = Signal(range(_BEGIN + ANSWER_BYTES + 1), init=_BEGIN)
        length, status = Signal(8), Signal(8)
        m.d.comb += [
            length.eq(fill - HEADER_BYTES),
            status.eq(self.status),
            slots.slot.eq(self.slot),
            self.full.eq(fill == _BEGIN + ANSWER_BYTES),
            slots.queue.eq(self.repeat | (self.finish & self.done)),
        ]
        header = Cat(length, self.kind | ANSWER, self.sequence, self.session, status)
        with m.If(self.put & ~self.full):
            m.d.comb += [
                slots.write.eq(1),
                slots.address.eq(fill),
                slots.data.eq(self.data.word_select(index, 8)),
                self.done.eq(index == 3),
            ]
            m.d.sync += [fill.eq(fill + 1), index.eq(Mux(self.done, 0, index + 1))]
        with m.Elif(self.finish):
            m.d.comb += [
                slots.write.eq(1),
                slots.address.eq(index),
                slots.data.eq(header.word_select(index, 8)),
                self.done.eq(index == _BEGIN - 1),
            ]
            m.d.sync += index.eq(Mux(self.done, 0, index + 1))
        with m.If(self.clear):
            m.d.sync += fill.eq(_BEGIN)
        return m
