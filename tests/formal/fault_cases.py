# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of a block, and the claim that must find each of them."""

from __future__ import annotations

from collections.abc import Callable

from arithmetic_faults import ARITHMETIC_FAULTS
from fault import Fault
from hook_faults import HOOK_FAULTS
from host_faults import HOST_FAULTS
from inference_faults import INFERENCE_FAULTS
from memory_faults import MEMORY_FAULTS
from port_faults import PORT_FAULTS
from spintile.cosim.formal import Properties, faulty
from spintile.cosim.proofs.geometries import PAIR, SHARED, TINY
from spintile.cosim.proofs.inference.gather import gather
from spintile.cosim.proofs.inference.sequencer import sequencer
from spintile.cosim.proofs.reading.conversion import conversion
from spintile.cosim.proofs.reading.read_path import read_path, read_progress
from spintile.cosim.proofs.reading.row_driver import row_driver
from spintile.cosim.proofs.writing.commands import command
from spintile.cosim.proofs.writing.pulses import pulse_end, pulse_length
from spintile.cosim.proofs.writing.shared_lines import lines_shared, whole_chip
from spintile.rtl.column_sense import ColumnSense
from spintile.rtl.gather import Gather
from spintile.rtl.read_path import ReadPath
from spintile.rtl.row_driver import RowDriver
from spintile.rtl.sequencer import Sequencer
from spintile.rtl.top import Top
from spintile.rtl.writing.column_scan import ColumnScan
from spintile.rtl.writing.command_gate import CommandGate
from spintile.rtl.writing.controller import WriteController
from spintile.rtl.writing.pulse import PulseGenerator
from spintile.rtl.writing.writer import Writer
from twin_faults import TWIN_FAULTS
from writing_faults import WRITING_FAULTS

__all__ = ["FAULTS", "Fault"]


def _row_driver(before: str, after: str) -> Callable[[], Properties]:
    return lambda: row_driver(TINY, faulty(RowDriver, before, after))


def _read_path(before: str, after: str) -> Callable[[], Properties]:
    return lambda: read_path(SHARED, faulty(ReadPath, using={"ColumnSense": faulty(ColumnSense, before, after)}))


def _pulse(before: str, after: str) -> Callable[[], Properties]:
    return lambda: pulse_length(TINY, faulty(PulseGenerator, before, after))


def _command(before: str, after: str, *, brief: bool = False) -> Callable[[], Properties]:
    controller = "WriteController"
    return lambda: command(
        TINY, faulty(Writer, using={controller: faulty(WriteController, before, after)}), brief=brief
    )


def _chip(before: str, after: str) -> Callable[[], Properties]:
    return lambda: whole_chip(TINY, faulty(Top, before, after))


def _chip_with_row_driver(before: str, after: str) -> Properties:
    path = faulty(ReadPath, using={"RowDriver": faulty(RowDriver, before, after)})
    return whole_chip(TINY, faulty(Top, using={"ReadPath": path}))


FAULTS: dict[str, Fault] = {
    # Row driver: lines, settling, content.
    "two kernels at once": Fault(
        _row_driver("select.eq(1 << entering.kernel)", "select.eq(select | (1 << entering.kernel))"), "one_kernel"
    ),
    "a row stays after an abort": Fault(
        _row_driver(
            "[driving.eq(0), select.eq(0), driven.rows.eq(0), waits.eq(0)]",
            "[driving.eq(0), select.eq(0), waits.eq(0)]",
        ),
        "rest_after_abort_and_reset",
    ),
    "a row is driven to write": Fault(
        _row_driver("LineMode.READ, LineMode.REFERENCE", "LineMode.WRITE_P, LineMode.REFERENCE"), "never_a_write_drive"
    ),
    "settles a cycle less": Fault(
        _row_driver("remaining.eq(self.settle)", "remaining.eq(self.settle - (self.settle != 0))"),
        "settled_before_offered",
    ),
    "a read is lost behind a pulse": Fault(_row_driver("~waits & ~load", "~waits & ~free"), "waiting_read_is_kept"),
    "reads change places": Fault(
        _row_driver("Mux(waits, waiting, self.rows.payload)", "self.rows.payload"), "driven_read_is_kept"
    ),
    # Column sense: samples, conversions, codes.
    "a sample before the array is ready": Fault(
        _read_path("self.read.ready.eq(free & self.converter.ready)", "self.read.ready.eq(free)"),
        "sampled_only_when_ready",
    ),
    "a sample cuts a conversion": Fault(
        _read_path("free.eq((~active | leave) & ~self.abort)", "free.eq(~self.abort)"), "one_conversion_at_a_time"
    ),
    "codes are overwritten": Fault(
        _read_path("leave.eq(complete & ~self.codes.valid)", "leave.eq(complete)"), "place_4_keeps_the_read", 16
    ),
    "idle while codes are held": Fault(
        _read_path("self.idle.eq(~active & ~self.codes.valid)", "self.idle.eq(~self.busy & ~self.codes.valid)"),
        "idle_means_empty",
        16,
    ),
    "settling without end": Fault(
        lambda: read_progress(
            SHARED,
            faulty(
                ReadPath,
                using={"RowDriver": faulty(RowDriver, "remaining.eq(remaining - 1)", "remaining.eq(remaining)")},
            ),
        ),
        "the_rank_goes_down",
    ),
    "a trial forgets the bit before": Fault(
        lambda: conversion(PAIR, faulty(ColumnSense, "trial[col].eq(current | mask)", "trial[col].eq(code | mask)")),
        "trial_0_is_answered",
    ),
    "a comparator decides for its neighbour": Fault(
        lambda: conversion(
            SHARED,
            faulty(ColumnSense, "Mux((last_phase == col % shared) & comp", "Mux((phase == col % shared) & comp"),
        ),
        "code_0_grows_to_its_target",
    ),
    **ARITHMETIC_FAULTS,
    **TWIN_FAULTS,
    **HOST_FAULTS,
    **MEMORY_FAULTS,
    **PORT_FAULTS,
    **WRITING_FAULTS,
    **HOOK_FAULTS,
    # Pulses.
    "a pulse a cycle too long": Fault(
        _pulse("Mux(taken, wanted.width, width)", "Mux(taken, wanted.width, width) + 1"), "never_longer_than_programmed"
    ),
    "a pulse a cycle too short": Fault(
        _pulse("ends.eq(remaining <= 1)", "ends.eq(remaining <= 2)"), "never_shorter_unless_aborted"
    ),
    "writes before the pulse": Fault(_pulse("with m.If(pulse):", "with m.If(active):"), "a_write_drive_is_in_a_pulse"),
    "a pulse outlives its abort": Fault(
        _pulse("[before.eq(0), pulse.eq(0), after.eq(0), remaining.eq(0)]", "[before.eq(0), after.eq(0)]"),
        "pulses_only_while_active",
    ),
    "the row of the last pulse too": Fault(
        _pulse("rows.eq(1 << wanted.row)", "rows.eq(rows | (1 << wanted.row))"), "one_row"
    ),
    "both polarities": Fault(
        _pulse("Mux(toward_p, LineMode.WRITE_N, LineMode.WRITE_P)", "LineMode.WRITE_P"), "one_polarity"
    ),
    "recovery without end": Fault(
        lambda: pulse_end(TINY, faulty(PulseGenerator, "(after & ~ends)", "after")), "setup_is_counted"
    ),
    # Lines that both share.
    "a pulse in a read": Fault(
        lambda: lines_shared(
            TINY, generator=faulty(PulseGenerator, "~active & drive.rest & ~self.abort", "~active & ~self.abort")
        ),
        "either_a_read_or_a_pulse",
    ),
    "a read in a pulse": Fault(
        lambda: lines_shared(
            TINY,
            faulty(
                ReadPath, using={"RowDriver": faulty(RowDriver, "self.rows.valid) & ~self.claim", "self.rows.valid)")}
            ),
        ),
        "either_a_read_or_a_pulse",
    ),
    "the pin outlasts the pulse": Fault(
        lambda: lines_shared(
            TINY, faulty(ReadPath, "self.array.pulse.eq(write.pulse)", "self.array.pulse.eq(write.active)")
        ),
        "pulse_pin_is_the_pulse",
    ),
    "soft reset leaves the reads": Fault(
        _chip("read_path.abort.eq(writer.drop)", "read_path.abort.eq(0)"), "rest_after_soft_reset"
    ),
    "soft reset leaves the pulse": Fault(
        lambda: whole_chip(
            TINY,
            faulty(Top, using={"Writer": faulty(Writer, "pulses.abort.eq(self.drop)", "pulses.abort.eq(gate.cancel)")}),
        ),
        "rest_after_soft_reset",
    ),
    "two kernels on the whole chip": Fault(
        lambda: _chip_with_row_driver(
            "select.eq(1 << self.claim_kernel)", "select.eq(select | (1 << self.claim_kernel) | 1)"
        ),
        "one_kernel",
    ),
    "a write drive without a pulse on the whole chip": Fault(
        lambda: whole_chip(
            TINY,
            faulty(
                Top,
                using={
                    "Writer": faulty(
                        Writer,
                        using={"PulseGenerator": faulty(PulseGenerator, "with m.If(pulse):", "with m.If(active):")},
                    )
                },
            ),
        ),
        "a_write_drive_is_in_a_pulse",
    ),
    # Programs.
    "a read too many in the queue": Fault(
        lambda: gather(TINY, faulty(Gather, "booked != places", "booked <= places")), "rows_find_room_in_the_queue", 14
    ),
    "segments without end": Fault(
        lambda: gather(TINY, faulty(Gather, "done.eq(Mux(closes, 0, done + 1))", "done.eq(Mux(closes, 0, done))")),
        "each_cycle_a_segment",
    ),
    "commits are not counted": Fault(
        lambda: sequencer(TINY, faulty(Sequencer, "runs + more - fewer", "runs + more")), "layer_0_is_counted"
    ),
    "a kernel that does not exist": Fault(
        lambda: sequencer(TINY, faulty(Sequencer, ' | (read["kernel"] >= geometry.kernels)', "")), "reads_are_legal"
    ),
    "a loop without end": Fault(
        lambda: sequencer(TINY, faulty(Sequencer, "remaining.eq(top.remaining - 1)", "remaining.eq(top.remaining)")),
        "a_jump_back_counts_down",
    ),
    "loops too deep": Fault(
        lambda: sequencer(TINY.replace(loop_depth=2), faulty(Sequencer, "(level == geometry.loop_depth) | ", "")),
        "loops_are_within_their_depth",
    ),
    **INFERENCE_FAULTS,
    # Commands.
    "references without end": Fault(
        _command("repeat.eq(Mux(repeat_last, 0, repeat + 1))", "repeat.eq(0)", brief=True), "the_rank_goes_down", 14
    ),
    "rows in the reference": Fault(
        _command("reference.eq(reference & ~repeat_last)", "reference.eq(reference)", brief=True),
        "rows_come_after_the_reference",
        14,
    ),
    "a command outlives its abort": Fault(
        _command("with m.If(self.abort):", "with m.If(self.abort & 0):"), "dropped_at_once"
    ),
    "too many repeats are let through": Fault(
        lambda: command(
            TINY,
            faulty(Writer, using={"CommandGate": faulty(CommandGate, " | (settings.repeats > REPEATS_LIMIT)", "")}),
        ),
        "only_legal_commands_run",
    ),
    "a column past the region": Fault(
        lambda: command(
            TINY,
            faulty(
                Writer,
                using={
                    "WriteController": faulty(
                        WriteController,
                        using={"ColumnScan": faulty(ColumnScan, "column < self.last", "column <= self.last")},
                    )
                },
            ),
            brief=True,
        ),
        "columns_are_in_the_region",
    ),
    "codes that have not come": Fault(
        _command("with m.Case(State.CONVERT), m.If(self.codes.valid):", "with m.Case(State.CONVERT):", brief=True),
        "codes_are_there_when_used",
    ),
    "a pulse outlives its command": Fault(
        lambda: command(TINY, faulty(Writer, "pulses.abort.eq(self.drop)", "pulses.abort.eq(0)"), brief=True),
        "pulses_only_in_their_states",
        14,
    ),
    "a cell that is done is pulsed": Fault(
        _command("pending & Mux(toward_p, target, ~target)", "Mux(toward_p, target, ~target)", brief=True),
        "only_pending_cells_are_pulsed",
        14,
    ),
}
