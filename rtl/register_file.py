# SPDX-License-Identifier: BSD-3-Clause
"""Register file: the hardware of the register map."""

from __future__ import annotations

import dataclasses

from amaranth import Array, Const, Module, Signal, Value, unsigned
from amaranth.lib.data import ArrayLayout, Field, FlexibleLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out, Signature
from spintile.model.geometry import Geometry

from .axi_lite import RegisterAccess
from .features import FULL, Features
from .registers import Register, Window, register_map
from .tokens import Flow, offsets_layout

__all__ = ["RegisterFile", "WindowRead", "register_layout", "register_write", "window_write"]


def register_layout(register: Register) -> FlexibleLayout | ArrayLayout:
    """Bits of a register as named fields; an array of them for a register with more than one element."""
    layout = FlexibleLayout(32, {part.name: Field(unsigned(part.width), part.low) for part in register.fields})
    return ArrayLayout(layout, register.count) if register.count > 1 else layout


def register_write(register: Register) -> StructLayout:
    """A write to one of the registers of a write-only array."""
    one = dataclasses.replace(register, count=1)
    return StructLayout({"index": unsigned(max(1, (register.count - 1).bit_length())), "value": register_layout(one)})


def window_write(window: Window) -> StructLayout:
    """A write to a window: number of the group, lane inside it, and the word."""
    return StructLayout(
        {
            "group": unsigned(max(1, (window.groups - 1).bit_length())),
            "lane": unsigned(max(1, (window.stride - 1).bit_length())),
            "data": unsigned(32),
        }
    )


class WindowRead(Signature):
    """Request and answer of a read of a window, seen by the register file.

    Members
    -------
    valid : Out(1)
        The memory is asked for a word in this cycle, whatever else it was asked for.
    group, lane : Out
        Which one; both stand in the next cycle too.
    data : In(32)
        The word, in the next cycle.
    """

    def __init__(self, window: Window) -> None:
        place = window_write(window).members
        super().__init__({"valid": Out(1), "group": Out(place["group"]), "lane": Out(place["lane"]), "data": In(32)})


class RegisterFile(Component):
    """Holds what the host writes, shows what the chip reports, and passes on writes and reads of the windows.

    Its members follow from the register map: they carry the names of the registers and windows in small letters. What
    the features leave out reads 0 and ignores what is written; its member stays 0.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        What of it is built.

    Members
    -------
    access : In(RegisterAccess)
        One access per cycle and direction; a written register changes in the next cycle.
    memories_free : In(1)
        The chip does not use the memories behind the windows: they may be read. Offsets may be read always.
    <register> : Out(register_layout) for ``rw``, In(register_layout) for ``ro``
        Fields that the map calls a pulse are 1 for one cycle, the one after the write. Registers that are constants in
        the map (IDENTITY, VERSION, GEOMETRY, FEATURES) have no member.
    <register> : Out(Flow of register_write) for ``wo``
        In the cycle of the access.
    image_index_written : Out(1)
        1 in the cycle after IMAGE_INDEX was written.
    <window> : Out(Flow of window_write), <window>_read : Out(WindowRead)
        In the cycle of the access. ``offset`` has none:
    offsets : Out(offsets_layout)
        The offsets of all columns.
    """

    CONSTANTS = frozenset({"IDENTITY", "VERSION", "GEOMETRY", "FEATURES"})

    def __init__(self, geometry: Geometry, features: Features = FULL) -> None:
        self.geometry = geometry
        self.features = features
        self.map = register_map(geometry)
        members = {
            register.name.lower(): (Out if register.access == "rw" else In)(register_layout(register))
            for register in self.map.registers
            if register.name not in self.CONSTANTS and register.access != "wo"
        }
        members |= {
            register.name.lower(): Out(Flow(register_write(register)))
            for register in self.map.registers
            if register.access == "wo"
        }
        members |= {
            window.name.lower(): Out(Flow(window_write(window)))
            for window in self.map.windows
            if window.name != "OFFSET"
        }
        members |= {
            f"{window.name.lower()}_read": Out(WindowRead(window))
            for window in self.map.windows
            if window.name != "OFFSET"
        }
        super().__init__(
            {
                "access": In(RegisterAccess()),
                "memories_free": In(1),
                "image_index_written": Out(1),
                "offsets": Out(offsets_layout(geometry)),
                **members,
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Address decoders from the map, storage, read multiplexer."""
        m = Module()
        access = self.access
        storage = {
            (register.name, index): self._storage(m, register, index)
            for register in self.map.registers
            if register.access == "rw" and self.features.holds(register.name)
            for index in range(register.count)
        }
        exists, readable = Signal(), Signal()
        with m.Switch(access.write_address):
            for register in self.map.registers:
                for index in range(register.count):
                    with m.Case(register.offset + 4 * index):
                        if register.access != "ro":
                            m.d.comb += exists.eq(1)
                        if (register.name, index) in storage:
                            with m.If(access.write):
                                m.d.sync += storage[register.name, index].eq(access.write_data & register.mask)
                        elif register.access == "wo" and self.features.holds(register.name):
                            flow = getattr(self, register.name.lower())
                            m.d.comb += [flow.valid.eq(access.write), flow.payload.index.eq(index)]
        self._written_windows(m, exists)
        for register in self.map.registers:
            if register.access == "wo":
                value = Value.cast(getattr(self, register.name.lower()).payload.value)
                m.d.comb += value.eq(access.write_data & register.mask)
        m.d.comb += access.write_error.eq(~exists)
        index_offset = self.map.address("IMAGE_INDEX")
        m.d.sync += self.image_index_written.eq(access.write & (access.write_address == index_offset))

        # Registers are looked at in the cycle of the access, as memories are, and shown in the next one.
        shown, found = Signal(32), Signal()
        m.d.sync += [shown.eq(0), found.eq(0)]
        with m.Switch(access.read_address):
            for register in self.map.registers:
                if register.access == "wo":
                    continue
                for index in range(register.count):
                    with m.Case(register.offset + 4 * index):
                        m.d.sync += [found.eq(1), shown.eq(self._value(register, index))]
        m.d.comb += [readable.eq(found), access.read_data.eq(shown)]
        if self.features.testing:
            self._read_windows(m, readable, found, shown)
        m.d.comb += access.read_error.eq(~readable)
        return m

    def _storage(self, m: Module, register: Register, index: int) -> Signal:
        """Flip-flops of a register; those of pulses last one cycle."""
        array = register.count > 1
        stored = Signal(32, name=f"{register.name.lower()}_{index if array else 'value'}", init=register.reset)
        member = getattr(self, register.name.lower())
        m.d.comb += Value.cast(member[index] if array else member).eq(stored)
        pulses = sum(part.mask for part in register.fields if part.pulse)
        if pulses:
            m.d.sync += stored.eq(stored & ~Const(pulses, 32))
        return stored

    def _value(self, register: Register, index: int) -> Value:
        """What reads as the register: pulses and bits without a field are 0."""
        if register.name == "FEATURES":
            return Const(self.features.word, 32)
        if register.name in self.CONSTANTS:
            return Const(register.reset, 32)
        if not self.features.holds(register.name) or (register.access == "rw" and not self.features.testing):
            return Const(0, 32)
        value = getattr(self, register.name.lower())
        kept = sum(part.mask for part in register.fields if not part.pulse)
        return Value.cast(value[index] if register.count > 1 else value) & kept

    def _written_windows(self, m: Module, exists: Signal) -> None:
        """Writes outside the registers."""
        access = self.access
        for window in self.map.windows:
            inside, group, lane = self._place(m, window, access.write_address, "write")
            with m.If(inside):
                m.d.comb += exists.eq(1)
            if not self.features.holds(window.name):
                continue
            if window.name == "OFFSET":
                width = self.geometry.adc_bits + 1
                with m.If(inside & access.write):
                    m.d.sync += self.offsets[group].eq(access.write_data[:width].as_signed())
            else:
                flow = getattr(self, window.name.lower())
                m.d.comb += [
                    flow.valid.eq(inside & access.write),
                    flow.payload.group.eq(group),
                    flow.payload.lane.eq(lane),
                    flow.payload.data.eq(access.write_data),
                ]

    def _read_windows(self, m: Module, readable: Signal, found: Signal, shown: Signal) -> None:
        """Reads outside the registers: memories are asked in the cycle of the access, if they are free."""
        access = self.access
        asked = Signal()  # in the cycle before, while the memories were free
        m.d.sync += asked.eq(access.read & self.memories_free)
        for window in self.map.windows:
            inside, group, lane = self._place(m, window, access.read_address, "read")
            if window.name == "OFFSET":
                # Chosen by comparison: as bits of one long number, they would be found by a multiplication.
                offsets = Array(self.offsets[column] for column in range(self.geometry.cols))
                with m.If(inside):
                    m.d.sync += [found.eq(1), shown.eq(offsets[group])]
                continue
            port = getattr(self, f"{window.name.lower()}_read")
            answers = Signal(name=f"{window.name.lower()}_answers")
            m.d.comb += [
                port.valid.eq(inside & access.read & self.memories_free),
                port.group.eq(group),
                port.lane.eq(lane),
            ]
            m.d.sync += answers.eq(inside)
            with m.If(answers):
                m.d.comb += [readable.eq(asked), access.read_data.eq(port.data)]

    @staticmethod
    def _place(m: Module, window: Window, address: Signal, what: str) -> tuple[Signal, Value, Value]:
        """Whether an address is in a window, and its group and lane there."""
        name = f"{window.name.lower()}_{what}"
        bits = (4 * window.words - 1).bit_length()
        relative = Signal(bits - 2, name=f"{name}_word")
        inside = Signal(name=f"{name}_inside")
        shift = window.stride.bit_length() - 1
        lane = relative[:shift]
        if window.offset % (1 << bits):  # a large window that does not lie at a multiple of its size
            distance = address - window.offset
            there = (address >= window.offset) & (distance < 1 << bits)
        else:
            distance = address
            there = address[bits:] == window.offset >> bits
        m.d.comb += [
            relative.eq(distance[2:bits]),
            inside.eq(there & (relative < window.words) & (lane < window.lanes)),
        ]
        return inside, relative[shift:], lane
