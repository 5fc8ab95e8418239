# SPDX-License-Identifier: BSD-3-Clause
"""Target memory: a row comes back in the cycle after it was asked for, every lane in its place."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.writing.target_memory import TargetMemory
from stream_bench import run

SMALL = Geometry(name="small", rows=3, cols=5, kernels=4)


@pytest.mark.parametrize(
    "geometry",
    [
        SMALL,
        SMALL.replace(rows=1, cols=2, kernels=1),
        SMALL.replace(cols=32),
        SMALL.replace(cols=33),
        SMALL.replace(rows=5, cols=64),
    ],
    ids=lambda geometry: f"{geometry.kernels}x{geometry.rows}x{geometry.cols}",
)
def test_every_row_keeps_every_bit(geometry: Geometry) -> None:
    dut = TargetMemory(geometry)
    chance = random.Random(1)
    rows = [(kernel, row) for kernel in range(geometry.kernels) for row in range(geometry.rows)]
    words = {place: chance.getrandbits(geometry.cols) for place in rows}

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.write.valid, 1)
        for (kernel, row), word in words.items():
            for lane in range(-(-geometry.cols // 32)):
                data = word >> 32 * lane & 0xFFFF_FFFF
                group = kernel * geometry.rows + row
                ctx.set(dut.write.payload, {"group": group, "lane": lane, "data": data})
                await ctx.tick()
        ctx.set(dut.write.valid, 0)
        ctx.set(dut.write.payload.data, 0)
        chance.shuffle(rows)
        for kernel, row in rows:
            ctx.set(dut.kernel, kernel)
            ctx.set(dut.row, row)
            await ctx.tick()
            assert ctx.get(dut.targets) == words[kernel, row]

    run(dut, testbench)


def test_one_lane_is_written_without_the_other() -> None:
    dut = TargetMemory(SMALL.replace(cols=40))

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.write.valid, 1)
        for lane, data in ((0, 0xFFFF_FFFF), (1, 0xFF), (0, 0x1234_5678)):
            ctx.set(dut.write.payload, {"group": 0, "lane": lane, "data": data})
            await ctx.tick()
        ctx.set(dut.write.valid, 0)
        await ctx.tick()
        assert ctx.get(dut.targets) == 0xFF_1234_5678

    run(dut, testbench)
