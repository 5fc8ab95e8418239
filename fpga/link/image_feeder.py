# SPDX-License-Identifier: BSD-3-Clause
"""Image feeder: words of requests into images, and how many results are still to come."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry
from spintile.rtl.activation_memory import half_words
from spintile.rtl.image_loader import AxiStream

__all__ = ["ImageFeeder"]

#: Bits of the number of images that a chip may hold at once.
_IMAGES = 5


class ImageFeeder(Component):
    """An image may begin in one request and end in another; a request ends when every image that ended has a result.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    patience : int
        Cycles without a word taken or a result, after which it is stuck.

    Members
    -------
    start : In(1)
        A request begins: patience is new.
    active : In(1)
        Words and results count.
    word : In(stream of word_bits)
        Words of images; taken as the chip takes them. ``valid`` is held while ``active``.
    beats : In(16)
        Words of an image.
    image, result : Out(AxiStream), In(AxiStream of 32)
        The chip's.
    has_result, take_result : Out(1), In(1)
        A result is there; it is taken in this cycle.
    all_answered : Out(1)
        Every image that was sent whole has given its result.
    stuck : Out(1)
        Nothing has happened for ``patience`` cycles.
    """

    def __init__(self, geometry: Geometry, patience: int) -> None:
        self.geometry = geometry
        self.patience = patience
        super().__init__(
            {
                "start": In(1),
                "active": In(1),
                "word": In(stream.Signature(geometry.word_bits)),
                "beats": In(16),
                "image": Out(AxiStream(geometry.word_bits)),
                "result": In(AxiStream(32)),
                "has_result": Out(1),
                "take_result": In(1),
                "all_answered": Out(1),
                "stuck": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three counters."""
        m = Module()
        image = self.image
        beat = Signal(range(half_words(self.geometry)))
        waiting = Signal(_IMAGES)
        quiet = Signal(range(self.patience + 1))
        moves, whole = Signal(), Signal()
        m.d.comb += [
            image.tvalid.eq(self.active & self.word.valid),
            image.tdata.eq(self.word.payload),
            image.tlast.eq(beat + 1 == self.beats[: (half_words(self.geometry)).bit_length()]),
            self.word.ready.eq(self.active & image.tready),
            self.has_result.eq(self.active & self.result.tvalid),
            self.result.tready.eq(self.take_result),
            self.all_answered.eq(waiting == 0),
            self.stuck.eq(quiet == self.patience),
            moves.eq(image.tvalid & image.tready),
            whole.eq(moves & image.tlast),
        ]
        with m.If(moves):
            m.d.sync += beat.eq(beat + 1)
            with m.If(image.tlast):
                m.d.sync += beat.eq(0)
        # A result of an image that was given up has no image left to answer.
        m.d.sync += waiting.eq(waiting + whole - (self.take_result & (waiting != 0)))
        with m.If(self.start | moves | self.take_result):
            m.d.sync += quiet.eq(0)
        with m.Elif(self.active & ~self.stuck):
            m.d.sync += quiet.eq(quiet + 1)
        return m
