# SPDX-License-Identifier: BSD-3-Clause
"""Accumulator: sums of repaired, shifted differences, never late and never lost."""

from __future__ import annotations

from typing import Any

import pytest
from accumulator_bench import CHECKED, SMALL, accumulate, random_reads, token, wanted
from amaranth.sim import SimulatorContext
from repair_formulas import Settings
from spintile.model.geometry import Geometry
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.tokens import RepairMode
from stream_bench import run, sink, source


@pytest.mark.parametrize("pauses", [(0.0, 0.0), (0.7, 0.0), (0.0, 0.8), (0.4, 0.6)])
@pytest.mark.parametrize(
    "settings",
    [Settings(), CHECKED, *(CHECKED.with_(mode=mode) for mode in (RepairMode.RANGE_GUARD, RepairMode.CHECK))],
)
def test_every_emit_is_the_sum_of_its_reads(settings: Settings, pauses: tuple[float, float]) -> None:
    reads = random_reads(SMALL, 25)
    offsets = [2, -1, 0, 3, -4, 0, 1, 1, 5]
    seen, _ = accumulate(SMALL, reads, offsets, settings, pauses=pauses)
    assert seen == wanted(SMALL, reads, offsets, settings)


@pytest.mark.parametrize("changed", ["plane", "first", "codes"])
def test_one_wrong_read_is_noticed(changed: str) -> None:
    reads = random_reads(SMALL, 25)
    offsets = [0] * 9
    faulty = [dict(read) for read in reads]
    victim = next(number for number, read in enumerate(reads) if number > 5 and not read["first"])
    faulty[victim][changed] = {"plane": 4, "first": 1, "codes": [15, 0] * 4 + [0]}[changed]
    seen, _ = accumulate(SMALL, faulty, offsets, Settings())
    assert seen != wanted(SMALL, reads, offsets, Settings())


def test_a_read_enters_in_every_cycle_and_leaves_after_the_latency() -> None:
    reads = random_reads(SMALL, 20, longest=1)
    _, cycles = accumulate(SMALL, reads, [0] * 9, Settings())
    assert cycles[0] == SMALL.kernels + Accumulator.LATENCY, "registers are written first"
    assert cycles[-1] - cycles[0] <= 2 * 19, "an emit every other cycle is the fastest that a read path can go"


def test_reads_go_on_while_a_finished_emit_waits() -> None:
    dut = Accumulator(SMALL)
    reads = [token(0, [3, 1] * 4 + [0], first=1, last=1)]
    reads += [token(1 + n, [2, 1] * 4 + [0], first=int(n == 0), last=0) for n in range(20)]
    taken: list[tuple[int, Any]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.codes, reads)(ctx)
        assert ctx.get(dut.acc.valid)
        last = token(21, [9, 1] * 4 + [0], first=0, last=1)
        await source(dut.codes, [last])(ctx)
        for _ in range(30):
            await ctx.tick()
        assert not ctx.get(dut.codes.ready)
        await sink(dut.acc, 2, taken)(ctx)

    run(dut, testbench)
    assert [payload["acc"] for _, payload in taken] == [[2] * 4, [28] * 4]


@pytest.mark.parametrize(
    "geometry",
    [
        SMALL.replace(rows=1, cols=2, kernels=1, adc_bits=1, fraction_bits=1, acc_bits=8),
        SMALL.replace(cols=3, adc_bits=2),
        SMALL.replace(rows=64, cols=4, adc_bits=12, fraction_bits=12, acc_bits=30),
    ],
)
def test_the_smallest_and_the_widest_accumulators_add(geometry: Geometry) -> None:
    reads = random_reads(geometry, 20)
    offsets = [0] * geometry.cols
    settings = CHECKED.with_(single_bit=geometry.adc_bits == 1, mode=RepairMode.NONE)
    seen, _ = accumulate(geometry, reads, offsets, settings, pauses=(0.3, 0.3))
    assert seen == wanted(geometry, reads, offsets, settings)


@pytest.mark.parametrize("value", [2047, -2048])
def test_the_largest_sums_fit(value: int) -> None:
    """2047 = 15 * (1 + 2 + ... + 2^6) + 9 * 2^4 - 2, put together from reads of every sign."""
    positive = [(15, plane) for plane in range(7)] + [(9, 4), (-2, 0)]
    negative = [(-difference, plane) for difference, plane in positive] + [(-1, 0)]
    reads = []
    parts = positive if value > 0 else negative
    for number, (difference, plane) in enumerate(parts):
        codes = [max(difference, 0), max(-difference, 0)] * 4 + [0]
        reads.append(token(number, codes, plane=plane, first=int(number == 0), last=int(number == len(parts) - 1)))
    seen, _ = accumulate(SMALL, reads, [0] * 9, Settings())
    assert seen[0]["acc"] == [value] * 4


@pytest.mark.parametrize("cycle", range(0, 12, 2))
def test_abort_forgets_every_read(cycle: int) -> None:
    dut = Accumulator(SMALL)
    taken: list[tuple[int, Any]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        assert ctx.get(dut.idle)
        await source(dut.codes, [token(n, [3, 1] * 4 + [0], first=1, last=1) for n in range(3)])(ctx)
        for _ in range(cycle):
            assert not ctx.get(dut.idle)
            await ctx.tick()
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        assert ctx.get(dut.idle)
        await source(dut.codes, [token(9, [7, 1] * 4 + [0], first=1, last=1)])(ctx)
        await sink(dut.acc, 1, taken)(ctx)
        assert ctx.get(dut.idle)

    run(dut, testbench)
    assert taken[0][1]["tag"]["ordinal"] == 9
    assert taken[0][1]["acc"] == [6] * 4
