# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of memories that the host writes, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.proofs.geometries import MEMORIES, TINY
from spintile.cosim.proofs.host.memories import die_memory, flag_memory, program_memory, step_table, target_memory
from spintile.rtl.flag_memory import FlagMemory
from spintile.rtl.program_memory import ProgramMemory
from spintile.rtl.twin.die_memory import DieMemory
from spintile.rtl.writing.step_table import StepTable
from spintile.rtl.writing.target_memory import TargetMemory

__all__ = ["MEMORY_FAULTS"]

_program = in_source(program_memory, MEMORIES, ProgramMemory)
_flags = in_source(flag_memory, MEMORIES, FlagMemory)
_targets = in_source(target_memory, MEMORIES, TargetMemory)
_steps = in_source(step_table, TINY, StepTable)
_die = in_source(die_memory, TINY, DieMemory)

MEMORY_FAULTS: dict[str, Fault] = {
    # Words of the host.
    "an instruction with the low word before": Fault(
        _program("self.instruction.valid & ~self.instruction.payload.lane", "self.instruction.valid"),
        "the_low_word_waits_for_the_high_one",
    ),
    "an instruction is stored too early": Fault(
        _program("self.instruction.valid & self.instruction.payload.lane", "self.instruction.valid"),
        "an_instruction_is_kept",
    ),
    "the address of another memory": Fault(
        _program(
            "self.segment_read.group, self.segment_address)", "self.segment_read.group, self.instruction_address)"
        ),
        "a_segment_is_read",
    ),
    "a threshold of its neighbour": Fault(
        _program("(self.threshold.payload.lane == lane)", "(self.threshold.payload.lane == lane ^ 1)"),
        "a_threshold_is_kept",
    ),
    "a threshold without its sign": Fault(
        _program("lane_reader.data[lane][value_bits - 1].replicate", "lane_reader.data[lane][0].replicate"),
        "a_threshold_is_read",
    ),
    "flags in one lane": Fault(_flags(" & (payload.lane == lane)", ""), "lane_0_is_kept"),
    "flags that move by themselves": Fault(
        _flags("reader.en.eq(self.enable | self.read.valid)", "reader.en.eq(1)"),
        "flags_stand_without_enable",
    ),
    "rows of another kernel": Fault(
        _targets("self.kernel * rows", "self.kernel * (rows - 1)"),
        "targets_are_read",
    ),
    "steps of the other direction": Fault(
        _steps(", self.toward_p)),\n            self.step", ", ~self.toward_p)),\n            self.step"),
        "an_entry_is_read",
    ),
    "a step counts without its width": Fault(_steps(".eq(value.width != 0)", ".eq(1)"), "a_width_of_zero_is_known"),
    "a step too many is looked at": Fault(
        _steps("self.steps > step for", "self.steps >= step for"),
        "nothing_else_is_told",
    ),
    "a die's output that moves by itself": Fault(
        _die("            reader.en.eq(self.enable),\n", ""),
        "the_output_stands_without_enable",
    ),
}
