# SPDX-License-Identifier: BSD-3-Clause
"""Words of a received frame, one after the other, of whatever size is asked for next."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from .protocol import HEADER_BYTES

__all__ = ["WordReader"]


class WordReader(Component):
    """Reads a frame's bytes in order, two cycles for each, and puts them together, the lowest byte first.

    Parameters
    ----------
    width : int
        Bits of the largest word.

    Members
    -------
    start : In(1)
        Begin at the frame's first byte, the length of its payload. Not in the cycle after another ``start``.
    limit : In(1)
        The word that is taken is that byte: so many bytes follow the header.
    size : In(0 .. width / 8)
        Bytes of the next word: stands from the cycle after a word was taken until the next is there. 0 reads nothing.
    word : Out(stream of width)
        The word in the **top** ``size`` bytes; below them is anything.
    last : Out(1)
        With a word: it is the frame's last.
    ended : Out(1)
        Every byte has been taken.
    short : Out(1)
        Some bytes are left, but fewer than ``size``: there will be no word.
    address, data : Out(8), In(8)
        Memory; data belong to the address of the cycle before.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(
            {
                "start": In(1),
                "limit": In(1),
                "size": In(range(width // 8 + 1)),
                "word": Out(stream.Signature(width)),
                "last": Out(1),
                "ended": Out(1),
                "short": Out(1),
                "address": Out(8),
                "data": In(8),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A shift register in front of a memory."""
        m = Module()
        word = Signal(self.width)
        held = Signal(range(self.width // 8 + 1))
        left = Signal(8)  # bytes not yet in ``word``
        there = Signal()  # ``data`` is the byte at ``address``
        whole = Signal()
        m.d.comb += [
            whole.eq((held == self.size) & (self.size != 0)),
            self.word.valid.eq(whole),
            self.word.payload.eq(word),
            self.last.eq(left == 0),
            self.ended.eq((left == 0) & (held == 0)),
            self.short.eq(~whole & (held == 0) & (left != 0) & (left < self.size)),
        ]
        m.d.sync += there.eq(1)
        with m.If(whole), m.If(self.word.ready):
            m.d.sync += held.eq(0)
        with m.Elif(there & (left != 0) & (self.size != 0) & ~self.short):
            m.d.sync += [
                word.eq(Cat(word[8:], self.data)),
                held.eq(held + 1),
                left.eq(left - 1),
                self.address.eq(self.address + 1),
                there.eq(0),
            ]
        with m.If(self.limit):
            m.d.sync += left.eq(word[-8:] + (HEADER_BYTES - 1))
        with m.If(self.start):
            m.d.sync += [self.address.eq(0), held.eq(0), left.eq(1), there.eq(0)]
        return m
