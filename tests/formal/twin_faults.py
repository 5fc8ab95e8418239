# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of the twin, and the claim that must find each of them."""

from __future__ import annotations

from collections.abc import Callable

from fault import Fault
from spintile.cosim.formal import Properties, faulty
from spintile.cosim.proofs.geometries import TINY
from spintile.cosim.proofs.twin.die_loader import die_loader
from spintile.cosim.proofs.twin.reads import twin, twin_progress
from spintile.rtl.twin.array import Twin
from spintile.rtl.twin.column_sums import ColumnSums
from spintile.rtl.twin.comparators import Comparators
from spintile.rtl.twin.die_loader import DieLoader
from spintile.rtl.twin.direct_codes import DirectCodes
from spintile.rtl.twin.row_scan import RowScan

__all__ = ["TWIN_FAULTS"]

_Block = type[RowScan] | type[ColumnSums] | type[Comparators] | type[DirectCodes]


def _with(block: _Block, before: str, after: str) -> type[Twin]:
    return faulty(Twin, using={block.__name__: faulty(block, before, after)})


def _twin(block: _Block, before: str, after: str) -> Callable[[], Properties]:
    return lambda: twin(TINY, _with(block, before, after))


def _progress(before: str, after: str) -> Callable[[], Properties]:
    return lambda: twin_progress(TINY, _with(RowScan, before, after))


def _loader(before: str, after: str) -> Callable[[], Properties]:
    return lambda: die_loader(TINY, faulty(DieLoader, before, after))


TWIN_FAULTS: dict[str, Fault] = {
    # Row scan.
    "other rows go unnoticed": Fault(
        _twin(RowScan, " | (self.rows != scanned_rows)", ""), "settled_means_the_lines_that_are_there"
    ),
    "another kernel goes unnoticed": Fault(
        _twin(RowScan, " | (self.kernel != scanned_kernel)", ""), "settled_means_the_lines_that_are_there"
    ),
    "a row is added again and again": Fault(
        _twin(RowScan, "pending.eq(pending & ~lowest)", "pending.eq(pending)"), "a_row_comes_once"
    ),
    "the highest row is forgotten": Fault(
        _twin(RowScan, "pending.eq(self.rows)", "pending.eq(self.rows[:-1])"), "rails_come_after_all_rows"
    ),
    "a write goes unnoticed": Fault(
        _twin(RowScan, "with m.If(self.restart):", "with m.If(self.restart & 0):"), "a_write_voids_what_was_read"
    ),
    "rows are scanned without end": Fault(
        _progress("pending.eq(pending & ~lowest)", "pending.eq(pending)"), "a_word_less_in_every_cycle"
    ),
    "ready while the rail is read": Fault(
        _progress("(self.word == Word.HIGH) & ~begin", "((self.word == Word.HIGH) | (self.word == Word.LOW)) & ~begin"),
        "settled_when_nothing_is_left",
    ),
    # Sums.
    "a register as narrow as an entry": Fault(
        _twin(ColumnSums, "Signal(sum_shape(self.geometry)", "Signal(entry_shape(self.geometry)"),
        "column_0_adds_its_rows",
    ),
    "no lower rail": Fault(_twin(ColumnSums, "Mux(below, entry, total)", "total"), "column_0_meets_its_upper_rail"),
    "no upper rail": Fault(
        _twin(ColumnSums, "Mux(below, total, entry)", "total"), "column_0_holds_the_sum_of_the_contract"
    ),
    # Comparators and codes.
    "sums are taken at a strobe": Fault(
        _twin(Comparators, "with m.If(self.sample):", "with m.If(self.sample | self.strobe):"), "column_0_is_held"
    ),
    "more instead of at least": Fault(
        _twin(Comparators, "fraction_bits) >= self.trial", "fraction_bits) > self.trial"),
        "comparator_0_answers_the_contract",
    ),
    "a tie goes to minus": Fault(
        _twin(Comparators, "self.held[plus] >= self.held", "self.held[plus] > self.held"),
        "comparator_0_answers_the_contract",
    ),
    "direct codes wrap": Fault(
        _twin(DirectCodes, "Mux(level > largest, largest, level)", "level & largest"), "direct_code_0_is_the_contract_s"
    ),
    # Loader.
    "entries in the order of a stack": Fault(
        _loader(
            "Cat(collected.as_value()[entry:], self.die.tdata[:entry])",
            "Cat(self.die.tdata[:entry], collected.as_value()[:-entry])",
        ),
        "an_entry_is_written_to_its_place",
    ),
    "a cut die counts as loaded": Fault(
        _loader("complete.eq(self.die.tlast)", "complete.eq(1)"), "complete_means_whole", 37
    ),
    "a cut die is continued": Fault(
        _loader("[column.eq(0), slot.eq(0), kernel.eq(0)]", "[column.eq(0), slot.eq(0)]"),
        "the_place_of_an_entry_is_its_number",
        16,
    ),
}
