# SPDX-License-Identifier: BSD-3-Clause
"""Die memory: what was written is read, its output stands still without enable, and it may begin with a die."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.twin.die_memory import DieMemory
from spintile.rtl.twin.layout import memory_depth
from stream_bench import plain, run

SMALL = Geometry(name="small", rows=2, cols=3, kernels=3, adc_bits=2, fraction_bits=1)


def test_every_word_is_kept_and_the_output_stands_without_enable() -> None:
    dut = DieMemory(SMALL)
    chance = random.Random(1)
    words = {(k, s): [chance.randrange(-64, 64) for _ in range(3)] for k in range(3) for s in range(5)}

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.write.valid, 1)
        for (kernel, slot), data in words.items():
            ctx.set(dut.write.payload, {"address": {"kernel": kernel, "slot": slot}, "data": data})
            await ctx.tick()
        ctx.set(dut.write.valid, 0)
        for (kernel, slot), data in chance.sample(list(words.items()), len(words)):
            ctx.set(dut.address, {"kernel": kernel, "slot": slot})
            ctx.set(dut.enable, 1)
            await ctx.tick()
            ctx.set(dut.enable, 0)
            ctx.set(dut.address, {"kernel": 0, "slot": 0})
            for _ in range(2):
                assert plain(ctx.get(dut.data)) == data
                await ctx.tick()

    run(dut, testbench)


def test_it_begins_with_the_words_that_it_was_given() -> None:
    depth = memory_depth(SMALL)
    dut = DieMemory(SMALL, init=[number * 0x1_5555 & 0x1F_FFFF for number in range(depth)])

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.enable, 1)
        for kernel in range(3):
            for slot in range(5):
                ctx.set(dut.address, {"kernel": kernel, "slot": slot})
                await ctx.tick()
                packed = sum((entry & 0x7F) << 7 * column for column, entry in enumerate(plain(ctx.get(dut.data))))
                assert packed == (slot * 4 + kernel) * 0x1_5555 & 0x1F_FFFF

    run(dut, testbench)


def test_words_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^init must be at most 20 words, not 21$"):
        DieMemory(SMALL, init=[0] * 21)
    with pytest.raises(ValueError, match=r"^init must be words of 21 bits, and word 1 is 0x200000$"):
        DieMemory(SMALL, init=[0, 1 << 21])
