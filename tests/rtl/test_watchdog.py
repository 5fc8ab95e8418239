# SPDX-License-Identifier: BSD-3-Clause
"""The watchdog tells of as many waiting cycles in a row as its limit says, and of no fewer."""

from __future__ import annotations

import pytest
from amaranth.sim import SimulatorContext
from spintile.rtl.watchdog import Watchdog
from stream_bench import run


async def wait(ctx: SimulatorContext, dut: Watchdog, cycles: int) -> None:
    """So many waiting cycles, and one that is none."""
    ctx.set(dut.waiting, 1)
    await ctx.tick().repeat(cycles)
    ctx.set(dut.waiting, 0)
    await ctx.tick()


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_the_limit_and_one_cycle_less(limit: int) -> None:
    dut = Watchdog()

    async def host(ctx: SimulatorContext) -> None:
        ctx.set(dut.limit, limit)
        for _ in range(3):
            if limit > 1:
                await wait(ctx, dut, limit - 1)
            assert ctx.get(dut.error) == 0
        await wait(ctx, dut, limit)
        assert ctx.get(dut.error) == 1
        await ctx.tick().repeat(3)
        assert ctx.get(dut.error) == 1
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        assert ctx.get(dut.error) == 0
        await wait(ctx, dut, limit)
        assert ctx.get(dut.error) == 1

    run(dut, host)


def test_without_a_limit_it_waits_for_ever() -> None:
    dut = Watchdog()

    async def host(ctx: SimulatorContext) -> None:
        await wait(ctx, dut, (1 << 16) + 5)
        assert ctx.get(dut.error) == 0

    run(dut, host, limit=1 << 17)
