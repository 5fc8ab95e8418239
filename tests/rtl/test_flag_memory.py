# SPDX-License-Identifier: BSD-3-Clause
"""Flag memory: the flags of a kernel come back in the cycle after it was asked for, every lane in its place."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.flag_memory import FlagMemory
from stream_bench import run

SMALL = Geometry(name="small", rows=3, cols=5, kernels=4)


async def write(ctx: SimulatorContext, dut: FlagMemory, kernel: int, lane: int, data: int) -> None:
    """One word of the window."""
    ctx.set(dut.write.payload, {"group": kernel, "lane": lane, "data": data})
    ctx.set(dut.write.valid, 1)
    await ctx.tick()
    ctx.set(dut.write.valid, 0)


@pytest.mark.parametrize(
    "geometry",
    [
        SMALL,
        SMALL.replace(cols=2, kernels=1),
        SMALL.replace(cols=32),
        SMALL.replace(cols=33, kernels=5),
        SMALL.replace(cols=64, kernels=256),
    ],
    ids=lambda geometry: f"{geometry.kernels}x{geometry.cols}",
)
def test_every_kernel_keeps_every_bit(geometry: Geometry) -> None:
    dut = FlagMemory(geometry)
    chance = random.Random(1)
    words = [chance.getrandbits(geometry.cols) for _ in range(geometry.kernels)]
    order = list(range(geometry.kernels))
    chance.shuffle(order)

    async def testbench(ctx: SimulatorContext) -> None:
        for kernel, word in enumerate(words):
            for lane in range(-(-geometry.cols // 32)):
                await write(ctx, dut, kernel, lane, word >> 32 * lane & 0xFFFF_FFFF)
        ctx.set(dut.enable, 1)
        for kernel in order:
            ctx.set(dut.kernel, kernel)
            await ctx.tick()
            assert ctx.get(dut.flags) == words[kernel]

    run(dut, testbench)


def test_one_lane_is_written_without_the_other() -> None:
    dut = FlagMemory(SMALL.replace(cols=40))

    async def testbench(ctx: SimulatorContext) -> None:
        for lane, data in ((0, 0xFFFF_FFFF), (1, 0xFF), (0, 0x1234_5678)):
            await write(ctx, dut, 0, lane, data)
        ctx.set(dut.enable, 1)
        await ctx.tick()
        assert ctx.get(dut.flags) == 0xFF_1234_5678

    run(dut, testbench)


def test_flags_stand_still_while_it_is_not_enabled() -> None:
    dut = FlagMemory(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        await write(ctx, dut, 1, 0, 0b10101)
        await write(ctx, dut, 2, 0, 0b01110)
        ctx.set(dut.enable, 1)
        ctx.set(dut.kernel, 1)
        await ctx.tick()
        ctx.set(dut.enable, 0)
        ctx.set(dut.kernel, 2)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.flags) == 0b10101
        ctx.set(dut.enable, 1)
        await ctx.tick()
        assert ctx.get(dut.flags) == 0b01110

    run(dut, testbench)
