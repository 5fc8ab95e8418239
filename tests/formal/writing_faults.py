# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of command gate and column scan, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.proofs.geometries import TINY
from spintile.cosim.proofs.writing.bypass import bypass
from spintile.cosim.proofs.writing.column_scan import column_scan
from spintile.cosim.proofs.writing.command_gate import command_gate
from spintile.rtl.writing.bypass import WriterBypass
from spintile.rtl.writing.column_scan import ColumnScan
from spintile.rtl.writing.command_gate import CommandGate

__all__ = ["WRITING_FAULTS"]

_gate = in_source(command_gate, TINY, CommandGate)
_scan = in_source(column_scan, TINY, ColumnScan)
_bypass = in_source(bypass, TINY, WriterBypass)

WRITING_FAULTS: dict[str, Fault] = {
    # Command gate.
    "a region past the chip": Fault(
        _gate("region.last >= size", "region.last > size"), "begins_what_is_legal_and_free"
    ),
    "a command while images are under way": Fault(
        _gate("self.enable | self.chip_busy | self.busy", "self.enable | self.busy"), "begins_what_is_legal_and_free"
    ),
    "a refusal counts as a command": Fault(
        _gate(
            "with m.If(self.begin):\n            m.d.sync += [",
            "m.d.sync += self.number.eq(self.number + started)\n"
            "        with m.If(self.begin):\n            m.d.sync += [",
        ),
        "commands_are_numbered",
    ),
    "an error instead of a refusal": Fault(
        _gate("m.d.sync += self.refused.eq(1)", "m.d.sync += self.configuration_error.eq(1)"), "refused_is_told"
    ),
    "soft reset leaves an error": Fault(
        _gate("[self.refused.eq(0), self.configuration_error.eq(0), self.aborted.eq(0)]", "[self.refused.eq(0)]"),
        "configuration_error_is_told",
    ),
    "an abort is forgotten": Fault(_gate("m.d.sync += self.aborted.eq(1)", "pass"), "aborted_is_told"),
    # No writer.
    "reads are not dropped": Fault(_bypass("eq(self.soft_reset)", "eq(0)"), "a_soft_reset_drops_reads"),
    # Column scan.
    "a repeat forgets the one before": Fault(
        _scan("Mux(self.opening, 0, total_out.data)", "0"), "it_is_added_to_the_total_before", 14
    ),
    "a total of the column before": Fault(
        _scan("total_in.addr.eq(added_place.col)", "total_in.addr.eq(fetched_place.col)"), "a_total_is_kept", 14
    ),
    "references of every scan": Fault(
        _scan("added & moves & self.reference", "added & moves"), "a_reference_is_kept", 14
    ),
    "a result that changes": Fault(
        _scan("moves.eq(~valid | self.results.ready)", "moves.eq(1)"), "results_stands_until_ready", 14
    ),
    "a column is left out": Fault(
        _scan("column.eq(column + 1)", "column.eq(column + 2)"), "scanned_column_is_the_next"
    ),
    "a state of the next column": Fault(
        _scan("self.targets.bit_select(column, 1)", "self.targets.bit_select(column + 1, 1)"),
        "fetched_column_is_the_next",
    ),
    "the window of the other state": Fault(
        _scan("Mux(result.target, in_p, in_ap)", "Mux(result.target, in_ap, in_p)"), "ok_is_in_the_window_of_the_target"
    ),
    "a short counts as stuck": Fault(_scan("Outcome.SHORT", "Outcome.STUCK"), "the_outcome_says_where_it_lies"),
    "a scan outlives its abort": Fault(
        _scan("[scanning.eq(0), fetched.eq(0), ", "[scanning.eq(0), "), "idle_between_scans"
    ),
}
