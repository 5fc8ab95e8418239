# SPDX-License-Identifier: BSD-3-Clause
"""Abort and soft reset in every cycle of a command: lines rest in the next one, and the next command is whole."""

from __future__ import annotations

import pytest
from amaranth.sim import SimulatorContext
from plain_writing import Command
from spintile.model.geometry import Geometry
from writer_bench import WriterBench, command

TINY = Geometry(name="tiny", rows=2, cols=2, kernels=1, adc_bits=3, fraction_bits=2, settle_cycles=1)


def bench_and_command() -> tuple[WriterBench, Command]:
    bench = WriterBench(TINY, setup=1, seed=1)
    bench.array.noise = bench.plain.array.noise = 0
    wanted = command(0, geometry=TINY, steps=2, window_p=(5, 6), window_ap=(2, 4), passes=2)
    return bench, wanted


def length() -> int:
    """Cycles from the start of the command to its end."""
    bench, wanted = bench_and_command()
    cycles = []

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        await bench.start(ctx, wanted)
        cycles.append(await bench.finish(ctx))

    bench.run(script)
    return cycles[0]


async def rests(bench: WriterBench, ctx: SimulatorContext) -> None:
    """Every line is at rest, in this cycle and for a while."""
    pins = bench.dut.array
    for _ in range(4):
        assert not ctx.get(pins.select)
        assert not ctx.get(pins.gate)
        assert not ctx.get(pins.pulse)
        assert not ctx.get(pins.level)
        assert not ctx.get(pins.row_mode.as_value())
        assert not ctx.get(pins.col_mode.as_value())
        await ctx.tick()


@pytest.mark.parametrize("by", ["abort", "soft_reset"])
def test_every_cycle_of_a_command_may_be_its_last(by: str) -> None:
    bench, wanted = bench_and_command()
    bench.pins.expect_abort()
    total = length()
    assert total > 100
    untouched = bench.array.copy()

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        dut = bench.dut
        for cycle in range(1, total):
            bench.words, bench.last = [], []
            bench.array.state, bench.array.seen = dict(untouched.state), dict(untouched.seen)
            await bench.start(ctx, wanted)
            for _ in range(cycle - 1):
                await ctx.tick()
            assert ctx.get(dut.status.busy)
            before = len(bench.words)
            ctx.set(getattr(dut, by), 1)
            await ctx.tick()
            ctx.set(getattr(dut, by), 0)
            await rests(bench, ctx)
            assert not ctx.get(dut.status.busy)
            assert ctx.get(dut.status.aborted) == (by == "abort")
            assert len(bench.words) <= before + 2, "only words that were queued may follow"
            assert not bench.last or total - cycle < 8, "only an abort after the last word comes after tlast"
        # What is left behind must not show in a whole command.
        bench.words, bench.last, bench.pins.pulses = [], [], []
        bench.plain.array = bench.array.copy()
        bench.plain.number = total - 1
        await bench.start(ctx, wanted)
        await bench.finish(ctx)
        await ctx.tick()
        bench.compare(wanted, ctx)

    bench.run(script)


def test_words_of_an_aborted_command_stay_on_offer_until_taken() -> None:
    bench, wanted = bench_and_command()
    bench.pins.expect_abort()
    dut = bench.dut

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        bench.pause = 1.0
        await bench.start(ctx, wanted)
        for _ in range(300):
            await ctx.tick()
        assert ctx.get(dut.report.tvalid), "the controller must wait for the host"
        assert not bench.words
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        for _ in range(20):
            assert ctx.get(dut.report.tvalid)
            assert ctx.get(dut.status.busy)
            await ctx.tick()
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        assert ctx.get(dut.status.refused), "no command before the words of the last one are gone"
        bench.pause = 0.0
        while ctx.get(dut.status.busy):
            await ctx.tick()
        await ctx.tick()
        assert len(bench.words) == 2
        assert not bench.last

    bench.run(script)


def test_soft_reset_clears_the_words_on_offer() -> None:
    bench, wanted = bench_and_command()
    bench.pins.expect_abort()
    dut = bench.dut

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        await bench.start(ctx, wanted)
        for _ in range(300):
            await ctx.tick()
        assert ctx.get(dut.report.tvalid)
        ctx.set(dut.soft_reset, 1)
        await ctx.tick()
        ctx.set(dut.soft_reset, 0)
        assert not ctx.get(dut.report.tvalid)
        assert not ctx.get(dut.status.busy)

    # The bench's own watch of the stream does not hold across a soft reset.
    bench.run(script, report=False)
