# SPDX-License-Identifier: BSD-3-Clause
"""Frame sender: answers wait in slots and go out as frames, as often as they are asked for."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from .buffers import AnswerSlots
from .protocol import CRC_BYTES, ESCAPE, FLAG, FLIP, HEADER_BYTES

__all__ = ["FrameSender"]

_SLOT_BITS = 6


class FrameSender(Component):
    """Sends queued slots, the lowest first. A slot holds header and payload; flags, escapes and CRC are added here.

    Parameters
    ----------
    window : int
        Answers that are kept: a power of two.

    Members
    -------
    slots : In(AnswerSlots)
        The memory.
    sent : Out(stream of 8)
        Bytes of the line.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__({"slots": In(AnswerSlots(window)), "sent": Out(stream.Signature(8))})

    def elaborate(self, platform: object) -> Module:
        """A byte of the memory every ten cycles: its bits go through the CRC one by one. The CRC comes last."""
        m = Module()
        slots, sent = self.slots, self.sent
        m.submodules.memory = memory = Memory(shape=8, depth=2 * self.window << _SLOT_BITS, init=[])
        m.submodules.crc = crc = CRC32_ISO_HDLC(1).create()
        write, read = memory.write_port(), memory.read_port()
        queued = Signal(self.window + 1)
        current = Signal(range(self.window + 1))
        position = Signal(_SLOT_BITS + 1)
        end = Signal(_SLOT_BITS + 1)
        trailer = Signal(range(CRC_BYTES))
        in_trailer, escaping, special = Signal(), Signal(), Signal()
        value, bit = Signal(8), Signal(3)
        m.d.comb += [
            slots.queued.eq(queued),
            write.addr.eq(Cat(slots.address, slots.slot)),
            write.data.eq(slots.data),
            write.en.eq(slots.write),
            read.addr.eq(Cat(position[:_SLOT_BITS], current)),
            value.eq(Mux(in_trailer, crc.crc.word_select(trailer, 8), read.data)),
            special.eq((value == FLAG) | (value == ESCAPE)),
            crc.data.eq(value.bit_select(bit, 1)),
        ]
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [position.eq(0), trailer.eq(0), in_trailer.eq(0)]
                m.d.comb += crc.start.eq(1)
                for slot in reversed(range(self.window + 1)):
                    with m.If(queued[slot]):
                        m.d.sync += current.eq(slot)
                with m.If(queued.any()):
                    m.next = "OPEN"
            with m.State("OPEN"):
                m.d.comb += [sent.valid.eq(1), sent.payload.eq(FLAG)]
                with m.If(sent.ready):
                    m.next = "FETCH"
            with m.State("FETCH"):
                m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += [sent.valid.eq(1), sent.payload.eq(value)]
                with m.If(escaping):
                    m.d.comb += sent.payload.eq(value ^ FLIP)
                with m.Elif(special):
                    m.d.comb += sent.payload.eq(ESCAPE)
                with m.If(sent.ready):
                    m.d.sync += escaping.eq(special & ~escaping)
                    with m.If(escaping | ~special):
                        m.next = "CHECK"
                        with m.If(position == 0):
                            m.d.sync += end.eq(value[:_SLOT_BITS] + (HEADER_BYTES - 1))
                        with m.If(in_trailer):
                            m.d.sync += trailer.eq(trailer + 1)
                            m.next = "SEND"
                            with m.If(trailer == CRC_BYTES - 1):
                                m.next = "CLOSE"
            with m.State("CHECK"):
                m.d.comb += crc.valid.eq(1)
                m.d.sync += bit.eq(bit + 1)
                with m.If(bit == 7):
                    m.d.sync += [position.eq(position + 1), in_trailer.eq(position == end)]
                    m.next = "FETCH"
            with m.State("CLOSE"):
                m.d.comb += [sent.valid.eq(1), sent.payload.eq(FLAG)]
                with m.If(sent.ready):
                    m.d.sync += queued.bit_select(current, 1).eq(0)
                    m.next = "IDLE"
        with m.If(slots.queue):
            m.d.sync += queued.bit_select(slots.slot, 1).eq(1)
        return m
