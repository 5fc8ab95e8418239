# SPDX-License-Identifier: BSD-3-Clause
"""Step table: every entry of both directions comes back, and missing widths are told."""

from __future__ import annotations

import random
from typing import Any

from amaranth.sim import SimulatorContext
from spintile.rtl.writing.step_table import StepTable
from stream_bench import run


async def write(ctx: SimulatorContext, flow: Any, index: int, level: int, width: int) -> None:
    """One write of the host."""
    ctx.set(flow.payload, {"index": index, "value": {"level": level, "width": width}})
    ctx.set(flow.valid, 1)
    await ctx.tick()
    ctx.set(flow.valid, 0)


def test_every_entry_comes_back_a_cycle_after_it_was_asked_for() -> None:
    dut = StepTable()
    chance = random.Random(1)
    entries = [(toward_p, number) for toward_p in (0, 1) for number in range(16)]
    values = {entry: (chance.randrange(1 << 12), chance.randrange(1, 1 << 16)) for entry in entries}

    async def testbench(ctx: SimulatorContext) -> None:
        for (toward_p, number), value in values.items():
            await write(ctx, dut.step_p if toward_p else dut.step_ap, number, *value)
        chance.shuffle(entries)
        for toward_p, number in entries:
            ctx.set(dut.toward_p, toward_p)
            ctx.set(dut.number, number)
            await ctx.tick()
            assert (ctx.get(dut.step.level), ctx.get(dut.step.width)) == values[toward_p, number]

    run(dut, testbench)


def test_used_entries_without_width_are_told() -> None:
    dut = StepTable()

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.steps, 1)
        assert ctx.get(dut.empty), "after reset no entry has a width"
        await write(ctx, dut.step_p, 0, 5, 1)
        assert ctx.get(dut.empty)
        await write(ctx, dut.step_ap, 0, 5, 65535)
        assert not ctx.get(dut.empty)
        for index in range(1, 16):
            ctx.set(dut.steps, index + 1)
            await write(ctx, dut.step_p, index, 0, 2)
            assert ctx.get(dut.empty)
            await write(ctx, dut.step_ap, index, 0, 2)
            assert not ctx.get(dut.empty)
        await write(ctx, dut.step_p, 9, 0, 0)
        ctx.set(dut.steps, 9)
        assert not ctx.get(dut.empty), "entry 9 is not used"
        ctx.set(dut.steps, 10)
        assert ctx.get(dut.empty)

    run(dut, testbench)
