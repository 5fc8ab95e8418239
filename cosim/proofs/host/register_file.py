# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the register file: every address of the map does what the map says, and no other does anything."""

from __future__ import annotations

from amaranth import Const, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.register_file import RegisterFile
from spintile.rtl.register_table import Register, Window

from ...formal import Opened, Properties

__all__ = ["register_file"]


def register_file(geometry: Geometry, block: type[RegisterFile] = RegisterFile) -> Properties:
    """Writes, reads, pulses, windows and errors of every address; the bus gives addresses of words."""
    properties = Properties(f"register file of {geometry.name}")
    opened = properties.block(block(geometry))
    unit = opened.block
    access = unit.access
    for name in ("write_address", "read_address"):
        properties.assume(f"{name}_is_of_a_word", getattr(access, name)[:2] == 0)
    asked = properties.past(access.read & ~ResetSignal())
    stands = access.read_address == properties.past(access.read_address)
    properties.assume("a_read_address_stands", ~asked | (stands & ~access.read))
    effects: list[Value] = []
    for register in unit.map.registers:
        if register.access == "rw":
            effects += _written(properties, opened, register)
        elif register.access == "wo":
            effects.append(_passed_on(properties, unit, register))
    for window in unit.map.windows:
        effects.append(_window(properties, unit, window))
    allowed = Value.cast(0)
    for effect in effects:
        allowed |= effect
    properties.claim("a_write_to_nothing_is_an_error", access.write_error == ~allowed)
    index_written = access.write & (access.write_address == unit.map.address("IMAGE_INDEX"))
    told = properties.past(index_written & ~ResetSignal())
    properties.claim("a_written_image_index_is_told", unit.image_index_written == told)
    _offsets(properties, unit, geometry)
    _reads(properties, unit)
    flows = [getattr(unit, entry.name.lower()).valid for entry in _flows(unit)]
    properties.claim("a_write_goes_to_one_place", sum(flows, Const(0, 4)) <= access.write)
    properties.cover("a_pulse", unit.control.soft_reset)
    properties.cover(
        "a_threshold_of_the_last_lane", unit.threshold.valid & (unit.threshold.payload.lane == geometry.pairs - 1)
    )
    properties.cover("an_error", access.write & access.write_error & asked & access.read_error)
    threshold = unit.threshold_read
    shown = ~access.read_error & (access.read_data == 5) & (threshold.lane == geometry.pairs - 1)
    properties.cover("a_threshold_is_shown", properties.past(threshold.valid) & shown)
    return properties


def _flows(unit: RegisterFile) -> list[Register | Window]:
    """What is passed on and not stored."""
    registers = [register for register in unit.map.registers if register.access == "wo"]
    return registers + [window for window in unit.map.windows if window.name != "OFFSET"]


def _element(member: Value, register: Register, index: int) -> Value:
    """One of the registers of that name."""
    return Value.cast(member[index] if register.count > 1 else member)


def _pulses(register: Register) -> int:
    """Bits of a register that last one cycle."""
    return sum(part.mask for part in register.fields if part.pulse)


def _written(properties: Properties, opened: Opened, register: Register) -> list[Value]:
    """A register holds its reset value, or what was written to it last, less its pulses; one claim for all elements."""
    unit = opened.block
    access, m, right, reached = unit.access, properties.module, Value.cast(1), []
    for index in range(register.count):
        here = access.write_address == register.offset + 4 * index
        held = Signal(32, name=f"{register.name.lower()}_{index}_as_written", init=register.reset)
        m.d.sync += held.eq(held & (0xFFFFFFFF & ~_pulses(register)))
        with m.If(access.write & here):
            m.d.sync += held.eq(access.write_data & register.mask)
        right &= _element(getattr(unit, register.name.lower()), register, index) == held
        reached.append(here)
    properties.claim(f"{register.name.lower()}_holds_what_was_written", right)
    return reached


def _passed_on(properties: Properties, unit: RegisterFile, register: Register) -> Value:
    """A write to a register that is a memory elsewhere."""
    access, flow = unit.access, getattr(unit, register.name.lower())
    relative = access.write_address - register.offset
    here = (access.write_address >= register.offset) & (relative < 4 * register.count)
    content = (flow.payload.index == relative >> 2) & (
        Value.cast(flow.payload.value) == (access.write_data & register.mask)
    )
    right = (flow.valid == (access.write & here)) & (~flow.valid | content)
    properties.claim(f"{register.name.lower()}_is_passed_on", right)
    return here


def _window(properties: Properties, unit: RegisterFile, window: Window) -> Value:
    """A write to a window goes to its group and lane; lanes that do not exist are errors."""
    access = unit.access
    here, group, lane = _place(window, access.write_address)
    if window.name != "OFFSET":
        flow = getattr(unit, window.name.lower())
        same = (flow.payload.group == group) & (flow.payload.lane == lane) & (flow.payload.data == access.write_data)
        right = (flow.valid == (access.write & here)) & (~flow.valid | same)
        properties.claim(f"{window.name.lower()}_is_passed_on", right)
    return here


def _place(window: Window, address: Value) -> tuple[Value, Value, Value]:
    """Whether an address is one of a window, and its group and lane."""
    relative = address - window.offset
    inside = (address >= window.offset) & (relative < 4 * window.words)
    lane = (relative >> 2) & (window.stride - 1)
    return inside & (lane < window.lanes), relative >> (1 + window.stride.bit_length()), lane


def _offsets(properties: Properties, unit: RegisterFile, geometry: Geometry) -> None:
    """The offset of any one column."""
    access, window = unit.access, unit.map.window("OFFSET")
    col = properties.constant(range(geometry.cols), "any_column")
    properties.assume("column_exists", col < geometry.cols)
    stored = Signal(unit.offsets[0].shape(), name="offset_as_written")
    with properties.module.If(access.write & (access.write_address == window.offset + 4 * col)):
        properties.module.d.sync += stored.eq(access.write_data)
    properties.claim("an_offset_holds_what_was_written", unit.offsets[col] == stored)
    here = properties.past((access.read_address == window.offset + 4 * col) & ~ResetSignal())
    shown = ~access.read_error & (access.read_data.as_signed() == properties.past(stored))
    properties.claim("an_offset_is_read", ~here | shown)


def _reads(properties: Properties, unit: RegisterFile) -> None:
    """What reads as which register, as it was in the cycle of the access, and that nothing else can be read."""
    access = unit.access
    ran = properties.past(~ResetSignal())
    known = Value.cast(0)
    for register in unit.map.registers:
        if register.access == "wo":
            continue
        right = Value.cast(1)
        for index in range(register.count):
            here = properties.past(access.read_address == register.offset + 4 * index)
            known |= here
            if register.name in unit.CONSTANTS:
                value: Value = Const(register.reset, 32)
            else:
                value = properties.past(_element(getattr(unit, register.name.lower()), register, index))
            right &= ~here | (access.read_data == (value & (register.mask & ~_pulses(register))))
        properties.claim(f"{register.name.lower()}_is_read", ~ran | right)
    asked = properties.past(access.read & unit.memories_free)
    for window in unit.map.windows:
        here, group, lane = _place(window, access.read_address)
        there = properties.past(here)
        if window.name == "OFFSET":
            known |= there
            continue
        port = getattr(unit, f"{window.name.lower()}_read")
        wanted = access.read & unit.memories_free & here
        same = (port.group == group) & (port.lane == lane)
        properties.claim(f"{window.name.lower()}_is_asked", (port.valid == wanted) & (~here | same))
        properties.claim(f"{window.name.lower()}_is_shown", ~(ran & there) | (access.read_data == port.data))
        known |= there & asked
    properties.claim("a_read_of_nothing_is_an_error", ~ran | (access.read_error == ~known))
