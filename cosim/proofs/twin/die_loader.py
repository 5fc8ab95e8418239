# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the die loader: every entry comes to its place, and only a whole die counts."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.twin.die_loader import DieLoader
from spintile.rtl.twin.layout import slot_count, word_shape

from ...formal import Properties

__all__ = ["die_loader"]


def die_loader(geometry: Geometry, block: type[DieLoader] = DieLoader) -> Properties:
    """Any one entry of a die comes to its place in the memory; a die counts as loaded if it was whole."""
    properties = Properties(f"die loader of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    loader, die, write = opened.block, opened.block.die, opened.block.write
    column, slot, kernel = opened["column"], opened["slot"], opened["kernel"]
    slots, cols, entries = slot_count(geometry), geometry.cols, geometry.kernels * slot_count(geometry) * geometry.cols
    taken = properties.past(die.tvalid & ~ResetSignal())

    # Entries since the packet began: the place of an entry is its number.
    number = Signal(range(entries + 1), name="number")
    whole = Signal(name="whole")
    ends = die.tlast | (number == entries - 1)
    with m.If(die.tvalid):
        m.d.sync += [number.eq(Mux(ends, 0, number + 1)), whole.eq(die.tlast & (number == entries - 1))]
    place = (kernel * slots + slot) * cols + column
    properties.claim("counters_stay_in_range", (column < cols) & (slot < slots) & (kernel < geometry.kernels))
    properties.claim("the_place_of_an_entry_is_its_number", place == number)
    properties.claim("complete_means_whole", ~opened["complete"] | whole)
    properties.claim("loaded_means_whole_and_written", ~loader.loaded | (whole & ~write.valid))
    wrong = properties.past(die.tlast != (number == entries - 1))
    properties.claim("a_misplaced_end_is_told", ~taken | (loader.error == wrong))

    # One entry, any one, is followed to the word that is written.
    at = {name: properties.constant(signal.shape(), f"any_{name}") for name, signal in
          (("kernel", kernel), ("slot", slot), ("column", column))}  # fmt: skip
    followed = Signal(word_shape(geometry).elem_shape, name="followed")
    here = (kernel == at["kernel"]) & (slot == at["slot"])
    inside = Signal(name="inside")  # it is among those collected
    with m.If(die.tvalid):
        m.d.sync += inside.eq(inside & ~die.tlast & (column != cols - 1))
        with m.If(here & (column == at["column"])):
            m.d.sync += [followed.eq(die.tdata), inside.eq(~die.tlast & (column != cols - 1))]
    collected = opened.view("collected", word_shape(geometry))
    kept = Value.cast(1)
    for count in range(1, cols):
        for first in range(count):
            kept &= (column != count) | (at["column"] != first) | (collected[cols - count + first] == followed)
    properties.claim("an_entry_is_collected_when_it_came", inside == (here & (column > at["column"])))
    properties.claim("a_collected_entry_keeps_its_place", ~inside | kept)
    to_write = write.valid & (write.payload.address.kernel == at["kernel"]) & (write.payload.address.slot == at["slot"])
    right = Value.cast(1)
    for first in range(cols):
        right &= (at["column"] != first) | (write.payload.data[first] == followed)
    properties.claim("an_entry_is_written_to_its_place", ~to_write | right)
    properties.cover("a_die_is_loaded", loader.loaded)
    properties.cover("a_die_is_cut", loader.error)
    properties.cover("another_word_begins_while_one_is_written", to_write & die.tvalid)
    return properties
