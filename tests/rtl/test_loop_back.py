# SPDX-License-Identifier: BSD-3-Clause
"""The loop-back answers trials from its codes when it is on, and is wires when it is off."""

from __future__ import annotations

import random

from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.loop_back import LoopBack
from stream_bench import run

GEOMETRY = Geometry(name="small", rows=3, cols=5, kernels=2, adc_bits=4)


def test_comparators_follow_the_codes_of_their_columns() -> None:
    dut = LoopBack(GEOMETRY)
    chance = random.Random(1)

    async def host(ctx: SimulatorContext) -> None:
        ctx.set(dut.settings.loop_back, 1)
        for number in range(60):
            codes, trials = ([chance.choice([0, 7, 8, 15]) for _ in range(5)] for _ in range(2))
            single = number % 3 == 0
            ctx.set(dut.settings.codes, codes)
            ctx.set(dut.sense.trial, trials)
            ctx.set(dut.sense.differential, single)
            ctx.set(dut.sense.strobe, 1)
            ctx.set(dut.array.comparator, chance.getrandbits(5))
            await ctx.tick()
            ctx.set(dut.sense.strobe, 0)
            ctx.set(dut.sense.trial, [0] * 5)
            found = [ctx.get(dut.sense.comparator) >> col & 1 for col in range(5)]
            if single:
                assert found[0:4:2] == [codes[0] >= codes[1], codes[2] >= codes[3]]
            else:
                assert found == [code >= trial for code, trial in zip(codes, trials, strict=True)]

    run(dut, host)


def test_the_array_is_heard_when_it_is_off_and_only_seen_when_it_is_on() -> None:
    dut = LoopBack(GEOMETRY)

    async def host(ctx: SimulatorContext) -> None:
        ctx.set(dut.settings.codes, [15, 15, 15, 15, 15])
        ctx.set(dut.sense.trial, [1, 2, 3, 4, 5])
        ctx.set(dut.sense.strobe, 1)
        ctx.set(dut.sense.sample, 1)
        await ctx.tick()
        for on in (0, 1):
            ctx.set(dut.settings.loop_back, on)
            await ctx.tick()
            for ready in (0, 1):
                ctx.set(dut.array.ready, ready)
                ctx.set(dut.array.comparator, 0b01010)
                assert ctx.get(dut.sense.ready) == (on or ready)
                assert ctx.get(dut.array.sample) == ready
                assert ctx.get(dut.sense.comparator) == (0b11111 if on else 0b01010)
                assert ctx.get(dut.array.strobe) == 1
                assert [ctx.get(dut.array.trial[col]) for col in range(5)] == [1, 2, 3, 4, 5]

    run(dut, host)
