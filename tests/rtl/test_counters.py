# SPDX-License-Identifier: BSD-3-Clause
"""The performance counters count the cycles of their events and remember when results left."""

from __future__ import annotations

from amaranth.sim import SimulatorContext
from spintile.rtl.counters import Counters
from stream_bench import run


def test_events_are_counted_and_results_timed_from_the_clearing() -> None:
    counters = Counters()

    async def host(ctx: SimulatorContext) -> None:
        await ctx.tick().repeat(7)
        for _ in range(2):
            ctx.set(counters.clear, 1)
            await ctx.tick()
            ctx.set(counters.clear, 0)
            for cycle in range(20):
                ctx.set(counters.busy, cycle < 15)
                ctx.set(counters.sample, cycle % 5 == 0)
                ctx.set(counters.converting, cycle % 2)
                ctx.set(counters.result, cycle in (6, 9, 17))
                await ctx.tick()
            ctx.set(counters.result, 0)
            seen = {
                name: ctx.get(getattr(counters, name))
                for name in ("cycles", "reads", "converting_cycles", "images", "first_result", "last_result")
            }
            assert seen == {
                "cycles": 15,
                "reads": 4,
                "converting_cycles": 10,
                "images": 3,
                "first_result": 6,
                "last_result": 17,
            }

    run(counters, host)
