# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the activation memory: any one bit is what was written to it last, and is read at its place."""

from __future__ import annotations

from amaranth import Cat, ResetSignal, Signal
from spintile.model.geometry import Geometry
from spintile.rtl.activation_memory import ActivationMemory, half_words

from ...formal import Properties

__all__ = ["activation_memory"]


def activation_memory(geometry: Geometry, block: type[ActivationMemory] = ActivationMemory) -> Properties:
    """One bit of one half; a token writes at most as many lanes as there are pairs, the sequencer's claim."""
    properties = Properties(f"activation memory of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    width, words = geometry.word_bits, half_words(geometry)
    low, bits = width.bit_length() - 1, (words * width).bit_length() - 1
    at, half = properties.constant(bits, "any_bit"), properties.constant(1, "any_half")
    write, image, read = unit.write, unit.image, unit.read
    properties.assume("lanes_are_pairs", ~write.valid | (write.payload.lanes <= geometry.pairs))

    # A token is taken when it comes and written at the end of the next cycle, before words of images.
    stored = Signal(name="bit_as_written", reset_less=True)
    pending, token = properties.past(write.valid & ~ResetSignal()), Signal.like(write.payload.as_value(), name="token")
    m.d.sync += token.eq(write.payload.as_value())
    token = write.payload.shape()(token)
    ahead = Signal(bits, name="ahead")
    m.d.comb += ahead.eq(at - token.address)
    with m.If(pending & (token.half == half) & (ahead < token.lanes)):
        m.d.sync += stored.eq(token.data.bit_select(ahead, 1))
    with m.Elif(~pending & image.valid & (image.payload.half == half) & (image.payload.word == at[low:])):
        m.d.sync += stored.eq(image.payload.data.bit_select(at[:low], 1))

    row = Cat(at[low + 1 :], half)
    held = [opened.word(name, row).bit_select(at[:low], 1) for name in ("even", "odd")]
    for parity, (name, bit) in enumerate(zip(("even", "odd"), held, strict=True)):
        properties.claim(f"a_bit_of_the_{name}_bank_is_kept", (at[low] != parity) | (bit == stored))
    properties.claim("a_token_is_pending_for_a_cycle", opened["pending"] == pending)
    properties.claim("a_token_is_kept", ~pending | (opened["token"] == token.as_value()))
    properties.claim("images_give_way_to_tokens", image.ready == ~pending)

    # A read of the cycle before last has come.
    asked, place = Signal(name="asked"), Signal(bits, name="place")
    m.d.comb += place.eq(at - read.address)
    m.d.comb += asked.eq(read.enable & (read.half == half) & (place < width) & ~ResetSignal())
    one, two = properties.past(asked), properties.past(stored)
    there = properties.past(one & ~ResetSignal())
    where = properties.past(properties.past(place))
    answer = read.data.bit_select(where, 1)
    properties.claim("a_read_brings_the_bits_at_its_address", ~there | (answer == properties.past(two)))
    quiet = properties.past(~properties.past(read.enable & ~ResetSignal()) & ~ResetSignal())
    properties.claim("data_stand_without_a_read", ~quiet | (read.data == properties.past(read.data)))
    properties.cover("a_run_over_the_end", there & answer & (at == 1) & (where == 4))
    properties.cover("a_read_across_two_words", there & answer & (at[:low] == 1) & (where == 4) & at[low])
    return properties
