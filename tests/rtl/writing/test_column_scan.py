# SPDX-License-Identifier: BSD-3-Clause
"""Column scan: sums, references and judgements of every column, in order, whatever the taker does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry, Outcome
from spintile.rtl.writing.column_scan import ColumnScan
from stream_bench import no_path, plain, run

GEOMETRY = Geometry(name="small", rows=2, cols=7, kernels=1, adc_bits=6)
WINDOWS = {"p": {"low": 20, "high": 30}, "ap": {"low": 8, "high": 15}}


async def scan(
    ctx: SimulatorContext, dut: ColumnScan, codes: list[int], pause: float = 0.0, **fields: Any
) -> tuple[list[dict[str, int]], int]:
    """One scan; its results and the cycles from start to idle."""
    values = {"first": 0, "last": len(codes) - 1, "opening": 1, "reference": 0, "targets": 0, "windows": WINDOWS}
    chance = random.Random(1)
    ctx.set(dut.codes, codes)
    for name, value in {**values, **fields}.items():
        ctx.set(getattr(dut, name), value)
    ctx.set(dut.start, 1)
    results = []
    cycles = 0
    while True:
        ready = chance.random() >= pause
        ctx.set(dut.results.ready, ready)
        _, _, valid, result = await ctx.tick().sample(dut.results.valid, dut.results.payload)
        cycles += 1
        ctx.set(dut.start, 0)
        if valid and ready:
            results.append(plain(result))
        if ctx.get(dut.idle):
            return results, cycles


@pytest.mark.parametrize("pause", [0.0, 0.6])
def test_totals_add_up_and_lose_the_reference(pause: float) -> None:
    dut = ColumnScan(GEOMETRY)
    chance = random.Random(2)
    references = [[chance.randrange(64) for _ in range(7)] for _ in range(32)]
    reads = [[chance.randrange(64) for _ in range(7)] for _ in range(32)]

    async def testbench(ctx: SimulatorContext) -> None:
        for number, codes in enumerate(references):
            await scan(ctx, dut, codes, pause, opening=number == 0, reference=1)
        base = [sum(column) for column in zip(*references, strict=True)]
        for number, codes in enumerate(reads):
            results, _ = await scan(ctx, dut, codes, pause, opening=number == 0)
            total = [sum(column) for column in zip(*reads[: number + 1], strict=True)]
            assert [result["col"] for result in results] == list(range(7))
            assert [result["last"] for result in results] == [0] * 6 + [1]
            assert [result["total"] for result in results] == total
            assert [result["difference"] for result in results] == [a - b for a, b in zip(total, base, strict=True)]

    run(dut, testbench, background=[no_path([dut.results.ready], [dut.results.valid, dut.idle])])


def test_largest_total_and_smallest_difference_do_not_overflow() -> None:
    dut = ColumnScan(Geometry(name="wide codes", rows=1, cols=2, kernels=1, adc_bits=12))

    async def testbench(ctx: SimulatorContext) -> None:
        for number in range(32):
            results, _ = await scan(ctx, dut, [4095, 4095], opening=number == 0, reference=1)
        assert [result["total"] for result in results] == [32 * 4095] * 2
        for number in range(32):
            results, _ = await scan(ctx, dut, [0, 4095], opening=number == 0)
        assert [result["difference"] for result in results] == [-32 * 4095, 0]

    run(dut, testbench)


@pytest.mark.parametrize("toward_p", [0, 1])
def test_every_difference_is_judged_by_the_windows(toward_p: int) -> None:
    dut = ColumnScan(GEOMETRY)

    def outcome(difference: int) -> int:
        in_p, in_ap = 20 <= difference <= 30, 8 <= difference <= 15
        if in_p if toward_p else in_ap:
            return Outcome.OK
        if difference > 30:
            return Outcome.SHORT
        if difference < 8:
            return Outcome.OPEN
        return Outcome.STUCK if in_p or in_ap else Outcome.MARGINAL

    async def testbench(ctx: SimulatorContext) -> None:
        await scan(ctx, dut, [20] * 7, reference=1)
        for start in range(0, 64, 7):
            codes = [min(start + col, 63) for col in range(7)]
            results, _ = await scan(ctx, dut, codes, targets=0b1111111 * toward_p)
            assert [result["outcome"] for result in results] == [outcome(code - 20) for code in codes]
            assert [result["ok"] for result in results] == [outcome(code - 20) == Outcome.OK for code in codes]

    run(dut, testbench)


def test_moved_window_shows() -> None:
    dut = ColumnScan(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        await scan(ctx, dut, [0] * 7, reference=1)
        right, _ = await scan(ctx, dut, [30] * 7, targets=0b1111111)
        moved, _ = await scan(ctx, dut, [30] * 7, targets=0b1111111, windows={**WINDOWS, "p": {"low": 20, "high": 29}})
        assert [result["outcome"] for result in right] == [Outcome.OK] * 7
        assert [result["outcome"] for result in moved] == [Outcome.SHORT] * 7

    run(dut, testbench)


@pytest.mark.parametrize(("first", "last"), [(0, 6), (2, 4), (6, 6), (0, 0)])
def test_a_scan_of_n_columns_takes_n_and_four_cycles(first: int, last: int) -> None:
    dut = ColumnScan(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        await scan(ctx, dut, [5] * 7, reference=1)
        results, cycles = await scan(ctx, dut, [10, 11, 12, 13, 14, 15, 16], first=first, last=last)
        assert [(result["col"], result["difference"]) for result in results] == [
            (col, 5 + col) for col in range(first, last + 1)
        ]
        assert cycles == last - first + 1 + 4

    run(dut, testbench)


def test_a_mark_stays_with_its_column() -> None:
    dut = ColumnScan(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.mark.valid, 1)
        ctx.set(dut.mark.payload, 9)
        await scan(ctx, dut, [0] * 7, reference=1)
        ctx.set(dut.mark.payload, 16)
        await scan(ctx, dut, [0] * 7, first=2, last=3)
        ctx.set(dut.mark.valid, 0)
        ctx.set(dut.mark.payload, 5)
        results, _ = await scan(ctx, dut, [0] * 7)
        assert [result["mark"] for result in results] == [9, 9, 16, 16, 9, 9, 9]

    run(dut, testbench)


@pytest.mark.parametrize("wait", range(1, 10))
def test_abort_drops_the_scan(wait: int) -> None:
    dut = ColumnScan(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        await scan(ctx, dut, [0] * 7, reference=1)
        ctx.set(dut.results.ready, 0)
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        await ctx.tick().repeat(wait)
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        for _ in range(6):
            assert ctx.get(dut.idle)
            assert not ctx.get(dut.results.valid)
            await ctx.tick()
        results, _ = await scan(ctx, dut, [1, 2, 3, 4, 5, 6, 7])
        assert [result["difference"] for result in results] == [1, 2, 3, 4, 5, 6, 7]

    run(dut, testbench)
