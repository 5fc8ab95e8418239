# SPDX-License-Identifier: BSD-3-Clause
"""Read path: settling hides behind conversion, and the array sees every read whole."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.read_path import ReadPath
from stream_bench import ArrayBehindPins, Testbench, contract_codes, flow, no_path, plain, run, sink, source

GEOMETRY = Geometry(name="small", rows=4, cols=6, kernels=3, adc_bits=4, fraction_bits=3)


def token(ordinal: int, rows: int, kernel: int) -> dict[str, Any]:
    return {
        "rows": rows,
        "count": rows.bit_count(),
        "kernel": kernel,
        "plane": 0,
        "first": 1,
        "last": 1,
        "replica": ordinal % 4,
        "flagged": ordinal % 2,
        "tag": {"image": 1, "ordinal": ordinal, "layer": 0},
    }


def random_reads(geometry: Geometry, count: int) -> list[dict[str, Any]]:
    chance = random.Random(5)
    return [
        token(number, chance.randrange(1 << geometry.rows), chance.randrange(geometry.kernels))
        for number in range(count)
    ]


def sums_of(geometry: Geometry, select: int, rows: int) -> list[int]:
    """Column sums of a kernel with made-up weights; 0 for every column if none is selected."""
    kernel = select.bit_length()
    driven = [row for row in range(geometry.rows) if rows >> row & 1]
    return [sum((kernel * 7 + row * 13 + col * 29) % 31 for row in driven) for col in range(geometry.cols)]


class WatchedArray(ArrayBehindPins):
    """An array whose sums follow from its lines, and which checks how long they have been driven at a sample."""

    def __init__(self, dut: ReadPath, settle: int) -> None:
        geometry = dut.geometry
        super().__init__(dut.array, lambda *_: self.now, geometry.fraction_bits, geometry.columns_per_adc)
        self.geometry = geometry
        self.settle = settle
        self.now = [0] * geometry.cols

    async def lines(self, ctx: SimulatorContext) -> None:
        pins = self.pins
        before: tuple[int, ...] = ()
        unchanged = 0
        sampled = False
        while True:
            await ctx.delay(0.75e-6)
            select, modes, gate = ctx.get(pins.select), plain(ctx.get(pins.row_mode)), ctx.get(pins.gate)
            state = (select, gate, *modes)
            unchanged = unchanged + 1 if state == before and not sampled else 0
            sampled = bool(ctx.get(pins.sample))
            if sampled:
                assert select, "a sample needs a kernel"
                assert unchanged >= self.settle, "a sample needs SETTLE cycles of steady lines before it"
            self.now = sums_of(self.geometry, select, sum(bool(mode) << row for row, mode in enumerate(modes)))
            before = state
            await ctx.tick()


def registers(dut: ReadPath, adc_bits: int, settle: int) -> Testbench:
    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.adc_bits, adc_bits)
        ctx.set(dut.settle, settle)
        ctx.set(dut.array.ready, 1)

    return testbench


def read_all(
    geometry: Geometry, reads: list[dict[str, Any]], adc_bits: int, settle: int, *, pauses: tuple[float, float]
) -> tuple[list[list[int]], list[int]]:
    """Codes of the reads and the cycles of their samples."""
    dut = ReadPath(geometry)
    array = WatchedArray(dut, settle)
    taken: list[tuple[int, Any]] = []
    traced: list[tuple[int, Any]] = []
    run(
        dut,
        registers(dut, adc_bits, settle),
        source(dut.rows, reads, pause=pauses[0]),
        sink(dut.codes, len(reads), taken, pause=pauses[1]),
        background=[
            array.lines,
            array.testbench,
            flow(dut.trace, traced),
            no_path([dut.rows.valid, dut.codes.ready], [dut.rows.ready, dut.codes.valid, dut.array.sample]),
        ],
    )
    assert traced == taken
    assert array.tags == [(1, read["tag"]["ordinal"]) for read in reads]
    return [payload["codes"] for _, payload in taken], array.samples


@pytest.mark.parametrize("pauses", [(0.0, 0.0), (0.8, 0.0), (0.0, 0.9), (0.5, 0.7)])
@pytest.mark.parametrize(("adc_bits", "columns_per_adc", "settle"), [(1, 1, 1), (1, 3, 2), (4, 1, 4), (3, 2, 0)])
def test_codes_are_those_of_the_rows_that_were_asked_for(
    adc_bits: int, columns_per_adc: int, settle: int, pauses: tuple[float, float]
) -> None:
    geometry = GEOMETRY.replace(columns_per_adc=columns_per_adc)
    reads = random_reads(geometry, 30)
    codes, _ = read_all(geometry, reads, adc_bits, settle, pauses=pauses)
    sums = [sums_of(geometry, 1 << read["kernel"], read["rows"]) for read in reads]
    assert codes == [contract_codes(read, adc_bits, geometry.fraction_bits) for read in sums]


@pytest.mark.parametrize(("adc_bits", "columns_per_adc"), [(1, 1), (4, 1), (1, 2), (4, 6)])
@pytest.mark.parametrize("settle", [0, 1, 2, 9])
def test_a_read_costs_its_conversion_or_its_settling(adc_bits: int, columns_per_adc: int, settle: int) -> None:
    geometry = GEOMETRY.replace(columns_per_adc=columns_per_adc)
    _, samples = read_all(geometry, random_reads(geometry, 10), adc_bits, settle, pauses=(0.0, 0.0))
    period = max(geometry.conversion_cycles(adc_bits), settle + 1)
    assert [later - earlier for earlier, later in itertools.pairwise(samples)] == [period] * 9


def test_a_sample_before_its_lines_have_settled_is_noticed() -> None:
    dut = ReadPath(GEOMETRY)
    array = WatchedArray(dut, settle=3)
    with pytest.raises(AssertionError, match="SETTLE cycles"):
        run(
            dut,
            registers(dut, 4, settle=2),
            source(dut.rows, [token(0, 1, 0)]),
            sink(dut.codes, 1, []),
            background=[array.lines, array.testbench],
        )


def test_idle_tells_when_nothing_is_left() -> None:
    dut = ReadPath(GEOMETRY)
    array = WatchedArray(dut, 1)

    async def testbench(ctx: SimulatorContext) -> None:
        await registers(dut, 4, 1)(ctx)
        assert ctx.get(dut.idle)
        await source(dut.rows, [token(0, 3, 0), token(1, 3, 2)])(ctx)
        for _ in range(40):
            assert not ctx.get(dut.idle)
            await ctx.tick()
        # The codes of the second read wait in the conversion registers until those of the first are taken.
        for left in (1, 0):
            assert not ctx.get(dut.idle)
            await sink(dut.codes, 1, [])(ctx)
            assert ctx.get(dut.idle) == (not left)
            await ctx.tick()
            await ctx.tick()
        assert ctx.get(dut.idle)

    run(dut, testbench, background=[array.lines, array.testbench])


@pytest.mark.parametrize("cycle", range(1, 14, 2))
def test_abort_rests_the_lines_and_forgets_every_read(cycle: int) -> None:
    dut = ReadPath(GEOMETRY)
    array = WatchedArray(dut, 1)
    taken: list[tuple[int, Any]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        await registers(dut, 4, 1)(ctx)
        await source(dut.rows, [token(0, 3, 0), token(1, 3, 2)])(ctx)
        for _ in range(cycle):
            await ctx.tick()
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        assert ctx.get(dut.idle)
        assert ctx.get(dut.array.select) == 0
        assert not any(plain(ctx.get(dut.array.row_mode)))
        await source(dut.rows, [token(2, 5, 1)])(ctx)
        await sink(dut.codes, 1, taken)(ctx)

    run(dut, testbench, background=[array.lines, array.testbench])
    assert taken[0][1]["codes"] == contract_codes(sums_of(GEOMETRY, 2, 5), 4, 3)


def test_lines_belong_to_a_pulse_while_it_is_active_and_the_kernel_to_the_row_driver() -> None:
    dut = ReadPath(GEOMETRY)
    drive, pins = dut.write, dut.array
    modes = [LineMode.WRITE_P, LineMode.FLOAT, LineMode.FLOAT, LineMode.FLOAT]

    async def testbench(ctx: SimulatorContext) -> None:
        assert ctx.get(drive.rest)
        ctx.set(drive.row_mode, modes)
        ctx.set(drive.col_mode, [LineMode.FLOAT] * 6)
        ctx.set(drive.gate, 0b100)
        ctx.set(drive.kernel, 1)
        for _ in range(3):
            assert not any(plain(ctx.get(pins.row_mode))), "lines of an inactive pulse must not show"
            assert not ctx.get(pins.gate)
            assert not ctx.get(pins.select)
            await ctx.tick()
        ctx.set(drive.claim, 1)
        await ctx.tick()
        ctx.set(drive.active, 1)
        ctx.set(drive.level, 77)
        ctx.set(drive.pulse, 1)
        for _ in range(3):
            assert plain(ctx.get(pins.row_mode)) == [mode.value for mode in modes]
            assert plain(ctx.get(pins.col_mode)) == [LineMode.FLOAT.value] * 6
            assert (ctx.get(pins.select), ctx.get(pins.kernel), ctx.get(pins.gate)) == (0b010, 1, 0b100)
            assert (ctx.get(pins.level), ctx.get(pins.pulse)) == (77, 1)
            await ctx.tick()

    run(dut, testbench)
