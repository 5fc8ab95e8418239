# SPDX-License-Identifier: BSD-3-Clause
"""Row driver: one kernel at a time, settled before it is sampled, released at once after."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.row_driver import RowDriver
from stream_bench import Testbench, no_path, plain, run, sink, source

SMALL = Geometry(name="small", rows=3, cols=5, kernels=6)


def token(ordinal: int, rows: int = 0b101, kernel: int = 2) -> dict[str, Any]:
    return {
        "rows": rows,
        "count": rows.bit_count(),
        "kernel": kernel,
        "plane": 1,
        "first": 0,
        "last": 1,
        "replica": ordinal % 4,
        "flagged": ordinal % 2,
        "tag": {"image": 9, "ordinal": ordinal, "layer": 1},
    }


def without_rows(read: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in read.items() if name != "rows"}


def lines(ctx: SimulatorContext, dut: RowDriver) -> dict[str, int]:
    """What the lines carry in this cycle; every mode must be reference or read."""
    modes = plain(ctx.get(dut.lines.row_mode))
    assert set(modes) <= {LineMode.REFERENCE.value, LineMode.READ.value}
    assert plain(ctx.get(dut.lines.col_mode)) == [LineMode.REFERENCE.value] * dut.geometry.cols
    return {
        "select": ctx.get(dut.lines.select),
        "rows": sum((mode == LineMode.READ.value) << row for row, mode in enumerate(modes)),
        "gate": ctx.get(dut.lines.gate),
    }


def driven(geometry: Geometry, read: dict[str, Any]) -> dict[str, int]:
    return {"select": 1 << read["kernel"], "rows": read["rows"], "gate": (1 << geometry.cols) - 1}


REST = {"select": 0, "rows": 0, "gate": 0}


def settle(dut: RowDriver, cycles: int) -> Testbench:
    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.settle, cycles)

    return testbench


@pytest.mark.parametrize("cycles", [0, 1, 2, 5, 255])
def test_a_read_is_offered_after_settle_whole_cycles(cycles: int) -> None:
    dut = RowDriver(SMALL)
    read = token(1)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.settle, cycles)
        ctx.set(dut.rows.payload, read)
        ctx.set(dut.rows.valid, 1)
        assert lines(ctx, dut) == REST
        await ctx.tick()
        ctx.set(dut.rows.valid, 0)
        for _ in range(cycles):
            assert lines(ctx, dut) == driven(SMALL, read)
            assert not ctx.get(dut.read.valid)
            await ctx.tick()
        for _ in range(3):
            assert lines(ctx, dut) == driven(SMALL, read)
            assert ctx.get(dut.lines.kernel) == read["kernel"]
            assert plain(ctx.get(dut.read.payload)) == without_rows(read)
            assert ctx.get(dut.read.valid)
            await ctx.tick()

    run(dut, testbench)


def test_lines_rest_in_the_cycle_after_a_sample_if_nothing_waits() -> None:
    dut = RowDriver(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.rows, [token(1)])(ctx)
        ctx.set(dut.read.ready, 1)
        assert lines(ctx, dut) == driven(SMALL, token(1))
        await ctx.tick()
        for _ in range(3):
            assert lines(ctx, dut) == REST
            assert not ctx.get(dut.read.valid)
            await ctx.tick()

    run(dut, testbench)


def test_the_waiting_read_is_driven_in_the_cycle_after_a_sample() -> None:
    dut = RowDriver(SMALL)
    first, second = token(1, rows=0b001, kernel=0), token(2, rows=0b110, kernel=5)

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.rows, [first, second])(ctx)
        assert not ctx.get(dut.rows.ready)
        assert lines(ctx, dut) == driven(SMALL, first)
        ctx.set(dut.read.ready, 1)
        await ctx.tick()
        assert lines(ctx, dut) == driven(SMALL, second)
        assert ctx.get(dut.rows.ready)

    run(dut, testbench)


@pytest.mark.parametrize("cycles", [0, 1, 3])
def test_reads_settle_back_to_back(cycles: int) -> None:
    dut = RowDriver(SMALL)
    taken: list[tuple[int, Any]] = []
    run(
        dut,
        settle(dut, cycles),
        source(dut.rows, [token(number) for number in range(8)]),
        sink(dut.read, 8, taken),
    )
    times = [cycle for cycle, _ in taken][2:]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {cycles + 1}


@pytest.mark.parametrize("geometry", [SMALL, SMALL.replace(rows=1, cols=2, kernels=1), SMALL.replace(kernels=256)])
@pytest.mark.parametrize(("pause_in", "pause_out"), [(0.0, 0.0), (0.7, 0.2), (0.2, 0.7)])
def test_reads_pass_in_order_and_lines_hold_what_is_sampled(
    geometry: Geometry, pause_in: float, pause_out: float
) -> None:
    dut = RowDriver(geometry)
    chance = random.Random(4)
    reads = [
        token(number, rows=chance.randrange(1 << geometry.rows), kernel=chance.randrange(geometry.kernels))
        for number in range(60)
    ]
    taken: list[tuple[int, Any]] = []
    seen: list[dict[str, int]] = []

    async def monitor(ctx: SimulatorContext) -> None:
        while True:
            await ctx.tick()
            await ctx.delay(0.5e-6)
            now = lines(ctx, dut)
            assert now["select"].bit_count() <= 1, "never may two kernels be selected"
            assert bool(now["select"]) == bool(now["gate"])
            assert now["select"] or not now["rows"]
            if ctx.get(dut.read.valid) and ctx.get(dut.read.ready):
                seen.append(now)

    run(
        dut,
        settle(dut, 1),
        source(dut.rows, reads, pause=pause_in),
        sink(dut.read, len(reads), taken, pause=pause_out),
        background=[
            monitor,
            no_path([dut.read.ready], [dut.rows.ready, dut.read.valid]),
            no_path([dut.rows.valid], [dut.rows.ready, dut.read.valid]),
        ],
    )
    assert [payload for _, payload in taken] == [without_rows(read) for read in reads]
    assert seen == [driven(geometry, read) for read in reads]


def test_a_kernel_that_does_not_exist_selects_none() -> None:
    dut = RowDriver(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.rows, [token(1, kernel=7)])(ctx)
        assert ctx.get(dut.lines.select) == 0

    run(dut, testbench)


@pytest.mark.parametrize("reads", [1, 2])
def test_abort_leaves_no_line_driven(reads: int) -> None:
    dut = RowDriver(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.settle, 4)
        await source(dut.rows, [token(number) for number in range(reads)])(ctx)
        assert lines(ctx, dut) != REST
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        for _ in range(8):
            assert lines(ctx, dut) == REST
            assert not ctx.get(dut.read.valid)
            assert ctx.get(dut.rows.ready)
            await ctx.tick()

    run(dut, testbench)


def test_a_claim_selects_its_kernel_alone_and_reads_wait_for_its_end() -> None:
    dut = RowDriver(SMALL)
    read = token(1)

    async def testbench(ctx: SimulatorContext) -> None:
        assert ctx.get(dut.rest)
        ctx.set(dut.claim, 1)
        ctx.set(dut.claim_kernel, 5)
        ctx.set(dut.rows.payload, read)
        ctx.set(dut.rows.valid, 1)
        await ctx.tick()
        ctx.set(dut.rows.valid, 0)
        for _ in range(4):
            assert lines(ctx, dut) == {"select": 1 << 5, "rows": 0, "gate": 0}
            assert ctx.get(dut.lines.kernel) == 5
            assert not ctx.get(dut.read.valid)
            assert not ctx.get(dut.rest), "a read waits"
            await ctx.tick()
        ctx.set(dut.claim, 0)
        await ctx.tick()
        assert lines(ctx, dut) == driven(SMALL, read)

    run(dut, testbench)


def test_a_claim_does_not_take_the_kernel_from_a_read() -> None:
    dut = RowDriver(SMALL)
    read = token(1)

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.rows, [read])(ctx)
        ctx.set(dut.claim, 1)
        ctx.set(dut.claim_kernel, 5)
        for _ in range(4):
            assert not ctx.get(dut.rest)
            assert lines(ctx, dut) == driven(SMALL, read)
            await ctx.tick()
        await sink(dut.read, 1, [])(ctx)
        assert lines(ctx, dut) == {"select": 1 << 5, "rows": 0, "gate": 0}

    run(dut, testbench)


def test_abort_takes_the_kernel_from_a_claim() -> None:
    dut = RowDriver(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.claim, 1)
        await ctx.tick().repeat(3)
        assert ctx.get(dut.lines.select)
        ctx.set(dut.abort, 1)
        await ctx.tick()
        assert lines(ctx, dut) == REST

    run(dut, testbench)
