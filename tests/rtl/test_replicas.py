# SPDX-License-Identifier: BSD-3-Clause
"""Accumulator: of three copies of a pair the median counts, and a broken sequence has a result too."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from accumulator_bench import CHECKED, SMALL, accumulate, random_reads, token, wanted
from amaranth.sim import SimulatorContext
from repair_formulas import Settings
from spintile.model.geometry import Geometry
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.tokens import RepairMode
from stream_bench import run, sink, source


def copied_reads(geometry: Geometry, emits: int) -> list[dict[str, Any]]:
    """Reads of some emits, one to three slices each of three copies; slices of one copy may lie between."""
    chance = random.Random(emits)
    reads: list[dict[str, Any]] = []
    for _ in range(emits):
        slices = [chance.choice([(0,), (1, 2, 3), (1, 2, 3)]) for _ in range(chance.randint(1, 3))]
        numbers = [(number, chance.randint(0, 3)) for number in range(len(slices))]
        emit = [(replica, plane) for number, plane in numbers for replica in slices[number]]
        for place, (replica, plane) in enumerate(emit):
            codes = [chance.randrange(1 << geometry.adc_bits) for _ in range(geometry.cols)]
            fields = {"first": int(place == 0), "last": int(place == len(emit) - 1), "count": chance.randint(0, 7)}
            reads.append(token(len(reads), codes, plane=plane, replica=replica, **fields))
    return reads


@pytest.mark.parametrize("pauses", [(0.0, 0.0), (0.7, 0.0), (0.0, 0.8), (0.4, 0.6)])
@pytest.mark.parametrize("settings", [Settings(), CHECKED.with_(mode=RepairMode.CHECK)])
def test_of_three_copies_the_median_counts(settings: Settings, pauses: tuple[float, float]) -> None:
    reads = copied_reads(SMALL, 25)
    offsets = [2, -1, 0, 3, -4, 0, 1, 1, 5]
    seen, _ = accumulate(SMALL, reads, offsets, settings, pauses=pauses)
    assert seen == wanted(SMALL, reads, offsets, settings)


def test_the_median_of_every_order_is_the_middle_one() -> None:
    values = [(-15, -15, 15), (0, 0, 0), (-1, 0, 1), (3, 3, -7), (15, 14, -15), (2, 9, 5), (-2, -9, -5)]
    orders = [order for three in values for order in sorted(set(itertools.permutations(three)))]
    reads = []
    for number, order in enumerate(orders):
        for replica, difference in enumerate(order, 1):
            codes = [max(difference, 0), max(-difference, 0)] * 4 + [0]
            fields = {"first": int(replica == 1), "last": int(replica == 3), "plane": number % 4}
            reads.append(token(len(reads), codes, replica=replica, **fields))
    seen, _ = accumulate(SMALL, reads, [0] * 9, Settings())
    medians = [sorted(order)[1] << number % 4 for number, order in enumerate(orders)]
    assert [emit["acc"] for emit in seen] == [[value] * 4 for value in medians]


def test_three_copies_take_three_cycles() -> None:
    chance = random.Random(5)
    reads = []
    for emit in range(12):
        for replica in (1, 2, 3):
            codes = [chance.randrange(16) for _ in range(9)]
            reads.append(token(3 * emit + replica, codes, first=replica == 1, last=replica == 3, replica=replica))
    _, cycles = accumulate(SMALL, reads, [0] * 9, Settings())
    assert [later - earlier for earlier, later in itertools.pairwise(cycles)] == [3] * 11


@pytest.mark.parametrize(
    ("replicas", "value"),
    [
        ((2, 3), 4),  # 4, 9: the first counts as 0
        ((1, 3), 4),  # the second is missing: the first
        ((3,), 0),
        ((1,), 0),
        ((1, 2), 0),
        ((1, 2, 0), 7),  # the third is missing: only what is no copy counts
        ((1, 2, 0, 3), 7),
        ((1, 2, 3, 3), 7),  # 7 is the median of 4, 9 and 7, and there is nothing to the second 3
        ((1, 1, 2, 3), 7),  # a new 1 begins anew: 9, 7, 5
        ((2, 2, 3), 7),  # 0, 4, 9, and 7 is between them
    ],
)
def test_a_broken_sequence_of_copies_adds_what_is_written(replicas: tuple[int, ...], value: int) -> None:
    reads = []
    for _ in range(2):  # the second time shows that nothing is left of the first
        for place, (replica, difference) in enumerate(zip(replicas, (4, 9, 7, 5), strict=False)):
            fields = {"first": int(place == 0), "last": int(place == len(replicas) - 1)}
            reads.append(token(len(reads), [difference, 0] * 4 + [0], replica=replica, **fields))
    seen, _ = accumulate(SMALL, reads, [0] * 9, Settings(), pauses=(0.3, 0.5))
    assert [emit["acc"] for emit in seen] == [[value] * 4] * 2
    assert seen == wanted(SMALL, reads, [0] * 9, Settings())


def test_copies_in_any_order_have_a_result() -> None:
    reads = random_reads(SMALL, 80, replicas=(0, 1, 1, 2, 2, 3, 3))
    settings = CHECKED.with_(mode=RepairMode.CHECK)
    seen, _ = accumulate(SMALL, reads, [0] * 9, settings, pauses=(0.2, 0.4))
    assert seen == wanted(SMALL, reads, [0] * 9, settings)


@pytest.mark.parametrize("changed", ["replica", "flagged", "kernel"])
def test_a_wrong_copy_or_flag_is_noticed(changed: str) -> None:
    settings = CHECKED.with_(mode=RepairMode.CHECK)
    reads = copied_reads(SMALL, 25)
    reads = [read | {"flagged": 1} for read in reads]
    offsets = [0] * 9
    faulty = [dict(read) for read in reads]
    for read in faulty:
        exchanged = {2: 3, 3: 2}.get(read["replica"], read["replica"])
        read[changed] = {"replica": exchanged, "flagged": 0, "kernel": 0}[changed]
    seen, _ = accumulate(SMALL, faulty, offsets, settings)
    assert seen != wanted(SMALL, reads, offsets, settings)


@pytest.mark.parametrize(("copies", "median_of_rest"), [(1, 9), (2, 0)])
def test_abort_forgets_copies_that_wait_for_the_third(copies: int, median_of_rest: int) -> None:
    """Those that come after it are a broken sequence: 0, 9, 12 and 0, 0, 12."""
    dut = Accumulator(SMALL)
    taken: list[tuple[int, Any]] = []
    waiting = [token(n, [15, 0] * 4 + [0], first=int(n == 1), last=0, replica=n) for n in range(1, copies + 1)]
    rest = [
        token(n, [difference, 0] * 4 + [0], first=int(n == copies + 1), last=int(n == 3), replica=n)
        for n, difference in ((2, 9), (3, 12))
    ]

    async def testbench(ctx: SimulatorContext) -> None:
        await source(dut.codes, waiting)(ctx)
        await ctx.tick().repeat(10)
        assert ctx.get(dut.idle), "copies that wait keep nobody busy"
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        await source(dut.codes, rest[copies - 1 :])(ctx)
        await sink(dut.acc, 1, taken)(ctx)

    run(dut, testbench)
    assert taken[0][1]["acc"] == [median_of_rest] * 4
