# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of write pulses: as long as programmed, gated by one register, alone on the lines."""

from __future__ import annotations

from typing import Any

from amaranth import Mux, ResetSignal, Signal, Value
from row_driver_properties import at_rest, no_row_driven, one_kernel
from spintile.cosim.formal import Properties
from spintile.model.geometry import WIDTH_BITS, Geometry
from spintile.rtl.pins import LineMode, WriteDrive
from spintile.rtl.read_path import ReadPath
from spintile.rtl.top import Top
from spintile.rtl.writing.pulse import PulseGenerator

__all__ = ["any_write_drive", "lines_shared", "pulse_end", "pulse_length", "whole_chip"]


def any_write_drive(pins: Any) -> Value:
    """Whether any line is in a write mode or floats."""
    writing = Value.cast(0)
    for mode in (*pins.row_mode, *pins.col_mode):
        writing |= (mode != LineMode.REFERENCE) & (mode != LineMode.READ)
    return writing


def write_modes(pins: Any) -> tuple[Value, Value]:
    """Whether the modes of a write are of one polarity: rows P and columns N, or the other way around."""
    toward_p = toward_ap = Value.cast(1)
    for row in pins.row_mode:
        toward_p &= row != LineMode.WRITE_N
        toward_ap &= row != LineMode.WRITE_P
    for col in pins.col_mode:
        toward_p &= col != LineMode.WRITE_P
        toward_ap &= col != LineMode.WRITE_N
    return toward_p, toward_ap


def pulse_length(geometry: Geometry, block: type[PulseGenerator] = PulseGenerator) -> Properties:
    """The pulse generator alone: any request, any width of the register's 16 bits, any setup, changing at any time."""
    properties = Properties(f"pulse generator of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    pulses = opened.block
    drive, request = pulses.drive, pulses.request
    before, pulse, after, active = (opened[name] for name in ("before", "pulse", "after", "active"))
    remaining, taken = opened["remaining"], request.valid & request.ready
    stopped = properties.past(pulses.abort | ResetSignal(), init=1)

    # A counter of its own: cycles with a pulse since the request was taken.
    counted, programmed = Signal(WIDTH_BITS, name="counted"), Signal(WIDTH_BITS, name="programmed")
    m.d.sync += counted.eq(counted + drive.pulse)
    with m.If(taken):
        m.d.sync += [counted.eq(0), programmed.eq(request.payload.width)]
    with_this_cycle = counted + drive.pulse
    properties.claim("never_longer_than_programmed", with_this_cycle <= programmed)
    properties.claim("what_remains_is_what_is_left", ~pulse | (counted + remaining == programmed))
    properties.claim("width_is_the_programmed_one", ~active | (opened["width"] == programmed))
    properties.claim("no_pulse_before_its_time", ~before | ((counted == 0) & ~pulse & ~after))
    whole = ~properties.past(pulse) | pulse | stopped | (counted == programmed)
    properties.claim("never_shorter_unless_aborted", whole)

    properties.claim("a_write_drive_is_in_a_pulse", ~any_write_drive(drive) | drive.pulse)
    properties.claim("pulses_only_while_active", active == (before | pulse | after))
    properties.claim("one_phase_at_a_time", (before + pulse + after) <= 1)
    properties.claim("phases_end", ~active | (remaining != 0))
    properties.claim("rest_unless_active", active | ((drive.gate == 0) & (drive.level == 0) & ~any_write_drive(drive)))
    properties.claim("rest_after_abort_and_reset", ~stopped | (~active & (drive.gate == 0) & (drive.level == 0)))
    properties.claim("active_is_announced", active == properties.past(drive.claim & ~ResetSignal()))
    properties.claim("claims_only_at_rest_of_reads", ~drive.claim | active | drive.rest)
    toward_p, toward_ap = write_modes(drive)
    properties.claim("one_polarity", toward_p | toward_ap)
    rows = opened["rows"]
    properties.claim("one_row", (rows & (rows - 1)) == 0)
    for row, mode in enumerate(drive.row_mode):
        writes = (mode == LineMode.WRITE_P) | (mode == LineMode.WRITE_N)
        properties.claim(f"row_{row}_writes_if_it_is_the_one", ~writes | rows[row])
    standing = ~(active & properties.past(active))
    for name, value in (("gate", drive.gate), ("level", drive.level), ("kernel", opened["kernel"])):
        properties.claim(f"{name}_stands", standing | (value == properties.past(value)))

    properties.cover("pulse_of_three", properties.past(pulse) & ~pulse & (counted == 3) & ~stopped)
    properties.cover("recovered", properties.past(after) & ~after & ~stopped & (counted == 2))
    properties.cover("aborted_in_a_pulse", pulse & pulses.abort & (remaining > 5))
    properties.cover("float", drive.pulse & (drive.row_mode[0] == LineMode.FLOAT))
    return properties


def pulse_end(geometry: Geometry, block: type[PulseGenerator] = PulseGenerator) -> Properties:
    """A request taken is done within 2 * setup + width cycles, setup being any constant."""
    properties = Properties(f"end of a pulse of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    pulses = opened.block
    properties.steady("setup", pulses.setup)
    before, pulse, after, active = (opened[name] for name in ("before", "pulse", "after", "active"))
    width, remaining = opened["width"], opened["remaining"]
    left = Signal(18, name="left")
    m.d.comb += left.eq(remaining + Mux(before, width, 0) + Mux(before | (pulse & (width != 0)), pulses.setup, 0))
    properties.claim("one_phase_at_a_time", (before + pulse + after) <= 1)
    properties.claim("active_is_a_phase", active == (before | pulse | after))
    properties.claim("setup_is_counted", ~(before | after) | ((remaining != 0) & (remaining <= pulses.setup)))
    properties.claim("width_is_counted", ~pulse | ((remaining != 0) & (remaining <= width)))
    properties.claim("begins_within_the_bound", ~active | (left <= 2 * pulses.setup + width))
    goes_on = active & properties.past(active)
    properties.claim("a_cycle_less_in_each", ~goes_on | (left + 1 == properties.past(left)))
    properties.cover("long_pulse", active & (left == 1000))
    return properties


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
    m.d.comb += [pulses.drive.rest.eq(reads.write.rest), pulses.abort.eq(reads.abort)]
    signals = {name: opened[f"row_driver.{name}"] for name in ("driving", "waits")}
    signals |= {name: pulsing[name] for name in _PULSE_REGISTERS}
    shared_claims(properties, reads.array, signals, reads.abort)
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


def no_read_drive(pins: Any) -> Value:
    """No line is at the read voltage."""
    still = Value.cast(1)
    for mode in (*pins.row_mode, *pins.col_mode):
        still &= mode != LineMode.READ
    return still
