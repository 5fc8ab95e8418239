# SPDX-License-Identifier: BSD-3-Clause
"""Column sense: every sum gives the contract's code, at the contract's pace, whatever its neighbours do."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.column_sense import ColumnSense
from stream_bench import ArrayBehindPins, Testbench, contract_codes, flow, no_path, run, sink, source


def small(cols: int, adc_bits: int, columns_per_adc: int = 1, fraction_bits: int = 2) -> Geometry:
    return Geometry(
        name="small",
        rows=2,
        cols=cols,
        kernels=1,
        adc_bits=adc_bits,
        columns_per_adc=columns_per_adc,
        fraction_bits=fraction_bits,
    )


def token(ordinal: int, **fields: int) -> dict[str, Any]:
    return (
        {"count": 1, "kernel": 0, "plane": 0, "first": 1, "last": 1, "replica": ordinal % 4, "flagged": ordinal % 2}
        | fields
        | {"tag": {"image": 5, "ordinal": ordinal, "layer": 2}}
    )


def registers(dut: ColumnSense, adc_bits: int, ready: int = 1) -> Testbench:
    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.adc_bits, adc_bits)
        ctx.set(dut.converter.ready, ready)

    return testbench


def convert(
    geometry: Geometry,
    adc_bits: int,
    reads: list[list[int]],
    *,
    rounding: int | None = None,
    pause_in: float = 0.0,
    pause_out: float = 0.0,
) -> tuple[list[list[int]], ArrayBehindPins, list[int]]:
    """Codes of the reads, the array with what it saw, and the cycles in which the codes were handed over."""
    dut = ColumnSense(geometry)
    array = ArrayBehindPins(
        dut.converter, lambda _, ordinal: reads[ordinal], geometry.fraction_bits, geometry.columns_per_adc, rounding
    )
    taken: list[tuple[int, Any]] = []
    traced: list[tuple[int, Any]] = []
    run(
        dut,
        registers(dut, adc_bits),
        source(dut.read, [token(number) for number in range(len(reads))], pause=pause_in),
        sink(dut.codes, len(reads), taken, pause=pause_out),
        background=[
            array.testbench,
            flow(dut.trace, traced),
            no_path([dut.read.valid], [dut.read.ready, dut.codes.valid]),
            no_path([dut.codes.ready], [dut.read.ready, dut.codes.valid]),
        ],
        limit=100 + 200 * len(reads),
    )
    assert traced == taken
    assert [payload["tag"]["ordinal"] for _, payload in taken] == list(range(len(reads)))
    return [payload["codes"] for _, payload in taken], array, [cycle for cycle, _ in taken]


def every_sum(geometry: Geometry, adc_bits: int) -> list[list[int]]:
    """Reads that hold every sum from well below 0 to well above full scale, each in some column."""
    scale = 1 << (adc_bits + geometry.fraction_bits)
    sums = list(range(-scale // 2, scale + scale // 2 + 1))
    random.Random(3).shuffle(sums)
    sums += [-(1 << 20), 1 << 20]
    sums += [0] * (-len(sums) % geometry.cols)
    return [sums[first : first + geometry.cols] for first in range(0, len(sums), geometry.cols)]


@pytest.mark.parametrize("fraction_bits", [1, 2, 3])
@pytest.mark.parametrize(("cols", "columns_per_adc"), [(8, 1), (9, 3), (6, 6)])
@pytest.mark.parametrize("adc_bits", [2, 3, 4])
def test_every_sum_gives_the_code_of_the_contract(
    adc_bits: int, cols: int, columns_per_adc: int, fraction_bits: int
) -> None:
    geometry = small(cols, 4, columns_per_adc, fraction_bits)
    reads = every_sum(geometry, adc_bits)
    codes, _, _ = convert(geometry, adc_bits, reads)
    assert codes == [contract_codes(read, adc_bits, fraction_bits) for read in reads]


def test_a_comparator_without_the_half_lsb_is_noticed() -> None:
    geometry = small(8, 3)
    reads = every_sum(geometry, 3)
    codes, _, _ = convert(geometry, 3, reads, rounding=0)
    assert codes != [contract_codes(read, 3, 2) for read in reads]


@pytest.mark.parametrize("adc_bits", [1, 4])
@pytest.mark.parametrize(("cols", "columns_per_adc"), [(2, 1), (3, 1), (3, 3), (4, 4), (9, 3), (25, 5)])
def test_one_bit_says_which_column_of_a_pair_is_larger(adc_bits: int, cols: int, columns_per_adc: int) -> None:
    geometry = small(cols, adc_bits, columns_per_adc)
    chance = random.Random(cols)
    reads = [[chance.randint(-2, 2) for _ in range(cols)] for _ in range(40)]
    codes, _, _ = convert(geometry, 1, reads)
    assert codes == [contract_codes(read, 1, 2) for read in reads]


@pytest.mark.parametrize(
    ("cols", "columns_per_adc", "adc_bits"),
    [(2, 1, 1), (2, 1, 2), (2, 1, 8), (2, 2, 1), (25, 5, 8), (25, 25, 3), (4, 2, 12)],
)
def test_reads_follow_each_other_without_a_gap(cols: int, columns_per_adc: int, adc_bits: int) -> None:
    geometry = small(cols, 12, columns_per_adc)
    chance = random.Random(1)
    reads = [[chance.randint(-10, 1 << (adc_bits + 2)) for _ in range(cols)] for _ in range(6)]
    codes, array, handed = convert(geometry, adc_bits, reads)
    period = geometry.conversion_cycles(adc_bits)
    assert codes == [contract_codes(read, adc_bits, 2) for read in reads]
    assert [later - earlier for earlier, later in zip(array.samples, array.samples[1:], strict=False)] == [period] * 5
    assert [cycle - sample for cycle, sample in zip(handed, array.samples, strict=True)] == [period + 1] * 6
    assert len(array.strobes) == 6 * columns_per_adc * adc_bits


@pytest.mark.parametrize("adc_bits", [1, 3])
@pytest.mark.parametrize("columns_per_adc", [1, 3])
@pytest.mark.parametrize(("pause_in", "pause_out"), [(0.0, 0.95), (0.6, 0.0), (0.5, 0.8)])
def test_no_code_is_lost_or_doubled_by_pauses(
    adc_bits: int, columns_per_adc: int, pause_in: float, pause_out: float
) -> None:
    geometry = small(3, 3, columns_per_adc)
    chance = random.Random(2)
    reads = [[chance.randint(-8, 40) for _ in range(3)] for _ in range(40)]
    codes, array, handed = convert(geometry, adc_bits, reads, pause_in=pause_in, pause_out=pause_out)
    assert codes == [contract_codes(read, adc_bits, 2) for read in reads]
    assert array.tags == [(5, number) for number in range(40)]
    for number, sample in enumerate(array.samples):
        assert sum(cycle < sample for cycle in handed) >= number - 2, "at most two reads may be under way"


def test_a_read_carries_its_fields_to_its_codes() -> None:
    geometry = small(2, 2)
    dut = ColumnSense(geometry)
    reads = [token(0, count=2, plane=3, first=0), token(1, count=0, last=0)]
    taken: list[tuple[int, Any]] = []
    array = ArrayBehindPins(dut.converter, lambda *_: [4, 8], 2, 1)
    run(
        dut,
        registers(dut, 2),
        source(dut.read, reads),
        sink(dut.codes, 2, taken),
        background=[array.testbench],
    )
    assert [payload for _, payload in taken] == [{"codes": [1, 2]} | read for read in reads]


def test_no_sample_is_taken_before_the_array_is_ready() -> None:
    dut = ColumnSense(small(2, 2))

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.adc_bits, 2)
        ctx.set(dut.read.valid, 1)
        for _ in range(5):
            await ctx.tick()
            assert not ctx.get(dut.converter.sample)
            assert not ctx.get(dut.busy)
        ctx.set(dut.converter.ready, 1)
        assert ctx.get(dut.converter.sample)

    run(dut, testbench)


@pytest.mark.parametrize("written", [0, 3])
def test_a_width_out_of_range_converts_with_all_bits(written: int) -> None:
    geometry = small(2, 2)
    reads = [[4, 9]]
    codes, array, _ = convert(geometry, written, reads)
    assert codes == [contract_codes(reads[0], 2, 2)]
    assert len(array.strobes) == 2


@pytest.mark.parametrize("cycle", range(9))
def test_abort_drops_a_read_wherever_it_is(cycle: int) -> None:
    """Two columns, two bits: sample in cycle 0, trials in 1, 2, 4 and 5, codes offered from 7 on."""
    dut = ColumnSense(small(2, 2, 2))
    array = ArrayBehindPins(dut.converter, lambda _, ordinal: [4 * ordinal, 4], 2, 2)
    taken: list[tuple[int, Any]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.adc_bits, 2)
        ctx.set(dut.converter.ready, 1)
        ctx.set(dut.read.payload, token(1))
        ctx.set(dut.read.valid, 1)
        await ctx.tick()
        ctx.set(dut.read.valid, 0)
        for _ in range(cycle):
            await ctx.tick()
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        assert not ctx.get(dut.busy)
        assert not ctx.get(dut.codes.valid)
        assert not ctx.get(dut.converter.strobe)
        await source(dut.read, [token(2)])(ctx)
        await sink(dut.codes, 1, taken)(ctx)

    run(dut, testbench, background=[array.testbench])
    assert taken[0][1]["codes"] == [2, 1]
    assert taken[0][1]["tag"]["ordinal"] == 2
