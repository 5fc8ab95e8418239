# SPDX-License-Identifier: BSD-3-Clause
"""Repair: every pair of codes, with every number of driven rows, gives the contract's difference."""

from __future__ import annotations

import itertools
import random

import pytest
from amaranth.sim import SimulatorContext
from repair_formulas import Settings, repaired
from spintile.model.geometry import Geometry
from spintile.rtl.repair import Repair
from spintile.rtl.tokens import RepairMode
from stream_bench import plain, run

SMALL = Geometry(name="small", rows=3, cols=16, kernels=1, adc_bits=3, fraction_bits=2)
WIDEST = Geometry(name="widest", rows=64, cols=8, kernels=1, adc_bits=12, fraction_bits=12, acc_bits=30)

Read = tuple[list[int], int]  # codes of the columns, driven rows


def differences(
    geometry: Geometry, reads: list[Read], offsets: list[int], settings: Settings, *, pause: float = 0.0
) -> list[list[int]]:
    """Differences of the reads, one entering in every enabled cycle."""
    dut = Repair(geometry)
    seen: list[list[int]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        chance = random.Random(1)
        ctx.set(dut.settings, settings.registers())
        ctx.set(dut.offsets, offsets)
        for step in range(len(reads) + Repair.LATENCY):
            codes, count = reads[step] if step < len(reads) else ([0] * geometry.cols, 0)
            ctx.set(dut.codes, codes)
            ctx.set(dut.count, count)
            while chance.random() < pause:
                ctx.set(dut.enable, 0)
                await ctx.tick()
            ctx.set(dut.enable, 1)
            if step >= Repair.LATENCY:
                seen.append(plain(ctx.get(dut.differences)))
            await ctx.tick()

    run(dut, testbench)
    return seen


def wanted(geometry: Geometry, reads: list[Read], offsets: list[int], settings: Settings) -> list[list[int]]:
    columns = [[code - offset for code, offset in zip(codes, offsets, strict=True)] for codes, _ in reads]
    return [
        [repaired(c[2 * j], c[2 * j + 1], n, geometry.fraction_bits, settings) for j in range(geometry.pairs)]
        for c, (_, n) in zip(columns, reads, strict=True)
    ]


def every_read(geometry: Geometry) -> list[Read]:
    """Reads in which every pair of codes occurs with every number of driven rows."""
    levels = range(1 << geometry.adc_bits)
    codes = [code for pair in itertools.product(levels, levels) for code in pair]
    chunks = [codes[first : first + geometry.cols] for first in range(0, len(codes), geometry.cols)]
    return [(chunk, n) for n in range(geometry.rows + 1) for chunk in chunks]


#: Registers that put the limits below, inside and above the range of the codes.
REGISTERS = [
    {"K": 13, "P": 8, "D": 3, "m0": 2, "m1": 1},
    {"K": 9, "P": 5, "D": 2, "m0": 0, "m1": 0},
    {"K": 21, "P": 11, "D": 9, "m0": 5, "m1": 3},
    {"K": 2, "P": 1, "D": 30, "m0": 1, "m1": 0},
    {"K": 5, "P": 20, "D": 1000, "m0": 3, "m1": 7},
    {"K": 0, "P": 0, "D": 0, "m0": 0, "m1": 0},
]
OFFSETS = [[0] * 16, [1, -1, 0, 2, -8, 7, 3, 3, -2, 0, 0, -3, 7, -8, 5, -5]]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("mode", list(RepairMode))
@pytest.mark.parametrize("registers", REGISTERS)
def test_every_pair_of_codes_gives_the_difference_of_the_contract(
    registers: dict[str, int], mode: RepairMode, strict: bool
) -> None:
    reads = every_read(SMALL)
    for offsets in OFFSETS:
        settings = Settings(mode=mode, strict=strict, **registers)
        assert differences(SMALL, reads, offsets, settings) == wanted(SMALL, reads, offsets, settings)


@pytest.mark.parametrize("mode", list(RepairMode))
def test_with_one_bit_only_a_read_without_rows_adds_nothing(mode: RepairMode) -> None:
    geometry = SMALL.replace(adc_bits=1)
    settings = Settings(mode=mode, single_bit=True, K=0, P=0, D=90, m0=0, m1=0)
    reads = [(codes * 4, n) for codes in ([1, 0, 0, 1], [0, 0, 1, 1]) for n in range(4)]
    offsets = [1, -1] * 8
    seen = differences(geometry, reads, offsets, settings)
    assert seen == wanted(geometry, reads, offsets, settings)
    assert all(not any(read) for read, (_, n) in zip(seen, reads, strict=True) if n == 0)
    assert mode is not RepairMode.NONE or any(any(read) for read in seen)


@pytest.mark.parametrize("mode", list(RepairMode))
@pytest.mark.parametrize("extreme", ["largest", "random"])
def test_nothing_wraps_at_the_widest_geometry(mode: RepairMode, extreme: str) -> None:
    chance = random.Random(6)
    top = (1 << (WIDEST.adc_bits + WIDEST.fraction_bits + 5)) - 1
    codes = [[chance.choice([0, 4095, chance.randrange(4096)]) for _ in range(8)] for _ in range(20)]
    reads = [(read, chance.randint(0, 64)) for read in codes]
    reads += [([4095, 0] * 4, 64), ([0, 4095] * 4, 64), ([0] * 8, 0), ([4095] * 8, 0)]
    for _ in range(6):
        value = (lambda: top) if extreme == "largest" else (lambda: chance.randrange(top) >> chance.randrange(30))
        settings = Settings(mode=mode, strict=True, K=value(), P=value(), D=value(), m0=value(), m1=value())
        settings = settings.with_(m0=0, m1=0) if chance.random() < 0.5 else settings
        for offsets in ([-4096, 4095] * 4, [4095, -4096] * 4, [0] * 8):
            assert differences(WIDEST, reads, offsets, settings) == wanted(WIDEST, reads, offsets, settings)


def test_the_pipeline_stands_still_while_it_is_not_enabled() -> None:
    settings = Settings(mode=RepairMode.PAIR_CHECK, **REGISTERS[0])
    reads = every_read(SMALL)
    assert differences(SMALL, reads, OFFSETS[1], settings, pause=0.5) == wanted(SMALL, reads, OFFSETS[1], settings)


@pytest.mark.parametrize("geometry", [SMALL.replace(rows=1, cols=2), SMALL.replace(cols=5, fraction_bits=1)])
def test_the_smallest_and_odd_kernels_are_repaired_too(geometry: Geometry) -> None:
    chance = random.Random(8)
    settings = Settings(mode=RepairMode.PAIR_CHECK, K=5, P=3, D=4, m0=1, m1=1)
    reads = [
        ([chance.randrange(8) for _ in range(geometry.cols)], chance.randint(0, geometry.rows)) for _ in range(100)
    ]
    offsets = [0] * geometry.cols
    assert differences(geometry, reads, offsets, settings) == wanted(geometry, reads, offsets, settings)


def test_mode_three_acts_as_none() -> None:
    dut = Repair(SMALL)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.enable, 1)
        ctx.set(dut.settings.as_value(), 3)
        ctx.set(dut.codes, [7, 2] * 8)
        await ctx.tick().repeat(Repair.LATENCY)
        assert plain(ctx.get(dut.differences)) == [5] * 8

    run(dut, testbench)


@pytest.mark.parametrize("register", ["K", "P", "D", "m0", "strict"])
def test_a_wrong_register_is_noticed(register: str) -> None:
    settings = Settings(mode=RepairMode.PAIR_CHECK, strict=True, **REGISTERS[0])
    wrong = settings.with_(**{register: 0})
    reads = every_read(SMALL)
    assert differences(SMALL, reads, OFFSETS[0], wrong) != wanted(SMALL, reads, OFFSETS[0], settings)
