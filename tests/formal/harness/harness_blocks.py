# SPDX-License-Identifier: BSD-3-Clause
"""Small blocks to prove things about: a counter that wraps, and a memory."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out


class Counter(Component):
    """Counts to ``last`` and starts again; a state machine beside it says which half it is in."""

    def __init__(self, last: int = 9) -> None:
        self.last = last
        super().__init__({"go": In(1), "value": Out(4), "high": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.inner = inner = Inner()
        steps = Signal(4)
        m.d.comb += [inner.i.eq(steps), self.value.eq(inner.o)]
        with m.If(self.go):
            m.d.sync += steps.eq(steps + 1)
            with m.If(steps == self.last):
                m.d.sync += steps.eq(0)
        with m.FSM(name="half") as half:
            m.d.comb += self.high.eq(half.ongoing("upper"))
            with m.State("lower"), m.If(self.go & (steps == 4)):
                m.next = "upper"
            with m.State("upper"), m.If(self.go & (steps == 9)):
                m.next = "lower"
        return m


class Inner(Component):
    """Passes a number on."""

    def __init__(self) -> None:
        super().__init__({"i": In(4), "o": Out(4)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.o.eq(self.i)
        return m


class Notes(Component):
    """Remembers four numbers."""

    def __init__(self) -> None:
        super().__init__({"write": In(1), "at": In(2), "value": In(4), "read": Out(4)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.notes = notes = Memory(shape=4, depth=4, init=[1, 2])
        writer, reader = notes.write_port(), notes.read_port()
        m.d.comb += [writer.addr.eq(self.at), writer.data.eq(self.value), writer.en.eq(self.write)]
        m.d.comb += [reader.addr.eq(self.at), self.read.eq(reader.data)]
        return m
