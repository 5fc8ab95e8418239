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

SMALL = Geometry(name="small", rows=3, cols=16, kernels=4, adc_bits=3, fraction_bits=2)
WIDEST = Geometry(name="widest", rows=64, cols=8, kernels=1, adc_bits=12, fraction_bits=12, acc_bits=30)

Read = tuple[list[int], int]  # codes of the columns, driven rows

#: Flags by kernel: every one of the four kinds of a pair in some kernel.
FLAGS = [0x0000, 0x5555, 0xAAAA, 0xFFFF]


def differences(
    geometry: Geometry,
    reads: list[Read],
    offsets: list[int],
    settings: Settings,
    *,
    pause: float = 0.0,
    flags: list[int] | None = None,
    places: list[tuple[int, int]] | None = None,
) -> list[list[int]]:
    """Differences of the reads, one entering in every enabled cycle.

    ``flags`` are the words of the flag memory, ``places`` kernel and ``flagged`` of each read (kernel 0, no).
    """
    dut = Repair(geometry)
    seen: list[list[int]] = []
    nowhere = [(0, 0)] * Repair.LATENCY
    where = [*(places or [(0, 0)] * len(reads)), *nowhere]

    async def testbench(ctx: SimulatorContext) -> None:
        chance = random.Random(1)
        ctx.set(dut.settings, settings.registers(geometry.pairs))
        ctx.set(dut.offsets, offsets)
        for kernel, word in enumerate(flags or []):
            for lane in range(-(-geometry.cols // 32)):
                payload = {"group": kernel, "lane": lane, "data": word >> 32 * lane & 0xFFFF_FFFF}
                ctx.set(dut.flag.payload, payload)
                ctx.set(dut.flag.valid, 1)
                await ctx.tick()
        ctx.set(dut.flag.valid, 0)
        for step in range(len(reads) + Repair.LATENCY):
            codes, count = reads[step] if step < len(reads) else ([0] * geometry.cols, 0)
            ctx.set(dut.codes, codes)
            ctx.set(dut.count, count)
            ctx.set(dut.kernel, where[step][0])
            ctx.set(dut.flagged, where[step][1])
            while chance.random() < pause:
                ctx.set(dut.enable, 0)
                await ctx.tick()
            ctx.set(dut.enable, 1)
            if step >= Repair.LATENCY:
                seen.append(plain(ctx.get(dut.differences)))
            await ctx.tick()

    run(dut, testbench)
    return seen


def wanted(
    geometry: Geometry,
    reads: list[Read],
    offsets: list[int],
    settings: Settings,
    flags: list[int] | None = None,
    places: list[tuple[int, int]] | None = None,
) -> list[list[int]]:
    """The same from the formulas."""
    answers = []
    for (codes, n), (kernel, flagged) in zip(reads, places or [(0, 0)] * len(reads), strict=True):
        c = [code - offset for code, offset in zip(codes, offsets, strict=True)]
        word = flags[kernel] if flags else 0
        marks = [(word >> 2 * j & 1, word >> 2 * j + 1 & 1) if flagged else None for j in range(geometry.pairs)]
        answers.append(
            [
                repaired(c[2 * j], c[2 * j + 1], n, geometry.fraction_bits, settings, j, marks[j])
                for j in range(geometry.pairs)
            ]
        )
    return answers


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


@pytest.mark.parametrize(("mode", "strict"), [*((mode, True) for mode in RepairMode), (RepairMode.PAIR_CHECK, False)])
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
            places = [(0, chance.randrange(2)) for _ in reads]
            known = {"flags": [0b11100100], "places": places}  # every kind of flags in a pair
            seen = differences(WIDEST, reads, offsets, settings, **known)
            assert seen == wanted(WIDEST, reads, offsets, settings, **known)


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


@pytest.mark.parametrize("mode", [RepairMode.PAIR_CHECK, RepairMode.CHECK])
def test_every_pair_has_an_expected_sum_of_its_own(mode: RepairMode) -> None:
    settings = Settings(mode=mode, K=(13, 9, 21, 0, 5, 16, 1023, 40), P=8, D=6, m0=2, m1=1)
    chance = random.Random(4)
    reads = [([chance.randrange(8) for _ in range(16)], chance.randint(0, 3)) for _ in range(100)]
    answers = wanted(SMALL, reads, OFFSETS[1], settings)
    assert differences(SMALL, reads, OFFSETS[1], settings) == answers
    exchanged = settings.with_(K=(9, 13, 21, 0, 5, 16, 1023, 40))
    faulty = differences(SMALL, reads, OFFSETS[1], exchanged)
    changed = {j for one, other in zip(faulty, answers, strict=True) for j in range(8) if one[j] != other[j]}
    assert changed == {0, 1}, "only the pairs whose sums changed places"


@pytest.mark.parametrize("registers", REGISTERS)
def test_flags_decide_about_every_pair_of_codes(registers: dict[str, int]) -> None:
    """All four kinds of flags, in reads that heed them and in reads that do not."""
    settings = Settings(mode=RepairMode.CHECK, **registers)
    every = [(read, place) for read in every_read(SMALL) for place in itertools.product(range(4), range(2))]
    random.Random(2).shuffle(every)
    reads, places = [read for read, _ in every], [place for _, place in every]
    for pause in (0.0, 0.5):
        seen = differences(SMALL, reads, OFFSETS[1], settings, flags=FLAGS, places=places, pause=pause)
        assert seen == wanted(SMALL, reads, OFFSETS[1], settings, FLAGS, places)


@pytest.mark.parametrize("mode", [RepairMode.NONE, RepairMode.RANGE_GUARD, RepairMode.PAIR_CHECK])
def test_the_other_modes_know_no_flags(mode: RepairMode) -> None:
    settings = Settings(mode=mode, **REGISTERS[0])
    reads = every_read(SMALL)
    places = [(number % 4, 1) for number in range(len(reads))]
    seen = differences(SMALL, reads, OFFSETS[0], settings, flags=FLAGS, places=places)
    assert seen == wanted(SMALL, reads, OFFSETS[0], settings)


#: 10 rows of K = 1.5, D = 0.5, so that 15 codes are expected, 3 either way taken for noise, differences to 5.
ONE_PAIR = Geometry(name="one pair", rows=10, cols=2, kernels=1, adc_bits=5, fraction_bits=1)
CHECK = Settings(mode=RepairMode.CHECK, K=3, P=2, D=1, m0=6, m1=0)


@pytest.mark.parametrize(
    ("codes", "flags", "difference"),
    [
        ([10, 8], 0b01, 2),  # sum as expected: flags do not matter
        ([10, 2], 0b01, 5),  # 3 too few is still noise; limited
        ([20, 9], None, -3),  # too much, and 2 * 20 - 15 = 25 is absurd: plus is faulty, 15 - 2 * 9 remains
        ([20, 9], 0b00, 5),  # neither column is known as faulty: 11 stays, limited
        ([20, 9], 0b01, -3),
        ([20, 9], 0b10, 5),  # the flag says minus: 25, limited
        ([20, 9], 0b11, -3),  # both flags: as none
        ([1, 6], None, 3),  # too little, an open: plus says -13, minus 3
        ([1, 6], 0b00, -5),
        ([6, 1], None, -3),
        ([11, 11], None, 0),  # both say 7 or -7, and 8 is possible: nobody knows
        ([11, 11], 0b01, -5),
        ([11, 11], 0b10, 5),
        ([31, 31], None, 0),  # both absurd
        ([0, 0], None, 0),
        ([0, 0], 0b11, 0),
        ([0, 0], 0b10, -5),
    ],
)
def test_check_does_what_its_words_say(codes: list[int], flags: int | None, difference: int) -> None:
    flagged = int(flags is not None)
    seen = differences(ONE_PAIR, [(codes, 10)], [0, 0], CHECK, flags=[flags or 0], places=[(0, flagged)])
    assert seen == [[difference]]


def test_flags_past_the_first_lane_count_and_an_odd_last_column_has_none() -> None:
    geometry = ONE_PAIR.replace(cols=35, kernels=2)
    word = 1 << 32 | 1 << 34
    reads = [([20, 9] * 17 + [0], 10)] * 2
    places = [(0, 1), (1, 1)]
    seen = differences(geometry, reads, [0] * 35, CHECK, flags=[0, word], places=places)
    assert seen == [[5] * 17, [5] * 16 + [-3]]


@pytest.mark.parametrize("bit", range(16))
def test_a_wrong_flag_is_noticed(bit: int) -> None:
    settings = Settings(mode=RepairMode.CHECK, **REGISTERS[0])
    reads = every_read(SMALL)
    places = [(2, 1)] * len(reads)
    faulty = [*FLAGS[:2], FLAGS[2] ^ 1 << bit, FLAGS[3]]
    seen = differences(SMALL, reads, OFFSETS[0], settings, flags=faulty, places=places)
    assert seen != wanted(SMALL, reads, OFFSETS[0], settings, FLAGS, places)


@pytest.mark.parametrize("register", ["K", "P", "D", "m0", "strict"])
def test_a_wrong_register_is_noticed(register: str) -> None:
    settings = Settings(mode=RepairMode.PAIR_CHECK, strict=True, **REGISTERS[0])
    wrong = settings.with_(**{register: 0})
    reads = every_read(SMALL)
    assert differences(SMALL, reads, OFFSETS[0], wrong) != wanted(SMALL, reads, OFFSETS[0], settings)


@pytest.mark.parametrize("register", ["K", "D", "m0", "m1", "mode"])
def test_a_wrong_register_of_the_check_is_noticed(register: str) -> None:
    settings = Settings(mode=RepairMode.CHECK, **REGISTERS[0])
    wrong = settings.with_(**{register: RepairMode.PAIR_CHECK if register == "mode" else 0})
    reads = every_read(SMALL)
    assert differences(SMALL, reads, OFFSETS[0], wrong) != wanted(SMALL, reads, OFFSETS[0], settings)
