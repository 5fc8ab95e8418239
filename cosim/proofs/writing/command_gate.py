# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the command gate: what begins is legal and free to begin, and the host is told what was not."""

from __future__ import annotations

from amaranth import ResetSignal, Value
from spintile.model.geometry import PASSES_LIMIT, REPEATS_LIMIT, WRITE_STEPS, Geometry, WriteOp
from spintile.rtl.writing.command_gate import CommandGate

from ...formal import Properties

__all__ = ["command_gate"]


def command_gate(geometry: Geometry, block: type[CommandGate] = CommandGate) -> Properties:
    """Begin, refusal and error of any start, whatever the registers and whatever goes on."""
    properties = Properties(f"command gate of {geometry.name}")
    opened = properties.block(block(geometry))
    gate = opened.block
    asked = gate.start & ~gate.abort & ~gate.soft_reset
    blocked = gate.enable | gate.chip_busy | gate.busy
    legal = _legal(gate, geometry)
    properties.claim("begins_what_is_legal_and_free", gate.begin == (asked & ~blocked & legal))
    properties.claim("cancels_what_is_under_way", gate.cancel == (gate.abort & gate.busy))

    began = properties.past(gate.begin & ~ResetSignal())
    number = properties.past(gate.number)
    stood = ~properties.past(ResetSignal(), init=1)
    next_number = (number + began)[: len(gate.number)]
    properties.claim("commands_are_numbered", ~stood | (gate.number == next_number))

    def told(name: str, sets: Value, clears: Value) -> None:
        bit = getattr(gate, name)
        expected = properties.past(((bit & ~clears) | sets) & ~gate.soft_reset & ~ResetSignal())
        properties.claim(f"{name}_is_told", bit == expected)

    told("refused", asked & blocked, gate.begin)
    told("configuration_error", asked & ~blocked & ~legal, gate.begin)
    told("aborted", gate.cancel, gate.begin)
    properties.cover("a_command_begins", began & (gate.settings.op == WriteOp.CHARACTERISE))
    properties.cover("refused_once_more", gate.refused & gate.configuration_error & gate.aborted)
    return properties


def _legal(gate: CommandGate, geometry: Geometry) -> Value:
    """Every register in the range that the register map gives it."""
    settings = gate.settings
    legal = (settings.op <= max(int(op.value) for op in WriteOp)) & ~gate.steps_empty
    ranges = [
        (gate.adc_bits, 2, geometry.adc_bits),
        (settings.steps, 1, WRITE_STEPS),
        (settings.repeats, 1, REPEATS_LIMIT),
        (settings.passes, 1, PASSES_LIMIT),
    ]
    for value, low, high in ranges:
        legal &= (value >= low) & (value <= high)
    for name in ("kernels", "rows", "cols"):
        region = settings[name]
        legal &= (region.first <= region.last) & (region.last <= getattr(geometry, name) - 1)
    return legal
