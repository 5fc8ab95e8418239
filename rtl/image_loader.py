# SPDX-License-Identifier: BSD-3-Clause
"""Image loader: images arrive as a stream of words and fill the two halves of the activation memory in turn."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, Signature
from spintile.model.geometry import Geometry

from .activation_memory import half_words, image_word

__all__ = ["AxiStream", "ImageLoader"]


class AxiStream(Signature):
    """An AXI4-Stream, seen by its source.

    Members
    -------
    tdata : Out(width)
        Valid with ``tvalid``, held until ``tready``.
    tvalid, tlast : Out(1), Out(1)
        A word is there; it is the last one of its packet.
    tready : In(1)
        The word is taken in this cycle.
    """

    def __init__(self, width: int) -> None:
        super().__init__({"tdata": Out(width), "tvalid": Out(1), "tlast": Out(1), "tready": In(1)})


class ImageLoader(Component):
    """Takes images of ``beats`` words each; the first goes to half 0, the next to half 1, and so on.

    A half is taken when its first word may arrive and is free again after ``release``. ``tlast`` anywhere but on the
    last word of an image, or missing there, is an error: that image is dropped, ``error`` rises and no further word is
    taken until reset.

    Members
    -------
    image : In(AxiStream of word_bits)
        Word i holds bits ``i * word_bits`` and up of the image's half.
    memory : Out(stream of image_word)
        Towards the activation memory. ``tready`` follows its ``ready`` in the same cycle (there it is a register's
        output); nothing else is combinational.
    enable : In(1)
        Words are taken only while it is 1.
    beats : In(16)
        Words of an image; 0 takes none.
    waiting : Out(0 .. 2)
        Whole images in the memory that the sequencer has not begun.
    take : In(1)
        The sequencer begins the oldest of them in this cycle.
    release : In(1)
        Layer 0 of the oldest image begun has finished: its half is free from the next cycle on.
    loaded : Out(1)
        In the cycle after the last word of an image.
    error : Out(1)
        ``tlast`` was misplaced; stays until reset.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "image": In(AxiStream(geometry.word_bits)),
                "memory": Out(stream.Signature(image_word(geometry))),
                "enable": In(1),
                "beats": In(16),
                "waiting": Out(2),
                "take": In(1),
                "release": In(1),
                "loaded": Out(1),
                "error": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        half = Signal()
        beat = Signal(16)
        used = Signal(2)  # halves that hold an image, whole and not yet released
        open_ = Signal()
        m.d.comb += [
            open_.eq(self.enable & (used != 2) & (self.beats != 0) & ~self.error),
            self.image.tready.eq(open_ & self.memory.ready),
            self.memory.valid.eq(open_ & self.image.tvalid),
            self.memory.payload.half.eq(half),
            self.memory.payload.word.eq(beat[: half_words(self.geometry).bit_length() - 1]),
            self.memory.payload.data.eq(self.image.tdata),
        ]

        moves, last, whole = Signal(), Signal(), Signal()
        m.d.comb += [
            moves.eq(self.image.tvalid & self.image.tready),
            last.eq(beat + 1 == self.beats),
            whole.eq(moves & last & self.image.tlast),
        ]
        with m.If(moves):
            with m.If(last != self.image.tlast):
                m.d.sync += [self.error.eq(1), beat.eq(0)]
            with m.Elif(last):
                m.d.sync += [beat.eq(0), half.eq(~half)]
            with m.Else():
                m.d.sync += beat.eq(beat + 1)
        m.d.sync += [
            self.loaded.eq(whole),
            used.eq(used + whole - self.release),
            self.waiting.eq(self.waiting + whole - self.take),
        ]
        return m
