# SPDX-License-Identifier: BSD-3-Clause
"""The activation memory reads and writes any run of bits at any bit address, as a plain array of bits would."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.activation_memory import ActivationMemory, half_words
from stream_bench import Testbench, run

GEOMETRIES = [
    Geometry(name="narrow", rows=5, cols=7, kernels=1, activation_depth=100),
    Geometry(name="one word", rows=8, cols=4, kernels=1, activation_depth=16),
    Geometry(name="wide", rows=25, cols=25, kernels=1, activation_depth=300),
]


class Bits:
    """A plain array of bits: a non-synthesisable model of the memory."""

    def __init__(self, geometry: Geometry) -> None:
        self.width = geometry.word_bits
        self.size = half_words(geometry) * self.width
        self.halves = [[0] * self.size for _ in range(2)]

    def write(self, half: int, address: int, data: int, lanes: int) -> None:
        for lane in range(lanes):
            self.halves[half][(address + lane) % self.size] = data >> lane & 1

    def read(self, half: int, address: int) -> int:
        return sum(self.halves[half][(address + bit) % self.size] << bit for bit in range(self.width))


def traffic(memory: ActivationMemory, cycles: int, seed: int, forgets: bool = False) -> Testbench:
    """Random reads, activation writes and image words in every cycle, checked against the plain model."""
    geometry = memory.geometry
    model = Bits(geometry)
    chance = random.Random(seed)

    async def testbench(ctx: SimulatorContext) -> None:
        answers: list[int | None] = [None, None]
        committed: tuple[int, int, int, int] | None = None
        for cycle in range(cycles):
            reads, writes, offers = (chance.random() < share for share in (0.8, 0.4, 0.5))
            half, address = chance.randrange(2), chance.randrange(model.size)
            written = chance.randrange(2), chance.randrange(model.size), chance.getrandbits(geometry.pairs)
            lanes = chance.randint(0, geometry.pairs)
            word = chance.randrange(2), chance.randrange(half_words(geometry)), chance.getrandbits(model.width)
            ctx.set(memory.read.enable, reads)
            ctx.set(memory.read.half, half)
            ctx.set(memory.read.address, address)
            ctx.set(memory.write.valid, writes)
            fields = dict(zip(("half", "address", "data"), written, strict=True))
            ctx.set(memory.write.payload, fields | {"lanes": lanes})
            ctx.set(memory.image.valid, offers)
            ctx.set(memory.image.payload, dict(zip(("half", "word", "data"), word, strict=True)))
            _, _, ready, data = await ctx.tick().sample(memory.image.ready, memory.read.data)
            assert ready == (committed is None), "images must wait exactly while activations are committed"
            if answers[0] is not None:
                assert data == answers[0], f"cycle {cycle}"
            # A read sees the bits as they were before the writes of its own cycle.
            answers = [answers[1], model.read(half, address) if reads else None]
            if committed is not None:
                model.write(*committed)
            if offers and ready:
                model.write(word[0], word[1] * model.width, word[2], model.width)
            flipped = written[2] ^ (forgets and cycle > cycles // 2)
            committed = (*written[:2], flipped, lanes) if writes else None

    return testbench


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda geometry: geometry.name)
def test_equals_a_plain_array_of_bits(geometry: Geometry) -> None:
    memory = ActivationMemory(geometry)
    run(memory, traffic(memory, 1500, seed=1))


def test_wrong_bits_show() -> None:
    memory = ActivationMemory(GEOMETRIES[1])
    with pytest.raises(AssertionError, match="cycle"):
        run(memory, traffic(memory, 1500, seed=3, forgets=True))


def test_answer_stays_until_the_next_one() -> None:
    memory = ActivationMemory(GEOMETRIES[0])

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(memory.image.payload, {"half": 0, "word": 0, "data": 0xA5})
        ctx.set(memory.image.valid, 1)
        await ctx.tick()
        ctx.set(memory.image.valid, 0)
        ctx.set(memory.read.enable, 1)
        await ctx.tick()
        ctx.set(memory.read.enable, 0)
        await ctx.tick()
        for _ in range(4):
            assert ctx.get(memory.read.data) == 0xA5
            await ctx.tick()

    run(memory, testbench)
