# SPDX-License-Identifier: BSD-3-Clause
"""Die loader: entries become words in the right places; a die that is too long or too short is told."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.twin.die_loader import DieLoader
from stream_bench import plain, run

SMALL = Geometry(name="small", rows=2, cols=3, kernels=3, adc_bits=2, fraction_bits=1)
ENTRIES = 3 * 5 * 3


async def send(ctx: SimulatorContext, dut: DieLoader, words: list[int], last: int | None, pause: float = 0.0) -> None:
    """Entries, with ``tlast`` on the one of that number."""
    chance = random.Random(2)
    for number, word in enumerate(words):
        while chance.random() < pause:
            await ctx.tick()
        ctx.set(dut.die.tvalid, 1)
        ctx.set(dut.die.tdata, word)
        ctx.set(dut.die.tlast, number == last)
        assert ctx.get(dut.die.tready)
        await ctx.tick()
        ctx.set(dut.die.tvalid, 0)


def load(
    geometry: Geometry, packets: list[tuple[int, int | None]], pause: float = 0.0
) -> tuple[dict[tuple[int, int], list[int]], list[tuple[bool, bool]]]:
    """Words by kernel and slot after packets of so many entries, and ``loaded`` and ``error`` after each."""
    dut = DieLoader(geometry)
    words: dict[tuple[int, int], list[int]] = {}
    told: list[tuple[bool, bool]] = []

    async def watch(ctx: SimulatorContext) -> None:
        while True:
            _, _, valid, payload = await ctx.tick().sample(dut.write.valid, dut.write.payload)
            if valid:
                written: Any = plain(payload)
                words[written["address"]["kernel"], written["address"]["slot"]] = written["data"]

    async def testbench(ctx: SimulatorContext) -> None:
        for count, last in packets:
            await send(ctx, dut, [(number * 37) & 0xFFFF_FFFF for number in range(count)], last, pause)
            await ctx.tick().repeat(2)
            told.append((bool(ctx.get(dut.loaded)), bool(ctx.get(dut.error))))

    run(dut, testbench, background=[watch])
    return words, told


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@pytest.mark.parametrize("pause", [0.0, 0.6])
def test_every_entry_comes_to_its_place(pause: float) -> None:
    words, told = load(SMALL, [(ENTRIES, ENTRIES - 1)], pause)
    assert told == [(True, False)]
    assert len(words) == 15
    for (kernel, slot), data in words.items():
        first = (kernel * 5 + slot) * 3
        assert data == [signed((first + column) * 37, 7) for column in range(3)]


@pytest.mark.parametrize(
    ("count", "last"),
    [(ENTRIES - 1, ENTRIES - 2), (7, 6), (1, 0), (ENTRIES, None)],
    ids=["short", "cut", "one", "no end"],
)
def test_a_misplaced_end_is_an_error_and_the_next_die_is_whole(count: int, last: int | None) -> None:
    words, told = load(SMALL, [(count, last), (ENTRIES, ENTRIES - 1)])
    assert told == [(False, True), (True, False)]
    assert words[2, 4] == [signed((ENTRIES - 3 + column) * 37, 7) for column in range(3)]


def test_a_die_that_is_being_replaced_is_not_loaded() -> None:
    _, told = load(SMALL, [(ENTRIES, ENTRIES - 1), (1, None)])
    assert told == [(True, False), (False, False)]
