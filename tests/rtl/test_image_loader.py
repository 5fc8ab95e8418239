# SPDX-License-Identifier: BSD-3-Clause
"""Images fill the halves of the activation memory in turn, wait for a free one, and end where they say they end."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.image_loader import ImageLoader
from stream_bench import Testbench, run, sink

GEOMETRY = Geometry(name="small", rows=5, cols=6, kernels=1, activation_depth=64)


def stream(loader: ImageLoader, words: list[tuple[int, int]]) -> Testbench:
    """Words as (data, tlast)."""

    async def testbench(ctx: SimulatorContext) -> None:
        for data, last in words:
            ctx.set(loader.image.tdata, data)
            ctx.set(loader.image.tlast, last)
            ctx.set(loader.image.tvalid, 1)
            await ctx.tick().until(loader.image.tready)
            ctx.set(loader.image.tvalid, 0)

    return testbench


def frames(images: int, beats: int) -> list[tuple[int, int]]:
    """Words with numbers that count up."""
    return [(number, number % beats == beats - 1) for number in range(images * beats)]


async def start(ctx: SimulatorContext, loader: ImageLoader, beats: int) -> None:
    ctx.set(loader.enable, 1)
    ctx.set(loader.beats, beats)


async def pulse(ctx: SimulatorContext, signal: Any) -> None:
    ctx.set(signal, 1)
    await ctx.tick()
    ctx.set(signal, 0)


@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize("beats", [1, 3])
def test_words_go_to_both_halves_in_turn(beats: int, pause: float) -> None:
    loader = ImageLoader(GEOMETRY)
    taken: list[tuple[int, Any]] = []

    async def sequencer(ctx: SimulatorContext) -> None:
        await start(ctx, loader, beats)
        for _ in range(5):
            await ctx.tick().until(loader.waiting != 0)
            await pulse(ctx, loader.take)
            await ctx.tick().repeat(3)
            await pulse(ctx, loader.release)

    run(loader, sequencer, stream(loader, frames(5, beats)), sink(loader.memory, 5 * beats, taken, pause=pause))
    wanted = [{"half": n // beats % 2, "word": n % beats, "data": n} for n in range(5 * beats)]
    assert [token for _, token in taken] == wanted


def test_third_image_waits_until_the_first_is_released() -> None:
    loader = ImageLoader(GEOMETRY)

    async def sequencer(ctx: SimulatorContext) -> None:
        ctx.set(loader.memory.ready, 1)
        await start(ctx, loader, 2)
        await ctx.tick().repeat(12)
        assert ctx.get(loader.waiting) == 2
        assert not ctx.get(loader.image.tready)
        await pulse(ctx, loader.take)
        await ctx.tick().repeat(5)
        assert ctx.get(loader.waiting) == 1
        assert not ctx.get(loader.image.tready)
        await pulse(ctx, loader.release)
        assert ctx.get(loader.image.tready)
        await ctx.tick().repeat(5)
        assert ctx.get(loader.waiting) == 2

    run(loader, sequencer, stream(loader, frames(3, 2)))


@pytest.mark.parametrize("words", [[(1, 1)], [(1, 0), (2, 0), (3, 0)]], ids=["early", "missing"])
def test_misplaced_tlast_drops_the_image_and_stops(words: list[tuple[int, int]]) -> None:
    loader = ImageLoader(GEOMETRY)

    async def sequencer(ctx: SimulatorContext) -> None:
        ctx.set(loader.memory.ready, 1)
        await start(ctx, loader, 3)
        await ctx.tick().repeat(8)
        assert ctx.get(loader.error)
        assert ctx.get(loader.waiting) == 0
        ctx.set(loader.image.tvalid, 1)
        assert not ctx.get(loader.image.tready)

    run(loader, sequencer, stream(loader, words))


def test_nothing_is_taken_while_disabled_or_without_beats() -> None:
    loader = ImageLoader(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(loader.memory.ready, 1)
        for enable, beats in ((0, 3), (1, 0)):
            ctx.set(loader.enable, enable)
            ctx.set(loader.beats, beats)
            ctx.set(loader.image.tvalid, 1)
            assert not ctx.get(loader.image.tready)
            assert not ctx.get(loader.memory.valid)

    run(loader, testbench)
