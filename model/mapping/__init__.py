# SPDX-License-Identifier: BSD-3-Clause
"""From a network to a die: placement, schedule of reads, sequencer program."""

from .compile import Compiled, CompiledLayer, compile_network, device_states
from .drawing import draw_placement, placement_text
from .errors import DoesNotFit, ProgramError
from .execute import Execution, execute, ideal_differences
from .files import load_placement, load_program, save_placement, save_program
from .interpret import ExpandedEmit, ExpandedRead, interpret
from .memory import MemoryLayout, Region
from .place import place
from .placement import LayerPlacement, Placement
from .program import Program
from .schedule import LayerSchedule, Schedule, schedule, schedule_layer

__all__ = [
    "Compiled",
    "CompiledLayer",
    "DoesNotFit",
    "Execution",
    "ExpandedEmit",
    "ExpandedRead",
    "LayerPlacement",
    "LayerSchedule",
    "MemoryLayout",
    "Placement",
    "Program",
    "ProgramError",
    "Region",
    "Schedule",
    "compile_network",
    "device_states",
    "draw_placement",
    "execute",
    "ideal_differences",
    "interpret",
    "load_placement",
    "load_program",
    "place",
    "placement_text",
    "save_placement",
    "save_program",
    "schedule",
    "schedule_layer",
]
