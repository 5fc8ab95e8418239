# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the performance counters: they count what they say, and are cleared together."""

from __future__ import annotations

from amaranth import Signal
from spintile.model.geometry import Geometry
from spintile.rtl.counters import Counters

from ...formal import Properties

__all__ = ["counters"]


def counters(geometry: Geometry, block: type[Counters] = Counters) -> Properties:
    """Every counter against one that is counted here."""
    properties = Properties("performance counters")
    m = properties.module
    opened = properties.block(block())
    unit = opened.block
    events = {"cycles": unit.busy, "reads": unit.sample, "converting_cycles": unit.converting, "images": unit.result}
    for name, event in events.items():
        count = Signal(32, name=f"count_of_{name}")
        m.d.sync += count.eq(count + event)
        with m.If(unit.clear):
            m.d.sync += count.eq(0)
        properties.claim(f"{name}_are_counted", getattr(unit, name) == count)
    time, first, last = (Signal(32, name=name) for name in ("time", "time_of_first", "time_of_last"))
    m.d.sync += time.eq(time + 1)
    with m.If(unit.result):
        m.d.sync += last.eq(time)
        with m.If(unit.images == 0):
            m.d.sync += first.eq(time)
    with m.If(unit.clear):
        m.d.sync += [time.eq(0), first.eq(0), last.eq(0)]
    properties.claim("time_is_counted", opened["now"] == time)
    properties.claim("the_first_result_is_timed", unit.first_result == first)
    properties.claim("the_last_result_is_timed", unit.last_result == last)
    properties.cover("two_results", (unit.images == 2) & (unit.first_result == 1) & (unit.last_result == 3))
    return properties
