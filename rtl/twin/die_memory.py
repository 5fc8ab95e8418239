# SPDX-License-Identifier: BSD-3-Clause
"""Die memory: a die as words of one entry per column, one of which is read in a cycle."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Module
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from ..tokens import Flow
from .layout import address_shape, memory_depth, word_shape, word_write

__all__ = ["DieMemory"]


class DieMemory(Component):
    """One write port and one read port that can stand still, as block RAM has them.

    ::

        cycle     t     t+1   t+2   t+3
        enable  | 1   | 1   | 0   | 0
        address | a   | b   |     |
        data    |     | a   | b   | b

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    init : sequence of int
        Words that it holds at first, packed, column 0 lowest; zeros beyond them. An FPGA's bitstream carries them.

    Members
    -------
    write : In(Flow of word_write)
        Written at the end of the cycle. A read of the same address in that cycle gives the old word.
    address : In(address_shape)
        Word to read.
    enable : In(1)
        Without it ``data`` stays as it is.
    data : Out(word_shape)
        The word, in the next cycle.
    """

    def __init__(self, geometry: Geometry, init: Sequence[int] = ()) -> None:
        depth, width = memory_depth(geometry), word_shape(geometry).size
        if len(init) > depth:
            raise ValueError(f"init must be at most {depth} words, not {len(init)}")
        for number, word in enumerate(init):
            if not 0 <= word < 1 << width:
                raise ValueError(f"init must be words of {width} bits, and word {number} is {word:#x}")
        self.geometry = geometry
        self._init = tuple(init)
        super().__init__(
            {
                "write": In(Flow(word_write(geometry))),
                "address": In(address_shape(geometry)),
                "enable": In(1),
                "data": Out(word_shape(geometry)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A memory of plain words."""
        m = Module()
        memory = Memory(shape=word_shape(self.geometry).size, depth=memory_depth(self.geometry), init=self._init)
        m.submodules.words = memory
        writer, reader = memory.write_port(), memory.read_port()
        m.d.comb += [
            writer.addr.eq(self.write.payload.address),
            writer.data.eq(self.write.payload.data),
            writer.en.eq(self.write.valid),
            reader.addr.eq(self.address),
            reader.en.eq(self.enable),
            self.data.eq(reader.data),
        ]
        return m
