# SPDX-License-Identifier: BSD-3-Clause
"""The twin answers as the contract says, by hand and at random; with a fault in any part of it it does not."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from plain_twin import BY_HAND, BY_HAND_DIE, BY_HAND_READS, random_die
from spintile.cosim.formal import faulty
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.twin.array import Twin
from spintile.rtl.twin.column_sums import ColumnSums
from spintile.rtl.twin.comparators import Comparators
from spintile.rtl.twin.die_loader import DieLoader
from spintile.rtl.twin.direct_codes import DirectCodes
from spintile.rtl.twin.row_scan import RowScan
from stream_bench import contract_codes, no_path, run
from twin_bench import TwinUser, check_reads, check_times

GEOMETRIES = [
    BY_HAND,
    Geometry(name="odd", rows=5, cols=7, kernels=3, adc_bits=4, fraction_bits=3),
    Geometry(name="least", rows=1, cols=2, kernels=1, adc_bits=1, fraction_bits=1),
    Geometry(name="shared", rows=4, cols=6, kernels=2, adc_bits=3, fraction_bits=1, columns_per_adc=3),
    Geometry(name="eight bits", rows=8, cols=3, kernels=2, adc_bits=8, fraction_bits=8),
]


def random_reads(geometry: Geometry, count: int, seed: int) -> list[tuple[int, int]]:
    """Reads with few rows, many, none, all, and the same ones twice."""
    chance = random.Random(seed)
    everything = (1 << geometry.rows) - 1
    reads: list[tuple[int, int]] = []
    for _ in range(count):
        rows = chance.choice(
            (0, everything, chance.randrange(1 << geometry.rows), 1 << chance.randrange(geometry.rows))
        )
        reads.append((chance.randrange(geometry.kernels), rows))
        if chance.random() < 0.2:
            reads.append(reads[-1])
    return reads


def test_the_contract_in_plain_integers_gives_what_was_worked_out_by_hand() -> None:
    for kernel, rows, sums, codes, single in BY_HAND_READS:
        assert BY_HAND_DIE.sums(kernel, rows) == sums
        assert contract_codes(sums, 2, 2) == codes
        assert contract_codes(sums, 1, 2) == single


def test_the_twin_gives_what_was_worked_out_by_hand() -> None:
    twin = Twin(BY_HAND)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(BY_HAND_DIE.stream()))
        for kernel, rows, _, codes, single in BY_HAND_READS:
            user.drive(kernel, rows)
            await user.settle()
            await user.sample()
            assert user.direct(2) == (True, codes)
            assert user.direct(1)[1] == single
            assert await user.convert(2) == codes
            assert await user.convert(1) == single

    run(twin, testbench)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_code_of_random_reads_is_the_contract_s(geometry: Geometry, seed: int) -> None:
    check_reads(Twin(geometry), random_die(geometry, seed), random_reads(geometry, 40, seed), contract_codes)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_lines_settle_three_cycles_after_their_driven_rows_or_at_once_if_they_stay(geometry: Geometry) -> None:
    check_times(Twin(geometry), random_die(geometry, 1), random_reads(geometry, 60, 1))


_ODD = GEOMETRIES[1]
_FAULTS: dict[str, tuple[Any, str, str]] = {
    "half of an entry's sign": (ColumnSums, "total.eq(total + entry)", "total.eq(total + entry[:-1])"),
    "the register a bit too narrow": (ColumnSums, "Signal(sum_shape(self.geo", "Signal(entry_shape(self.geo"),
    "no upper rail": (ColumnSums, "Mux(below, total, entry)", "total"),
    "no lower rail": (ColumnSums, "Mux(below, entry, total)", "total"),
    "the offset of the read before": (ColumnSums, "total.eq(entry)", "total.eq(total)"),
    "the highest row is forgotten": (RowScan, "pending.eq(self.rows)", "pending.eq(self.rows[:-1])"),
    "a row is added twice": (
        RowScan,
        "pending & ~lowest)",
        "pending & ~lowest | (lowest & 2 & -(self.word == Word.OFFSET)))",
    ),
    "other rows go unnoticed": (RowScan, " | (self.rows != scanned_rows)", ""),
    "another kernel goes unnoticed": (RowScan, " | (self.kernel != scanned_kernel)", ""),
    "settles a cycle early": (RowScan, "(self.word == Word.HIGH) & ~begin", "(self.word == Word.LOW) & ~begin"),
    "more instead of at least": (Comparators, "fraction_bits) >= self.trial", "fraction_bits) > self.trial"),
    "a tie goes to minus": (Comparators, "self.held[plus] >= self.held", "self.held[plus] > self.held"),
    "sums are not held": (Comparators, "with m.If(self.sample):", "with m.If(self.sample | self.strobe):"),
    "direct codes wrap": (DirectCodes, "Mux(level > largest, largest, level)", "level & largest"),
    "direct codes below 0": (DirectCodes, "Mux(level < 0, 0, Mux", "Mux(level < 0, -level, Mux"),
    "columns are shifted": (DieLoader, "column == geometry.cols - 1", "column == geometry.cols - 2"),
    "every kernel is the first": (DieLoader, "written.kernel.eq(kernel)", "written.kernel.eq(0)"),
}


@pytest.mark.parametrize("name", _FAULTS)
def test_a_fault_is_seen(name: str) -> None:
    block, before, after = _FAULTS[name]
    twin = faulty(Twin, using={block.__name__: faulty(block, before, after)})(_ODD)
    with pytest.raises(AssertionError):
        check_reads(twin, random_die(_ODD, 1), random_reads(_ODD, 40, 1), contract_codes)


def test_a_scan_that_takes_a_cycle_too_many_is_seen() -> None:
    slow = faulty(RowScan, "(self.word == Word.LOW) | (self.word == Word.HIGH)", "self.word == Word.LOW")
    twin = faulty(Twin, using={"RowScan": slow})(_ODD)
    with pytest.raises(AssertionError, match="settle"):
        check_times(twin, random_die(_ODD, 1), random_reads(_ODD, 10, 1))


def test_lines_that_change_under_way_begin_again() -> None:
    geometry, die = _ODD, random_die(_ODD, 3)
    twin = Twin(geometry)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(die.stream()))
        chance = random.Random(4)
        for after in range(10):
            user.drive(chance.randrange(3), chance.randrange(32))
            for _ in range(after):
                await ctx.tick()
            user.drive(2, 0b01110 | after % 2)
            cycles = await user.settle()
            assert cycles == 3 + after % 2 + 3
            await user.sample()
            assert user.direct(4)[1] == contract_codes(die.sums(2, 0b01110 | after % 2), 4, 3)

    run(twin, testbench)


def test_a_settled_read_stands_until_it_is_sampled_and_its_codes_until_the_next_sample() -> None:
    geometry, die = _ODD, random_die(_ODD, 5)
    twin = Twin(geometry)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(die.stream()))
        user.drive(1, 0b10101)
        await user.settle()
        for _ in range(20):
            assert ctx.get(twin.array.ready)
            await ctx.tick()
        await user.sample()
        user.drive(2, 0b11111)
        await ctx.tick().repeat(30)
        assert await user.convert(4) == contract_codes(die.sums(1, 0b10101), 4, 3)
        await user.sample()
        assert await user.convert(4) == contract_codes(die.sums(2, 0b11111), 4, 3)

    run(twin, testbench)


def test_write_drives_are_no_reads() -> None:
    geometry, die = _ODD, random_die(_ODD, 6)
    twin = Twin(geometry)
    other = [LineMode.REFERENCE, LineMode.WRITE_P, LineMode.READ, LineMode.WRITE_N, LineMode.FLOAT]

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(die.stream()))
        ctx.set(twin.array.kernel, 1)
        ctx.set(twin.array.row_mode, other)
        assert await user.settle() == 4
        await user.sample()
        assert user.direct(4)[1] == contract_codes(die.sums(1, 0b00100), 4, 3)

    run(twin, testbench)


def test_another_die_may_be_loaded_at_any_time_and_no_read_settles_on_half_of_it() -> None:
    geometry = _ODD
    dies = [random_die(geometry, seed) for seed in (7, 8)]
    twin = Twin(geometry)
    whole = contract_codes(dies[1].sums(2, 0b11011), 4, 3)
    assert whole != contract_codes(dies[0].sums(2, 0b11011), 4, 3)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(dies[0].stream()))
        user.drive(2, 0b11011)
        await user.settle()
        await user.load(list(dies[1].stream()), pause=0.3)
        assert ctx.get(twin.loaded)
        await user.settle()
        await user.sample()
        assert user.direct(4)[1] == whole

    run(twin, testbench)


def test_a_read_settled_before_a_write_is_taken_back() -> None:
    twin = Twin(BY_HAND)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        words = list(BY_HAND_DIE.stream())
        await user.load(words)
        user.drive(1, 0b011)
        await user.settle()
        ctx.set(twin.die.tvalid, 1)
        for number in range(3):  # one whole word: row 0 of kernel 0
            ctx.set(twin.die.tdata, words[number])
            await ctx.tick()
        ctx.set(twin.die.tvalid, 0)
        await ctx.tick()
        assert not ctx.get(twin.array.ready)
        assert await user.settle() == 2 + 3

    run(twin, testbench)


def test_ready_does_not_depend_on_sample_or_strobe() -> None:
    twin = Twin(_ODD)

    async def testbench(ctx: SimulatorContext) -> None:
        user = TwinUser(ctx, twin)
        await user.load(list(random_die(_ODD, 1).stream()))
        for rows in range(32):
            user.drive(rows % 3, rows)
            await user.settle()
            await user.sample()

    inputs = [twin.array.strobe, twin.array.sample]
    run(twin, testbench, background=[no_path(inputs, [twin.array.ready, twin.array.comparator])])
