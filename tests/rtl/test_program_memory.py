# SPDX-License-Identifier: BSD-3-Clause
"""The program memories give back what the host wrote, a cycle after the address."""

from __future__ import annotations

import random
from typing import Any

from amaranth.sim import SimulatorContext
from spintile.model.geometry import THRESHOLD, Geometry, pack
from spintile.rtl.program_memory import ProgramMemory
from stream_bench import plain, run

GEOMETRY = Geometry(
    name="small", rows=5, cols=7, kernels=3, acc_bits=10, instruction_depth=6, segment_depth=9, threshold_depth=5
)


async def put(ctx: SimulatorContext, flow: Any, group: int, lane: int, data: int) -> None:
    ctx.set(flow.payload, {"group": group, "lane": lane, "data": data})
    ctx.set(flow.valid, 1)
    await ctx.tick()
    ctx.set(flow.valid, 0)


def test_words_are_read_as_they_were_written() -> None:
    memory = ProgramMemory(GEOMETRY)
    chance = random.Random(1)
    instructions = [chance.getrandbits(64) for _ in range(6)]
    segments = [chance.getrandbits(32) for _ in range(9)]
    thresholds = [
        [pack(THRESHOLD, value=chance.randint(-1024, 1023), invert=chance.randrange(2)) for _ in range(3)]
        for _ in range(5)
    ]

    async def host(ctx: SimulatorContext) -> None:
        for number, word in enumerate(instructions):
            await put(ctx, memory.instruction, number, 0, word & 0xFFFF_FFFF)
            await put(ctx, memory.instruction, number, 1, word >> 32)
        for number, word in enumerate(segments):
            await put(ctx, memory.segment, number, 0, word)
        for number, lanes in enumerate(thresholds):
            for lane, word in enumerate(lanes):
                await put(ctx, memory.threshold, number, lane, word)
        for number in range(9):
            ctx.set(memory.instruction_address, number % 6)
            ctx.set(memory.segment_address, number)
            ctx.set(memory.threshold_address, number % 5)
            await ctx.tick()
            assert ctx.get(memory.instruction_word) == instructions[number % 6]
            assert ctx.get(memory.segment_word) == segments[number]
            assert plain(ctx.get(memory.threshold_word)) == thresholds[number % 5]

    run(memory, host)


def test_an_instruction_is_stored_with_its_high_word_only() -> None:
    memory = ProgramMemory(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        await put(ctx, memory.instruction, 2, 0, 0x11)
        await put(ctx, memory.instruction, 2, 1, 0x22)
        await put(ctx, memory.instruction, 2, 0, 0x33)
        ctx.set(memory.instruction_address, 2)
        await ctx.tick()
        assert ctx.get(memory.instruction_word) == 0x22_0000_0011
        await put(ctx, memory.instruction, 2, 1, 0x44)
        await ctx.tick()
        assert ctx.get(memory.instruction_word) == 0x44_0000_0033

    run(memory, host)
