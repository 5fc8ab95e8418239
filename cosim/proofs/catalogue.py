# SPDX-License-Identifier: BSD-3-Clause
"""Every proof: which claims, of which blocks, on which chip, closed by which induction."""

from __future__ import annotations

from functools import partial

from .geometries import BORDERS, LANES, MEMORIES, PAIR, SHARED, TINY
from .host.axi_lite import axi_lite
from .host.counters import counters
from .host.memories import die_memory, flag_memory, program_memory, step_table, target_memory
from .host.ports import chip_ports, traces, twin_ports
from .host.register_file import register_file
from .inference.activation import activation
from .inference.activation_memory import activation_memory
from .inference.activation_values import activation_values
from .inference.argmax import argmax
from .inference.gather import gather
from .inference.image_loader import image_loader
from .inference.sequencer import sequencer
from .proof import Proof
from .queues import report_stream, stream_fifo
from .reading.accumulator import accumulator
from .reading.conversion import conversion
from .reading.difference import difference
from .reading.loop_back import loop_back
from .reading.read_path import read_path, read_progress
from .reading.repair import repair
from .reading.row_driver import row_driver
from .reading.watchdog import watchdog
from .twin.die_loader import die_loader
from .twin.reads import twin, twin_progress
from .writing.bypass import bypass
from .writing.column_scan import column_scan
from .writing.command_gate import command_gate
from .writing.commands import command
from .writing.pulses import pulse_end, pulse_length
from .writing.shared_lines import lines_shared, whole_chip

__all__ = ["PROOFS"]

_PATH = ("read_path", "row_driver", "column_sense", "loop_back", "watchdog")
_LINES = ("row_driver", "read_path", "writing.pulse")
_TWIN = ("twin.array", "twin.row_scan", "twin.column_sums", "twin.comparators", "twin.direct_codes")
_COMMANDS = ("writing.controller", "writing.writer", "writing.command_gate", "writing.column_scan")

PROOFS: dict[str, Proof] = {
    # Host side.
    "AXI4-Lite": Proof(("axi_lite",), "protocol", axi_lite, BORDERS),
    "ports of the whole chip": Proof(("top", "axi_lite"), "protocol", chip_ports, BORDERS, small=TINY),
    "ports with the twin": Proof(("twin.twin_top", "twin.array"), "protocol", twin_ports, BORDERS, small=TINY),
    "traces": Proof(("top",), "function", traces, BORDERS, small=TINY),
    "register file": Proof(("register_file",), "function", register_file, BORDERS, small=TINY),
    "program memory": Proof(("program_memory",), "function", program_memory, MEMORIES),
    "performance counters": Proof(("counters",), "function", counters, BORDERS),
    "queue": Proof(("stream_fifo",), "function", stream_fifo, BORDERS),
    # The way of a read.
    "row driver": Proof(("row_driver",), "safety", row_driver, BORDERS),
    "read path": Proof(_PATH, "safety", read_path, BORDERS, covered=12, small=TINY),
    "read path, shared converters": Proof(_PATH, "safety", read_path, SHARED, covered=20),
    "progress of the read path": Proof(_PATH, "progress", read_progress, SHARED),
    "conversion": Proof(("column_sense",), "function", conversion, PAIR, covered=12),
    "conversion, shared converters": Proof(("column_sense",), "function", conversion, SHARED),
    "loop-back": Proof(("loop_back", "column_sense"), "function", loop_back, PAIR, covered=12, small=TINY),
    "watchdog": Proof(("watchdog",), "safety", watchdog, BORDERS),
    "repair": Proof(("repair",), "function", repair, PAIR),
    "difference": Proof(("difference",), "function", difference, PAIR),
    "flag memory": Proof(("flag_memory",), "function", flag_memory, MEMORIES),
    "accumulator": Proof(("accumulator",), "function", accumulator, PAIR, covered=12, broken=12, small=TINY),
    # Programs and activations.
    "image loader": Proof(("image_loader",), "function", image_loader, BORDERS),
    "activation memory": Proof(("activation_memory",), "function", activation_memory, MEMORIES, depth=2),
    "gather": Proof(("gather",), "progress", gather, BORDERS, broken=10),
    "sequencer": Proof(("sequencer",), "progress", sequencer, BORDERS, broken=14, small=TINY.replace(layer_limit=2)),
    "activation": Proof(("activation",), "progress", activation, BORDERS),
    "values of the activation": Proof(("activation",), "function", activation_values, LANES, covered=18),
    "argmax": Proof(("argmax",), "function", argmax, LANES, depth=3, covered=14, small=TINY),
    # Writing.
    "pulse generator": Proof(("writing.pulse",), "safety", pulse_length, BORDERS),
    "end of a pulse": Proof(("writing.pulse",), "progress", pulse_end, BORDERS),
    "shared lines": Proof(_LINES, "safety", lines_shared, BORDERS, depth=2, small=TINY),
    "pins of the whole chip": Proof(("top", *_LINES), "safety", whole_chip, BORDERS, depth=2, small=TINY),
    "target memory": Proof(("writing.target_memory",), "function", target_memory, MEMORIES),
    "step table": Proof(("writing.step_table",), "function", step_table, BORDERS),
    "report stream": Proof(("writing.report_stream", "stream_fifo"), "protocol", report_stream, BORDERS),
    "command gate": Proof(("writing.command_gate",), "function", command_gate, BORDERS),
    "column scan": Proof(("writing.column_scan",), "function", column_scan, BORDERS, covered=20, small=TINY),
    "commands": Proof(
        _COMMANDS,
        "progress",
        command,
        BORDERS,
        covered=20,
        broken=14,
        small=TINY,
        make_small=partial(command, brief=True),
    ),
    "no writer": Proof(("writing.bypass",), "safety", bypass, BORDERS, small=TINY),
    # The twin.
    "twin": Proof(_TWIN, "function", twin, PAIR, covered=7, small=TINY),
    "progress of the twin": Proof(_TWIN[:2], "progress", twin_progress, PAIR, covered=7, small=TINY),
    "die memory": Proof(("twin.die_memory",), "function", die_memory, TINY),
    "die loader": Proof(("twin.die_loader",), "function", die_loader, BORDERS, covered=40, small=TINY),
}
