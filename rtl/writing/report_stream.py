# SPDX-License-Identifier: BSD-3-Clause
"""Report stream: words of the write controller on their way to the host."""

from __future__ import annotations

from amaranth import Module, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from ..image_loader import AxiStream
from ..stream_fifo import StreamFifo
from .tokens import report_token

__all__ = ["ReportStream"]

_DEPTH = 2


class ReportStream(Component):
    """A short queue onto an AXI4-Stream of 64 bits; a full queue holds the controller up, and no word is lost.

    Words that were queued stay on offer, whatever becomes of their command, until they are taken or the whole block is
    reset.

    Members
    -------
    words : In(stream of report_token)
        Words in order.
    report : Out(AxiStream of 64)
        The same, ``tlast`` with the last word of a command; a cycle later at the earliest.
    empty : Out(1)
        No word waits.
    """

    def __init__(self) -> None:
        super().__init__({"words": In(stream.Signature(report_token())), "report": Out(AxiStream(64)), "empty": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """A queue of two words."""
        m = Module()
        m.submodules.queue = queue = StreamFifo(report_token(), _DEPTH)
        m.d.comb += [
            queue.i.payload.eq(self.words.payload),
            queue.i.valid.eq(self.words.valid),
            self.words.ready.eq(queue.i.ready),
            self.report.tdata.eq(Value.cast(queue.o.payload.word)),
            self.report.tlast.eq(queue.o.payload.last),
            self.report.tvalid.eq(queue.o.valid),
            queue.o.ready.eq(self.report.tready),
            self.empty.eq(~queue.o.valid),
        ]
        return m
