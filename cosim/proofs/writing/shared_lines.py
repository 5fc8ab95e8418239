# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the lines that reads and pulses share: at the blocks alone, and at the whole chip's pins."""

from __future__ import annotations

from typing import Any

from amaranth import ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode, WriteDrive
from spintile.rtl.read_path import ReadPath
from spintile.rtl.top import Top
from spintile.rtl.writing.pulse import PulseGenerator

from ...formal import Properties
from ..lines import any_write_drive, at_rest, no_read_drive, no_row_driven, one_kernel

__all__ = ["lines_shared", "whole_chip"]


def lines_shared(
    geometry: Geometry, path: type[ReadPath] = ReadPath, generator: type[PulseGenerator] = PulseGenerator
) -> Properties:
    """Row driver, line multiplexers and pulse generator at the array's pins: reads and requests come at any time."""
    properties = Properties(f"shared lines of {geometry.name}")
    m = properties.module
    opened = properties.block(path(geometry), "path", driven=[f"write__{name}" for name in _wires(geometry)])
    pulsing = properties.block(generator(geometry), "pulses", driven=("drive__rest", "abort"))
    reads, pulses = opened.block, pulsing.block
    for name in WriteDrive(geometry).members:
        if name != "rest":
            m.d.comb += Value.cast(getattr(reads.write, name)).eq(Value.cast(getattr(pulses.drive, name)))
    drop = reads.abort | reads.error
    m.d.comb += [pulses.drive.rest.eq(reads.write.rest), pulses.abort.eq(drop)]
    signals = {name: opened[f"row_driver.{name}"] for name in ("driving", "waits")}
    signals |= {name: pulsing[name] for name in _PULSE_REGISTERS}
    shared_claims(properties, reads.array, signals, drop)
    return properties


_PULSE_REGISTERS = ("before", "pulse", "after", "active", "kernel")


def _wires(geometry: Geometry) -> list[str]:
    """Names of the wires from pulse generator to read path."""
    arrays = {"row_mode": geometry.rows, "col_mode": geometry.cols}
    plain = [name for name in WriteDrive(geometry).members if name not in arrays and name != "rest"]
    return plain + [f"{name}__{line}" for name, lines in arrays.items() for line in range(lines)] + list(arrays)


def whole_chip(geometry: Geometry, block: type[Top] = Top) -> Properties:
    """The pins of the whole periphery; registers, program, images, controller and array do what they like."""
    properties = Properties(f"pins of the whole {geometry.name}")
    opened = properties.block(block(geometry), "chip", cut=_CUT)
    drop, soft_reset = opened["writer.drop"], opened["soft_reset"]
    signals = {name: opened[f"read_path.row_driver.{name}"] for name in ("driving", "waits")}
    signals |= {name: opened[f"writer.pulses.{name}"] for name in _PULSE_REGISTERS}
    array = opened.block.array
    shared_claims(properties, array, signals, drop)
    properties.claim("rest_after_soft_reset", ~properties.past(soft_reset) | (at_rest(array) & ~array.pulse))
    given_up = properties.past(opened["read_path.error"])
    properties.claim("rest_after_an_array_error", ~given_up | (at_rest(array) & ~array.pulse))
    return properties


#: Modules of the chip that the claims about its pins do not depend on: whatever they do, the claims hold.
_CUT = (
    *(
        "bus",
        "registers",
        "program",
        "counters",
        "loader",
        "memory",
        "sequencer",
        "gather",
        "accumulator",
        "activation",
    ),
    *("writer.gate", "writer.controller", "writer.targets", "writer.reports"),
)


def shared_claims(properties: Properties, array: Any, signals: dict[str, Signal], abort: Value) -> None:
    """Claims about array pins that reads and pulses share, by the registers that say whose they are."""
    driving, waits, pulse, active = (signals[name] for name in ("driving", "waits", "pulse", "active"))
    stopped = properties.past(abort | ResetSignal(), init=1)
    stands = ~(active & properties.past(active))
    properties.claim("one_kernel", one_kernel(array.select))
    properties.claim("either_a_read_or_a_pulse", ~(driving & active))
    properties.claim("pulse_pin_is_the_pulse", array.pulse == pulse)
    properties.claim("a_write_drive_is_in_a_pulse", ~any_write_drive(array) | array.pulse)
    properties.claim("no_read_drive_in_a_pulse", ~active | no_read_drive(array))
    properties.claim("no_sample_around_a_pulse", ~array.sample | ~active)
    properties.claim("rest_unless_a_read_or_a_pulse", driving | active | (at_rest(array) & (array.level == 0)))
    properties.claim("no_line_driven_but_in_reads_and_pulses", driving | pulse | no_row_driven(array))
    properties.claim("rest_after_abort_and_reset", ~stopped | (at_rest(array) & ~array.pulse & (array.level == 0)))
    properties.claim("kernel_stands_around_a_pulse", stands | (array.select == properties.past(array.select)))
    properties.claim("level_only_around_a_pulse", active | (array.level == 0))
    properties.claim("pulse_is_on_its_kernel", ~active | (array.kernel == signals["kernel"]))
    properties.claim("selected_is_the_kernel", (array.select == 0) | (array.select == 1 << array.kernel))
    properties.claim("active_is_a_phase", active == (signals["before"] | pulse | signals["after"]))
    properties.claim("one_phase_at_a_time", (signals["before"] + pulse + signals["after"]) <= 1)
    properties.cover("a_read_waits_for_a_pulse", active & waits)
    properties.cover("write_of_the_last_row", array.row_mode[-1] == LineMode.WRITE_P)
    properties.cover("sample", array.sample)
