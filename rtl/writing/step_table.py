# SPDX-License-Identifier: BSD-3-Clause
"""Step table: the pulses of the schedule, towards P and towards AP."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth import Cat, Module, Signal
from amaranth.lib.data import StructLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import WRITE_STEPS

from ..register_file import register_write
from ..tokens import Flow
from .registers import step_register
from .tokens import ATTEMPT, write_step

__all__ = ["StepTable", "step_write"]


def step_write() -> StructLayout:
    """A write to STEP_P or to STEP_AP."""
    return register_write(step_register("STEP_P"))


class StepTable(Component):
    """One memory for both directions, and a flip-flop per entry that says whether its pulse has any width.

    ::

        cycle              t      t+1
        toward_p, number | d, n |
        step             |      | entry n of direction d

    Members
    -------
    step_p, step_ap : In(Flow of register_write)
        Entries from the host.
    toward_p, number : In(1), In(5)
        The entry to read; below ``WRITE_STEPS``.
    step : Out(write_step)
        In the next cycle.
    steps : In(5)
        Entries 0 .. steps-1 are used.
    empty : Out(1)
        One of those has width 0, as after reset.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "step_p": In(Flow(step_write())),
                "step_ap": In(Flow(step_write())),
                "toward_p": In(1),
                "number": In(ATTEMPT),
                "step": Out(write_step()),
                "steps": In(5),
                "empty": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The memory; the host writes one direction at a time."""
        m = Module()
        m.submodules.entries = entries = Memory(shape=write_step(), depth=2 * WRITE_STEPS, init=[])
        writer, reader = entries.write_port(), entries.read_port()
        used = Signal(WRITE_STEPS)
        unusable = []
        for direction, flow in enumerate((self.step_ap, self.step_p)):
            usable = Signal(WRITE_STEPS, name="usable_p" if direction else "usable_ap")
            value = flow.payload.value
            with m.If(flow.valid):
                m.d.comb += [
                    writer.en.eq(1),
                    writer.addr.eq(Cat(flow.payload.index, direction)),
                    writer.data.level.eq(value.level),
                    writer.data.width.eq(value.width),
                ]
                m.d.sync += usable.bit_select(flow.payload.index, 1).eq(value.width != 0)
            unusable.append((used & ~usable).any())
        m.d.comb += [
            used.eq(Cat(self.steps > step for step in range(WRITE_STEPS))),
            reader.addr.eq(Cat(self.number[: (WRITE_STEPS - 1).bit_length()], self.toward_p)),
            self.step.eq(reader.data),
            self.empty.eq(reduce(or_, unusable)),
        ]
        return m
