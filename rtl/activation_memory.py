# SPDX-License-Identifier: BSD-3-Clause
"""Activation memory: two images' bits, read and written at any bit address."""

from __future__ import annotations

from amaranth import Cat, Module, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out, Signature
from spintile.model.geometry import Geometry

from .tokens import ADDRESS, Flow, write_token

__all__ = ["ActivationMemory", "MemoryReadPort", "half_words", "image_word"]


def half_words(geometry: Geometry) -> int:
    """Words of one half: enough for ``activation_depth`` bits, rounded up to an even power of two."""
    words = -(-geometry.activation_depth // geometry.word_bits)
    return max(2, 1 << (words - 1).bit_length())


def image_word(geometry: Geometry) -> StructLayout:
    """A word of an image on its way into the memory: word number inside the half, and its bits."""
    return StructLayout(
        {
            "half": unsigned(1),
            "word": unsigned(half_words(geometry).bit_length() - 1),
            "data": unsigned(geometry.word_bits),
        }
    )


class MemoryReadPort(Signature):
    """Request and answer of a read, seen by the reader.

    Members
    -------
    enable, half, address : Out(1), Out(1), Out(16)
        Request in cycle t: half and bit address of the first bit.
    data : In(word_bits)
        The ``word_bits`` bits from that address on, first bit lowest, in cycle t+2.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__(
            {
                "enable": Out(1),
                "half": Out(1),
                "address": Out(ADDRESS),
                "data": In(geometry.word_bits),
            }
        )


class ActivationMemory(Component):
    """Two halves of ``activation_depth`` bits; a half belongs to one image.

    Words are ``word_bits`` wide and lie in two banks, even and odd, so that a run of up to ``word_bits`` bits at any
    bit address touches each bank once: it is read in one access (one per cycle) or written in one cycle. An address
    past the end of a half wraps around inside it. A read in the cycle of a write to the same bits gives the old ones.

    Members
    -------
    read : In(MemoryReadPort)
        Reads by address; the answer comes two cycles after the request.
    write : In(Flow of WriteToken)
        Activations; taken in the cycle in which they are valid. A request two cycles later reads them.
    image : In(stream of image_word)
        Words of images; ``ready`` is 0 in the cycle after a token on ``write``, which goes first (it comes from a
        register, not from ``write.valid``).
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "read": In(MemoryReadPort(geometry)),
                "write": In(Flow(write_token(geometry))),
                "image": In(stream.Signature(image_word(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = self.geometry.word_bits
        words = half_words(self.geometry)
        bit_part = width.bit_length() - 1
        row_part = (words // 2).bit_length() - 1

        banks = [Memory(shape=unsigned(width), depth=words, init=[]) for _ in range(2)]
        m.submodules.even, m.submodules.odd = banks
        reads = [bank.read_port() for bank in banks]
        writes = [bank.write_port(granularity=1) for bank in banks]

        def split(address: Signal, name: str) -> tuple[Signal, Signal, tuple[Signal, Signal]]:
            """Bit inside the word, parity of the word, and the rows of the even and odd bank that the run touches."""
            low = Signal(bit_part, name=f"{name}_bit")
            parity = Signal(name=f"{name}_parity")
            even = Signal(row_part, name=f"{name}_even_row")
            odd = Signal(row_part, name=f"{name}_odd_row")
            m.d.comb += [low.eq(address[:bit_part]), parity.eq(address[bit_part])]
            row = address[bit_part + 1 : bit_part + 1 + row_part]
            m.d.comb += [odd.eq(row), even.eq(row + parity)]
            return low, parity, (even, odd)

        # Cycle t: both banks are addressed. Cycle t+1: their words are aligned. Cycle t+2: the run is in the register.
        low, parity, rows = split(self.read.address, "read")
        aligned_low, aligned_parity, aligning = Signal.like(low), Signal(), Signal()
        m.d.sync += aligning.eq(self.read.enable)
        with m.If(self.read.enable):
            m.d.sync += [aligned_low.eq(low), aligned_parity.eq(parity)]
        for port, row in zip(reads, rows, strict=True):
            m.d.comb += [port.en.eq(self.read.enable), port.addr.eq(Cat(row, self.read.half))]
        pair = Signal(2 * width)
        even_word, odd_word = reads[0].data, reads[1].data
        with m.If(aligned_parity):
            m.d.comb += pair.eq(Cat(odd_word, even_word))
        with m.Else():
            m.d.comb += pair.eq(Cat(even_word, odd_word))
        with m.If(aligning):
            m.d.sync += self.read.data.eq((pair >> aligned_low)[:width])

        # Activations wait one cycle in a register, so that whether the image port is free is known early.
        pending = Signal()
        token = Signal(write_token(self.geometry))
        m.d.sync += pending.eq(self.write.valid)
        with m.If(self.write.valid):
            m.d.sync += token.eq(self.write.payload)
        low, parity, rows = split(token.address, "write")
        mask = Signal(width)
        m.d.comb += mask.eq(((1 << token.lanes) - 1)[:width])
        data_run, mask_run = Signal(2 * width), Signal(2 * width)
        m.d.comb += [data_run.eq((token.data & mask) << low), mask_run.eq(mask << low)]

        image = self.image.payload
        m.d.comb += self.image.ready.eq(~pending)
        for parity_of_bank, (port, row) in enumerate(zip(writes, rows, strict=True)):
            with m.If(pending):
                first = parity == parity_of_bank
                m.d.comb += [
                    port.addr.eq(Cat(row, token.half)),
                    port.data.eq(data_run.word_select(~first, width)),
                    port.en.eq(mask_run.word_select(~first, width)),
                ]
            with m.Else():
                m.d.comb += [
                    port.addr.eq(Cat(image.word[1:], image.half)),
                    port.data.eq(image.data),
                    port.en.eq((self.image.valid & (image.word[0] == parity_of_bank)).replicate(width)),
                ]
        return m
