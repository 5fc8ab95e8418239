# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the twin: what it holds, compares and converts is the contract's, for every die and every read."""

from __future__ import annotations

from typing import Any

from amaranth import Mux, ResetSignal, Shape, Signal, Value, signed, unsigned
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.twin import Twin
from spintile.rtl.twin.layout import (
    address_shape,
    entry_shape,
    high_slot,
    low_slot,
    offset_slot,
    slot_count,
    sum_shape,
    word_shape,
    word_write,
)
from spintile.rtl.twin.row_scan import Word

from ...formal import Properties

__all__ = ["twin", "twin_progress"]


def twin(geometry: Geometry, block: type[Twin] = Twin) -> Properties:
    """Every claim about reads of any one kernel; any words may be written at any time, samples wait for ``ready``."""
    claims = _Claims(geometry, block)
    claims.order_of_rows()
    for column in range(geometry.cols):
        claims.sums_of(column)
        claims.answers_of(column)
    return claims.properties


def twin_progress(geometry: Geometry, block: type[Twin] = Twin) -> Properties:
    """Lines that stay settle in n + 3 cycles, n of them driven, and then stay settled."""
    claims = _Claims(geometry, block, "progress of the twin")
    claims.progress()
    return claims.properties


class _Claims:
    """A twin without loader and memory, and ghosts in their place.

    The ghost of the memory is that of one kernel, any one: its words are what was written last, and the memory's
    output is assumed to be what a memory's is. What is proved of it so holds for every kernel.
    """

    def __init__(self, geometry: Geometry, block: type[Twin], title: str = "twin") -> None:
        self.geometry = geometry
        self.properties = properties = Properties(f"{title} of {geometry.name}")
        self.m = properties.module
        self.opened = properties.block(block(geometry), cut=("loader", "memory"))
        self.pins = self.opened.block.array
        properties.assume("samples_wait_for_ready", ~self.pins.sample | self.pins.ready)
        self.kernel = properties.constant(self.pins.kernel.shape(), "any_kernel")
        self.data = self.opened.view("memory.data", word_shape(geometry))
        self.held = self.opened.view("comparators.held", word_shape(geometry))
        self.words = self._memory()
        self.rows = Signal(geometry.rows, name="driven_rows")
        for row in range(geometry.rows):
            self.m.d.comb += self.rows[row].eq(self.pins.row_mode[row] == LineMode.READ)
        self.at = Signal(geometry.rows, name="at")  # the row that is on the memory's output
        self.added = Signal(geometry.rows, name="added")
        self.count = Signal(range(geometry.rows + 2), name="count")
        with self.m.If(~self.scan("begin") & (self.scan("pending") != 0)):
            self.m.d.sync += self.at.eq(self.scan("lowest"))

    def scan(self, name: str) -> Signal:
        """A signal of the row scan."""
        return self.opened[f"scan.{name}"]

    def is_word(self, *kinds: Any) -> Value:
        """Whether the memory's output is of one of these kinds."""
        found = Value.cast(0)
        for kind in kinds:
            found |= self.scan("word") == kind.value
        return found

    def _memory(self) -> list[Any]:
        properties, geometry = self.properties, self.geometry
        write = self.opened.view("loader.write__payload", word_write(geometry))
        valid = self.opened["loader.write__valid"]
        read, enable = self.opened.view("memory.address", address_shape(geometry)), self.opened["memory.enable"]
        words = [
            Signal(word_shape(geometry), name=f"slot_{slot}", reset_less=True) for slot in range(slot_count(geometry))
        ]
        began, data = properties.past(1), Value.cast(self.data)
        slot_read, kernel_read, enabled = (properties.past(value) for value in (read.slot, read.kernel, enable))
        for slot, word in enumerate(words):
            with self.m.If(valid & (write.address.kernel == self.kernel) & (write.address.slot == slot)):
                self.m.d.sync += Value.cast(word).eq(Value.cast(write.data))
            mine = began & enabled & (kernel_read == self.kernel) & (slot_read == slot)
            properties.assume(f"slot_{slot}_is_read", ~mine | (data == properties.past(word)))
        properties.assume("the_output_stands", ~began | enabled | (data == properties.past(data)))
        return words

    def order_of_rows(self) -> None:
        """Each driven row is read once: ghost ``added`` is the rows that are in the sums, ghost ``count`` how many."""
        properties, at, added, rows = self.properties, self.at, self.added, self.scan("scanned_rows")
        with self.m.If(self.is_word(Word.OFFSET)):
            self.m.d.sync += [added.eq(0), self.count.eq(0)]
        with self.m.If(self.is_word(Word.ROW)):
            self.m.d.sync += [added.eq(added | at), self.count.eq(self.count + 1)]
        one = (at != 0) & ((at & (at - 1)) == 0) & ((at & rows & ~added) == at)
        left = rows & ~added & ~at
        early = Value.cast(0)
        for row in range(self.geometry.rows):
            early |= at[row] & (self.count > row)
        pending, adding = self.scan("pending"), self.is_word(Word.ROW)
        properties.claim("five_kinds_of_words", self.is_word(*Word))
        properties.claim("all_rows_come_after_the_offset", ~self.is_word(Word.OFFSET) | (pending == rows))
        properties.claim("a_row_comes_once", ~adding | one)
        properties.claim("only_driven_rows_come", ~adding | ((added & ~rows) == 0))
        properties.claim("rows_that_are_left_come", ~adding | (pending == left))
        properties.claim("rows_come_upwards", ~adding | (((pending & (at | (at - 1))) == 0) & ~early))
        properties.claim("no_more_than_all_rows", self.is_word(Word.NONE, Word.OFFSET) | (self.count <= len(rows)))
        done = (pending == 0) & (added == rows)
        properties.claim("rails_come_after_all_rows", ~self.is_word(Word.LOW, Word.HIGH) | done)
        lines = (rows == self.rows) & (self.scan("scanned_kernel") == self.pins.kernel)
        properties.claim("settled_means_the_lines_that_are_there", ~self.pins.ready | lines)
        written = properties.past(self.opened["loader.write__valid"])
        properties.claim("a_write_voids_what_was_read", ~written | self.is_word(Word.NONE))
        properties.cover("three_rows_driven", self.pins.ready & (self.count == 3))
        properties.cover("no_row_driven", self.pins.ready & ~self.rows.any())
        properties.cover("written_while_settled", self.pins.ready & self.opened["loader.write__valid"])

    def sums_of(self, column: int) -> None:
        """The register at every word, and what is held after a sample.

        Ghost ``exact`` is the offset and, of each row in ``added``, its entry, too wide to overflow.
        """
        properties, pins, geometry = self.properties, self.pins, self.geometry
        offset, low, high = (self.words[slot(geometry)][column] for slot in (offset_slot, low_slot, high_slot))
        data, total = self.data[column], self.opened[f"sums.sum_{column}"]
        exact = Signal(signed(sum_shape(geometry).width + 2), name=f"exact_{column}")
        entry = Signal(entry_shape(geometry), name=f"entry_at_{column}")
        for row in range(geometry.rows):
            with self.m.If(self.at[row]):
                self.m.d.comb += entry.eq(self.words[row][column])
        with self.m.If(self.is_word(Word.OFFSET)):
            self.m.d.sync += exact.eq(offset)
        with self.m.If(self.is_word(Word.ROW)):
            self.m.d.sync += exact.eq(exact + entry)
        mine = self.scan("scanned_kernel") == self.kernel

        def at_word(word: Any, condition: Value) -> Value:
            return ~(mine & self.is_word(word)) | condition

        largest = (self.count + 1) << (entry_shape(geometry).width - 1)
        bounded = self.is_word(Word.NONE, Word.OFFSET) | ((exact <= largest) & (exact >= -largest))
        properties.lemma(f"column_{column}_is_bounded", bounded)
        properties.claim(f"column_{column}_begins_with_its_offset", at_word(Word.OFFSET, data == offset))
        properties.claim(f"column_{column}_reads_its_row", at_word(Word.ROW, data == entry))
        properties.claim(f"column_{column}_adds_its_rows", at_word(Word.ROW, total == exact))
        ends = at_word(Word.LOW, (data == low) & (total == exact))
        properties.claim(f"column_{column}_meets_its_lower_rail", ends)
        raised = Mux(exact < low, low, exact)
        ends = at_word(Word.HIGH, (data == high) & (total == raised))
        properties.claim(f"column_{column}_meets_its_upper_rail", ends)

        contract = Mux(raised > high, high, raised)
        wanted = Signal(Shape.cast(contract.shape()), name=f"contract_{column}", reset_less=True)
        self.m.d.sync += wanted.eq(contract)
        sampled = properties.past(pins.sample & (pins.kernel == self.kernel) & ~ResetSignal())
        held = self.held[column]
        properties.claim(f"column_{column}_holds_the_sum_of_the_contract", ~sampled | (held == wanted))
        keeps = ~properties.past(pins.sample | ResetSignal(), init=1)
        before = properties.past(Value.cast(held))
        properties.claim(f"column_{column}_is_held", ~keeps | (Value.cast(held) == before))
        properties.cover(f"column_{column}_below_its_lower_rail", sampled & (held == low) & (low > 1))
        properties.cover(f"column_{column}_above_its_upper_rail", sampled & (held == high) & (high < -1))

    def answers_of(self, column: int) -> None:
        """Comparator and direct code, of what is held."""
        properties, pins, geometry = self.properties, self.pins, self.geometry
        held, paired = self.held[column], column // 2 < geometry.pairs
        larger = Value.cast(0)
        if paired:
            plus = column - column % 2
            larger = self.held[plus] >= self.held[plus + 1]
        level = Signal(unsigned(geometry.adc_bits + geometry.fraction_bits), name=f"level_{column}")
        self.m.d.comb += level.eq(pins.trial[column] << geometry.fraction_bits)
        answer = Mux(pins.differential, larger if column % 2 == 0 else 0, held >= level)
        strobed = properties.past(pins.strobe & ~ResetSignal())
        right = pins.comparator[column] == properties.past(answer)
        properties.claim(f"comparator_{column}_answers_the_contract", ~strobed | right)

        code = self.opened.block.direct.payload[column]
        bits = self.opened.block.adc_bits
        steps = 1 << geometry.fraction_bits
        full = Signal(geometry.adc_bits, name=f"full_{column}")
        in_range = (bits >= 1) & (bits <= geometry.adc_bits)
        self.m.d.comb += full.eq(Mux(in_range, (1 << bits) - 1, (1 << geometry.adc_bits) - 1))
        # The code is the one whose interval the sum lies in, or the nearest.
        reaches, below = held >= code * steps, held < (code + 1) * steps
        right = ((code == 0) | reaches) & ((code == full) | below) & (code <= full)
        single = (larger if column % 2 == 0 else ~larger) if paired else Value.cast(0)
        one_bit = bits == 1
        properties.claim(f"direct_code_{column}_is_the_contract_s", Mux(one_bit, code == single, right))
        properties.cover(f"direct_code_{column}_of_the_middle", ~one_bit & (code == 1) & (held != steps))

    def progress(self) -> None:
        """A rank that goes down with every word."""
        properties, pins, geometry = self.properties, self.pins, self.geometry
        count = unsigned((geometry.rows + 3).bit_length())
        driven, left, rank = (Signal(count, name=name) for name in ("driven", "left", "rank"))
        self.m.d.comb += [
            driven.eq(sum(self.rows[row] for row in range(geometry.rows))),
            left.eq(sum(self.scan("pending")[row] for row in range(geometry.rows))),
            rank.eq(Mux(self.is_word(Word.OFFSET, Word.ROW), left + 2, self.is_word(Word.LOW))),
        ]
        with self.m.If(self.scan("begin")):
            self.m.d.comb += rank.eq(driven + 3)
        none_left = self.scan("pending") == 0
        properties.claim("rails_come_last", ~self.is_word(Word.LOW, Word.HIGH) | none_left)
        properties.claim("five_kinds_of_words", self.is_word(*Word))
        lines = (properties.past(self.rows) == self.rows) & (properties.past(pins.kernel) == pins.kernel)
        written = self.opened["loader.write__valid"]
        stands = lines & properties.past(~written & ~ResetSignal())
        properties.claim("settled_when_nothing_is_left", pins.ready == (rank == 0))
        properties.claim("a_word_less_in_every_cycle", ~stands | pins.ready | (rank + 1 == properties.past(rank)))
        properties.claim("settled_lines_stay_settled", ~(stands & properties.past(pins.ready)) | pins.ready)
        settled_before = properties.past(pins.ready)
        properties.cover("other_lines_begin_at_once", settled_before & (rank == geometry.rows + 3))
