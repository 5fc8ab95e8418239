# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in watchdog, loop-back and read-back, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.formal import faulty
from spintile.cosim.proofs.geometries import MEMORIES, TINY
from spintile.cosim.proofs.host.axi_lite import axi_lite
from spintile.cosim.proofs.host.memories import flag_memory, program_memory, target_memory
from spintile.cosim.proofs.host.register_file import register_file
from spintile.cosim.proofs.reading.loop_back import loop_back
from spintile.cosim.proofs.reading.read_path import read_path
from spintile.cosim.proofs.reading.watchdog import watchdog
from spintile.cosim.proofs.writing.commands import command
from spintile.cosim.proofs.writing.shared_lines import whole_chip
from spintile.rtl.axi_lite import AxiLiteSubordinate
from spintile.rtl.flag_memory import FlagMemory
from spintile.rtl.loop_back import LoopBack
from spintile.rtl.program_memory import ProgramMemory
from spintile.rtl.read_path import ReadPath
from spintile.rtl.register_file import RegisterFile
from spintile.rtl.top import Top
from spintile.rtl.watchdog import Watchdog
from spintile.rtl.writing.target_memory import TargetMemory
from spintile.rtl.writing.writer import Writer

__all__ = ["HOOK_FAULTS"]

_watchdog = in_source(watchdog, TINY, Watchdog)
_looped = in_source(loop_back, TINY, LoopBack)
_path = in_source(read_path, TINY, ReadPath)
_bus = in_source(axi_lite, TINY, AxiLiteSubordinate)
_registers = in_source(register_file, TINY, RegisterFile)
_program = in_source(program_memory, MEMORIES, ProgramMemory)
_flags = in_source(flag_memory, MEMORIES, FlagMemory)
_targets = in_source(target_memory, MEMORIES, TargetMemory)

HOOK_FAULTS: dict[str, Fault] = {
    # Watchdog.
    "a wait of a cycle too many": Fault(_watchdog("(count + 1 == self.limit)", "(count == self.limit)"), "in_time"),
    "waits that add up": Fault(
        _watchdog("        with m.Else():\n            m.d.sync += count.eq(0)\n", ""),
        "an_error_after_the_limit_and_no_other",
    ),
    "an error that cannot be cleared": Fault(
        _watchdog("[self.error.eq(0), count.eq(0)]", "count.eq(0)"), "cleared_at_once"
    ),
    "lines stay driven after an error": Fault(
        _path("driver.abort.eq(drop)", "driver.abort.eq(self.abort)"), "rest_after_abort_and_reset"
    ),
    "an error leaves the chip's lines": Fault(
        lambda: whole_chip(
            TINY,
            faulty(
                Top,
                using={
                    "ReadPath": faulty(ReadPath, "driver.abort.eq(drop)", "driver.abort.eq(self.abort)"),
                    "Writer": faulty(Writer, "self.soft_reset | self.array_error |", "self.soft_reset |"),
                },
            ),
        ),
        "rest_after_an_array_error",
    ),
    "a command outlives the array": Fault(
        lambda: command(TINY, faulty(Writer, "self.soft_reset | self.array_error |", "self.soft_reset |"), brief=True),
        "an_array_error_ends_a_command",
    ),
    "a command ends and nobody is told": Fault(
        lambda: command(
            TINY, faulty(Writer, "self.abort | (self.array_error & self.active)", "self.abort"), brief=True
        ),
        "an_array_error_is_an_abort",
    ),
    # Loop-back.
    "a comparator that wants more": Fault(
        _looped("codes[col] >= trial", "codes[col] > trial"), "column_0_answers_its_trial"
    ),
    "a comparator without its pair": Fault(
        _looped("Mux(sense.differential, codes[col + 1], sense.trial[col])", "sense.trial[col]"),
        "code_1_is_that_of_the_register",
    ),
    "a loop-back that is never off": Fault(
        _looped("Mux(inside, answers, array.comparator)", "answers"), "off_comparators_are_the_array_s"
    ),
    "a sample of an array that is not ready": Fault(
        _looped("sense.sample & array.ready", "sense.sample"), "the_array_is_sampled_if_ready"
    ),
    "a loop-back that waits": Fault(_looped("inside | array.ready", "array.ready"), "on_it_is_always_ready"),
    # Read-back.
    "an answer a cycle too early": Fault(
        _bus("with m.If(reading):", "with m.If(access.read):"), "a_read_is_answered_as_it_went"
    ),
    "a read that is asked again": Fault(
        _bus("wanted & ~reading & ~bus.rvalid", "wanted & ~bus.rvalid"), "a_read_is_one_access"
    ),
    "a memory is read while it is used": Fault(
        _registers("inside & access.read & self.memories_free", "inside & access.read"), "segment_is_asked"
    ),
    "an answer of a memory that was not asked": Fault(
        _registers("asked.eq(access.read & self.memories_free)", "asked.eq(access.read)"),
        "a_read_of_nothing_is_an_error",
    ),
    "an offset that is not shown": Fault(
        _registers("[found.eq(1), shown.eq(offsets[group])]", "found.eq(1)"), "an_offset_is_read"
    ),
    "the host's read comes last": Fault(
        _program("Mux(self.segment_read.valid, self.segment_read.group, self.segment_address)", "self.segment_address"),
        "segment_is_shown",
    ),
    "the low half of every instruction": Fault(
        _program("reader.data.word_select(self.instruction_read.lane, 32)", "reader.data[:32]"), "instruction_is_shown"
    ),
    "flags of the first lane only": Fault(_flags("self.read.lane == lane", "lane == 0"), "flag_is_shown"),
    "a target of the row of the command": Fault(
        _targets(
            "Mux(self.read.valid, self.read.group, self.kernel * rows + self.row)", "self.kernel * rows + self.row"
        ),
        "target_is_shown",
    ),
}
