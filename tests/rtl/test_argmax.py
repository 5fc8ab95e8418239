# SPDX-License-Identifier: BSD-3-Clause
"""Argmax: the lowest index among the largest scores, over any number of groups."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.argmax import Argmax
from stream_bench import run

SMALL = Geometry(name="small", rows=2, cols=9, kernels=1, acc_bits=8)

Group = tuple[list[int], list[int], int]  # accumulators, biases, lanes


def winners(geometry: Geometry, images: list[list[Group]]) -> list[tuple[int, int, list[int]]]:
    """Label, sign of the first score and cycles of each group, for each image."""
    dut = Argmax(geometry)
    found: list[tuple[int, int, list[int]]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        for groups in images:
            cycles = []
            for number, (acc, bias, lanes) in enumerate(groups):
                ctx.set(dut.acc, acc)
                ctx.set(dut.lanes, lanes)
                ctx.set(dut.first, number == 0)
                ctx.set(dut.start, 1)
                await ctx.tick()
                ctx.set(dut.start, 0)
                ctx.set(dut.bias, [value & 0x7FFFFFFF for value in bias])
                cycles.append(1)
                while not ctx.get(dut.done):
                    cycles[-1] += 1
                    await ctx.tick()
            found.append((ctx.get(dut.label), ctx.get(dut.positive), cycles))

    run(dut, testbench)
    return found


def random_image(geometry: Geometry, chance: random.Random, spread: int) -> list[Group]:
    return [
        (
            [chance.randint(-spread, spread - 1) for _ in range(geometry.pairs)],
            [chance.randint(-2 * spread, 2 * spread - 1) for _ in range(geometry.pairs)],
            chance.randint(1, geometry.pairs),
        )
        for _ in range(chance.randint(1, 4))
    ]


@pytest.mark.parametrize("spread", [1, 2, 128])
@pytest.mark.parametrize("cols", [2, 3, 9])
def test_the_lowest_of_the_largest_scores_wins(cols: int, spread: int) -> None:
    geometry = SMALL.replace(cols=cols)
    chance = random.Random(spread)
    images = [random_image(geometry, chance, spread) for _ in range(60)]
    for groups, (label, positive, cycles) in zip(images, winners(geometry, images), strict=True):
        scores = [a + b for acc, bias, lanes in groups for a, b in list(zip(acc, bias, strict=True))[:lanes]]
        assert label == scores.index(max(scores))
        assert positive == (scores[0] >= 0)
        assert cycles == [lanes + 3 for _, _, lanes in groups]


def test_a_tie_goes_to_the_earlier_group() -> None:
    group = ([1, 5, 5, 0], [0] * 4, 4)
    assert winners(SMALL, [[group, group, ([9, 0, 0, 0], [-4, 0, 0, 0], 1)]])[0][0] == 1


def test_unused_lanes_never_win() -> None:
    assert winners(SMALL, [[([-9, -8, 100, 100], [0] * 4, 2)]])[0][0] == 1
