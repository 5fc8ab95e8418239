# SPDX-License-Identifier: BSD-3-Clause
"""Frame receiver: bytes of the line into one of two buffers; whole and sound frames are handed on."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.rtl.tokens import Flow

from .buffers import ReceivedFrame
from .protocol import CRC_BYTES, ESCAPE, FLAG, FLIP, HEADER_BYTES

__all__ = ["FrameReceiver"]

#: Bytes of a buffer; a longer frame is dropped.
_BUFFER = 256
#: Bits of a byte go through the CRC one by one.
_BITS = 8


class FrameReceiver(Component):
    """Takes a byte every nine cycles at most. A frame is valid in the cycle after its last flag.

    A frame is dropped if its CRC or its length is wrong, if an escape is cut off, if it is longer than a buffer, or if
    it begins while both buffers are full. What stands between two flags and is empty is no frame.

    Members
    -------
    received : In(Flow of 8)
        Bytes of the line.
    room : Out(1)
        A frame that begins now has a buffer; 1 in the middle of a frame. Who can wait, waits for it.
    frame : Out(ReceivedFrame)
        The oldest frame.
    """

    def __init__(self) -> None:
        super().__init__({"received": In(Flow(8)), "room": Out(1), "frame": Out(ReceivedFrame())})

    def elaborate(self, platform: object) -> Module:
        """Unstuffing in front of a memory; a CRC beside it."""
        m = Module()
        m.submodules.memory = memory = Memory(shape=8, depth=2 * _BUFFER, init=[])
        m.submodules.crc = crc = CRC32_ISO_HDLC(1).create()
        write, read = memory.write_port(), memory.read_port()
        full = Signal(2)
        filling, reading = Signal(), Signal()
        count = Signal(range(_BUFFER + 1))
        length = Signal(8)
        escaped, lost, begun = Signal(), Signal(), Signal()
        value = self.received.payload
        flag, escape, data = Signal(), Signal(), Signal()
        plain = Signal(_BITS)  # without its escape
        shifted, bits_left = Signal(_BITS), Signal(range(_BITS + 1))
        m.d.comb += [
            flag.eq(self.received.valid & (value == FLAG)),
            escape.eq(self.received.valid & (value == ESCAPE)),
            data.eq(self.received.valid & ~flag & ~escape),
            begun.eq((count != 0) | escaped | lost),
            self.room.eq(begun | ~full.bit_select(filling, 1)),
            crc.start.eq(flag),
            plain.eq(value ^ Mux(escaped, FLIP, 0)),
            crc.data.eq(shifted[0]),
            crc.valid.eq(bits_left != 0),
            write.addr.eq(Cat(count[:8], filling)),
            write.data.eq(plain),
            write.en.eq(data & self.room & ~lost & ~count[8]),
            read.addr.eq(Cat(self.frame.address, reading)),
            self.frame.data.eq(read.data),
            self.frame.valid.eq(full.bit_select(reading, 1)),
        ]
        m.d.sync += self.frame.damaged.eq(0)
        with m.If(bits_left != 0):
            m.d.sync += [shifted.eq(shifted >> 1), bits_left.eq(bits_left - 1)]
        with m.If(escape):
            # Two escapes in a row are no frame of ours.
            m.d.sync += [escaped.eq(1), lost.eq(lost | escaped | ~self.room)]
        with m.If(data):
            m.d.sync += [escaped.eq(0), lost.eq(lost | count[8] | ~self.room)]
            m.d.sync += [shifted.eq(plain), bits_left.eq(_BITS)]
            with m.If(~count[8]):
                m.d.sync += count.eq(count + 1)
            with m.If(count == 0):
                m.d.sync += length.eq(plain)
        with m.If(flag):
            sound = crc.match_detected & (count == length + (HEADER_BYTES + CRC_BYTES)) & ~escaped & ~lost
            with m.If(sound):
                m.d.sync += [full.bit_select(filling, 1).eq(1), filling.eq(~filling)]
            with m.Elif(begun):
                m.d.sync += self.frame.damaged.eq(1)
            m.d.sync += [count.eq(0), escaped.eq(0), lost.eq(0)]
        with m.If(self.frame.release):
            m.d.sync += [full.bit_select(reading, 1).eq(0), reading.eq(~reading)]
        return m
