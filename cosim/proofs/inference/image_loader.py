# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the image loader: no word lost or doubled, no half overwritten, no image cut or joined."""

from __future__ import annotations

from amaranth import ResetSignal, Signal
from spintile.model.geometry import Geometry
from spintile.rtl.activation_memory import half_words
from spintile.rtl.image_loader import ImageLoader

from ...formal import Properties

__all__ = ["image_loader"]


def image_loader(geometry: Geometry, block: type[ImageLoader] = ImageLoader) -> Properties:
    """Words and halves; ``BEATS`` is any constant, the sequencer begins what waits and releases what it began."""
    properties = Properties(f"image loader of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    image, memory = unit.image, unit.memory
    properties.steady("beats", unit.beats)
    begun, waiting = Signal(2, name="begun"), Signal(2, name="whole_and_waiting")
    properties.assume("begins_what_waits", ~unit.take | (waiting != 0))
    properties.assume("releases_what_was_begun", ~unit.release | (begun != 0))

    # The host's words: which one of its image each is, and whether its end is where it belongs.
    number, half = Signal(16, name="number"), Signal(name="half_of_the_image")
    broken = Signal(name="broken")
    taken = image.tvalid & image.tready
    ends = number == unit.beats - 1
    whole = taken & ends & image.tlast
    with m.If(taken):
        m.d.sync += number.eq(number + 1)
        with m.If(image.tlast != ends):
            m.d.sync += broken.eq(1)
    with m.If(whole):
        m.d.sync += [number.eq(0), half.eq(~half)]
    m.d.sync += [waiting.eq(waiting + whole - unit.take), begun.eq(begun + unit.take - unit.release)]

    given = memory.valid & memory.ready
    properties.claim("a_word_taken_is_given_on", taken == given)
    payload = memory.payload
    right = (payload.data == image.tdata) & (payload.half == half)
    place = payload.word == number[: half_words(geometry).bit_length() - 1]
    properties.claim("a_word_goes_to_its_place", ~given | (right & place))
    properties.claim(
        "words_are_within_their_image", broken | ((number == opened["beat"]) & (~taken | (number < unit.beats)))
    )
    properties.lemma("numbers_are_within_their_image", broken | (number == 0) | (number < unit.beats))
    properties.claim("halves_take_turns", opened["half"] == half)
    properties.claim("a_misplaced_end_is_told", unit.error == broken)
    properties.claim("nothing_is_taken_after_an_error", ~(unit.error & taken))
    properties.claim("nothing_is_taken_while_disabled", unit.enable | ~image.tready)
    properties.claim("nothing_is_taken_without_beats", (unit.beats != 0) | ~image.tready)
    told = properties.past(whole & ~ResetSignal())
    properties.claim("a_whole_image_is_told", unit.loaded == told)
    properties.claim("images_that_wait_are_counted", unit.waiting == waiting)
    used = waiting + begun
    properties.claim("halves_in_use_are_counted", opened["used"] == used)
    properties.claim("no_half_is_overwritten", (used <= 2) & (~taken | (used < 2)))
    free = unit.enable & (unit.beats != 0) & (used != 2) & ~unit.error
    properties.claim("takes_words_while_a_half_is_free", image.tready == (free & memory.ready))
    properties.cover("two_images_wait", (unit.waiting == 2) & (unit.beats == 2))
    properties.cover("a_half_is_used_again", taken & (begun == 1) & ~half & (unit.beats == 1))
    properties.cover("an_image_is_cut", unit.error & (unit.beats == 3))
    return properties
