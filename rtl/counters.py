# SPDX-License-Identifier: BSD-3-Clause
"""Performance counters: how busy the chip was, and when its results left."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib.wiring import Component, In, Out

__all__ = ["Counters"]


class Counters(Component):
    """32-bit counters that wrap around.

    Between the first and the last of n results of a saturated chip lie ``last_result - first_result`` cycles: divided
    by n-1, the cycles per image, a little fewer than in the long run because the last images overlap with fewer
    others. ``cycles / images`` is a little more, because it includes filling the pipeline. With many images they meet.

    Members
    -------
    clear : In(1)
        Every counter is 0 in the next cycle.
    busy, sample, converting, result : In(1)
        Events of this cycle: the chip is busy, a read is sampled, converters are busy, a result is taken.
    cycles, reads, converting_cycles, images : Out(32)
        Cycles in which each of them was 1.
    first_result, last_result : Out(32)
        Cycles from ``clear`` to the first and the last result; 0 before there was one.
    """

    def __init__(self) -> None:
        outputs = ("cycles", "reads", "converting_cycles", "images", "first_result", "last_result")
        inputs = ("clear", "busy", "sample", "converting", "result")
        super().__init__({name: In(1) for name in inputs} | {name: Out(32) for name in outputs})

    def elaborate(self, platform: object) -> Module:
        """Four counters, a clock and two copies of it."""
        m = Module()
        now = Signal(32)
        m.d.sync += now.eq(now + 1)
        events = {
            "cycles": self.busy,
            "reads": self.sample,
            "converting_cycles": self.converting,
            "images": self.result,
        }
        for name, event in events.items():
            counter = getattr(self, name)
            with m.If(event):
                m.d.sync += counter.eq(counter + 1)
        with m.If(self.result):
            m.d.sync += self.last_result.eq(now)
            with m.If(self.images == 0):
                m.d.sync += self.first_result.eq(now)
        with m.If(self.clear):
            m.d.sync += [now.eq(0), self.first_result.eq(0), self.last_result.eq(0)]
            m.d.sync += [getattr(self, name).eq(0) for name in events]
        return m
