# SPDX-License-Identifier: BSD-3-Clause
"""A short queue between two streams."""

from __future__ import annotations

from amaranth import Module, unsigned
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import stream
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import Component, In, Out

__all__ = ["StreamFifo"]


class StreamFifo(Component):
    """First in, first out; a token that enters in cycle t leaves in cycle t+1 at the earliest.

    Both ``ready`` and ``valid`` come from the fill level alone, so that the queue also cuts every combinational
    path between its two sides.

    Parameters
    ----------
    shape : shape-like
        Shape of the tokens.
    depth : int
        Tokens it holds, at least 1.

    Members
    -------
    i : In(stream of shape)
        Taken in every cycle in which ``valid`` and ``ready`` are 1.
    o : Out(stream of shape)
        Oldest token, held until it is taken.
    level : Out(0 .. depth)
        Tokens held in this cycle.
    """

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        self.shape = shape
        self.depth = depth
        super().__init__(
            {
                "i": In(stream.Signature(shape)),
                "o": Out(stream.Signature(shape)),
                "level": Out(unsigned(depth.bit_length())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = SyncFIFO(width=Shape.cast(self.shape).width, depth=self.depth)
        m.d.comb += [
            queue.w_data.eq(self.i.payload),
            queue.w_en.eq(self.i.valid),
            self.i.ready.eq(queue.w_rdy),
            self.o.payload.eq(queue.r_data),
            self.o.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.o.ready),
            self.level.eq(queue.level),
        ]
        return m
