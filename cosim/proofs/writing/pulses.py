# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of write pulses: as long as programmed, gated by one register, over in time."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal
from spintile.model.geometry import WIDTH_BITS, Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.writing.pulse import PulseGenerator

from ...formal import Properties
from ..lines import any_write_drive, write_modes

__all__ = ["pulse_end", "pulse_length"]


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
