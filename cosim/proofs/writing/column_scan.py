# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the column scan: each column once and in order, with its sum, its difference and its judgement."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value
from amaranth.lib.data import StructLayout
from spintile.model.geometry import Geometry, Outcome
from spintile.rtl.writing.column_scan import ColumnScan
from spintile.rtl.writing.tokens import COLUMN

from ...formal import Properties
from ..axi import kept_until_taken

__all__ = ["column_scan"]


def column_scan(geometry: Geometry, block: type[ColumnScan] = ColumnScan) -> Properties:
    """Any one column through any number of scans; what a scan is asked for stands until it is over."""
    properties = Properties(f"column scan of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    scan = opened.block
    results, result = scan.results, scan.results.payload
    column = properties.constant(COLUMN, "any_column")
    properties.assume("column_exists", column < geometry.cols)
    legal = (scan.first <= scan.last) & (scan.last < geometry.cols)
    properties.assume("begins_when_idle", ~scan.start | (scan.idle & legal & ~scan.abort))
    taken = results.valid & results.ready
    properties.assume("marks_go_with_results", ~scan.mark.valid | taken)
    stands = properties.past((scan.start | ~scan.idle) & ~scan.abort & ~ResetSignal())
    for name in ("codes", "first", "last", "opening", "reference", "targets", "windows"):
        value = Value.cast(getattr(scan, name))
        properties.assume(f"{name}_stand", ~stands | (value == properties.past(value)))

    # The order of the columns.
    scanning, fetched, added = (opened[name] for name in ("scanning", "fetched", "added"))
    place = StructLayout({"col": COLUMN, "last": 1, "target": 1})
    at = {"fetched": opened.view("fetched_place", place), "added": opened.view("added_place", place), "result": result}
    valid = {"fetched": fetched, "added": added, "result": results.valid}
    following, goes = Signal(7, name="next_column"), Signal(name="goes")
    with m.If(taken):
        m.d.sync += [following.eq(following + 1), goes.eq(goes & ~result.last)]
    with m.If(scan.start):
        m.d.sync += [following.eq(scan.first), goes.eq(1)]
    with m.If(scan.abort):
        m.d.sync += goes.eq(0)
    properties.claim("idle_between_scans", scan.idle == ~goes)
    properties.claim("scans_are_legal", ~goes | (legal & (following >= scan.first) & (following <= scan.last)))
    properties.claim("columns_come_in_order", ~results.valid | (result.col == following))
    behind = following
    for name in ("result", "added", "fetched"):
        right = (at[name].col == behind) & (at[name].last == (behind == scan.last)) & (behind <= scan.last)
        right &= at[name].target == scan.targets.bit_select(at[name].col, 1)
        properties.claim(f"{name}_column_is_the_next", ~valid[name] | right)
        behind = behind + valid[name]
    properties.claim("scanned_column_is_the_next", ~scanning | ((opened["column"] == behind) & (behind <= scan.last)))
    properties.claim("nothing_is_left_out", ~goes | scanning | (behind == scan.last + 1))
    drop = scan.abort | ResetSignal()
    content = Value.cast(result)
    kept_until_taken(properties, "results", results.valid, results.ready, content, drop)

    # The sums of one column, from scan to scan: what is stored, and what stands in the pipeline.
    code = scan.codes[column]
    kept = {"reset_less": True}  # as memories are
    total, reference = (Signal.like(opened[name], name=f"{name}_kept", **kept) for name in ("total", "reference"))
    mark = Signal.like(scan.mark.payload, name="mark_kept", **kept)
    moves = ~results.valid | results.ready
    adds = added & moves & (at["added"].col == column)
    summed = Signal.like(total, name="summed")
    m.d.comb += summed.eq(Mux(scan.opening, 0, total) + code)
    with m.If(adds):
        m.d.sync += total.eq(summed)
        with m.If(scan.reference):
            m.d.sync += reference.eq(summed)
    with m.If(scan.mark.valid & (result.col == column)):
        m.d.sync += mark.eq(scan.mark.payload)
    less = Signal.like(reference, name="reference_before")
    with m.If(adds):
        m.d.sync += less.eq(reference)
    properties.claim("a_total_is_kept", opened.word("totals", column) == total)
    properties.claim("a_reference_is_kept", opened.word("references", column) == reference)
    properties.claim("a_mark_is_kept", opened.word("marks", column) == mark)
    mine = {name: valid[name] & (at[name].col == column) for name in valid}
    before = Mux(scan.opening, 0, total)
    properties.claim("the_fetched_code_is_the_column_s", ~mine["fetched"] | (opened["code"] == code))
    properties.claim("it_is_added_to_the_total_before", ~mine["fetched"] | (opened["before"] == before))
    properties.claim("the_sum_is_exact", ~mine["added"] | (opened["total"] == summed))
    properties.claim("the_reference_is_the_column_s", ~mine["added"] | (opened["reference"] == reference))
    properties.claim("the_total_is_the_column_s", ~mine["result"] | (result.total == total))
    properties.claim("the_mark_is_the_column_s", ~mine["result"] | (result.mark == mark))
    properties.claim("the_difference_is_less_the_reference", ~mine["result"] | (result.difference == total - less))
    _judged(properties, scan)
    properties.cover("a_third_repeat", mine["result"] & (total == 6) & (code == 2) & ~scan.opening)
    properties.cover("a_scan_of_two", taken & result.last & (scan.last == scan.first + 1))
    properties.cover("a_stuck_cell", results.valid & (result.outcome == Outcome.STUCK.value) & (result.difference > 2))
    return properties


def _judged(properties: Properties, scan: ColumnScan) -> None:
    """The outcome says where the difference lies, by the windows alone."""
    result, windows = scan.results.payload, scan.windows
    value = result.difference
    inside = {
        name: (value >= getattr(windows, name).low) & (value <= getattr(windows, name).high) for name in ("p", "ap")
    }
    ok = Mux(result.target, inside["p"], inside["ap"])
    properties.claim("ok_is_in_the_window_of_the_target", result.ok == ok)
    outcome = Mux(
        ok,
        Outcome.OK.value,
        Mux(
            value > windows.p.high,
            Outcome.SHORT.value,
            Mux(
                value < windows.ap.low,
                Outcome.OPEN.value,
                Mux(inside["p"] | inside["ap"], Outcome.STUCK.value, Outcome.MARGINAL.value),
            ),
        ),
    )
    properties.claim("the_outcome_says_where_it_lies", result.outcome == outcome)
