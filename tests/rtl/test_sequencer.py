# SPDX-License-Identifier: BSD-3-Clause
"""The sequencer issues the tokens of its program in order, and overlaps images as far as their layers allow."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import LAYER, Geometry, Opcode, encode, pack
from spintile.rtl.sequencer import Sequencer
from stream_bench import Testbench, plain, run

GEOMETRY = Geometry(
    name="small", rows=5, cols=6, kernels=5, instruction_depth=20, layer_limit=4, loop_depth=2, activation_bits=2
)
READ = {"kernel": 3, "segment": 9, "segments": 2, "source": 50, "plane": 1, "first": 1, "last": 0}
EMIT = {"threshold": 7, "destination": 90, "lanes": 3, "bits": 2, "plane_stride": 11, "pool_first": 1, "pool_last": 1}


class Surroundings:
    """Instruction memory, an activation that takes its time, and images that wait."""

    def __init__(self, program: list[int], layers: list[tuple[int, int]], *, pause: float = 0.0, work: int = 5) -> None:
        self.sequencer = Sequencer(GEOMETRY)
        self.program = program + [0] * (GEOMETRY.instruction_depth - len(program))
        self.layers = layers
        self.pause = pause
        self.work = work
        self.reads: list[dict[str, Any]] = []
        self.emits: list[dict[str, Any]] = []
        self.events: list[tuple[str, int, int]] = []  # (what, layer, image)

    async def set_up(self, ctx: SimulatorContext, images: int, first: int = 0) -> None:
        """Registers; that many images come to wait, never more than two."""
        sequencer = self.sequencer
        words = [pack(LAYER, start=start, ordinal=ordinal) for start, ordinal in self.layers]
        ctx.set(sequencer.layer_words, words + [0] * (GEOMETRY.layer_limit - len(words)))
        ctx.set(sequencer.layers, len(words))
        ctx.set(sequencer.first_image, first)
        ctx.set(sequencer.restart, 1)
        await ctx.tick()
        ctx.set(sequencer.restart, 0)
        ctx.set(sequencer.enable, 1)
        left = images
        while left:
            ctx.set(sequencer.waiting, min(left, 2))
            _, _, take = await ctx.tick().sample(sequencer.take)
            left -= take
        ctx.set(sequencer.waiting, 0)

    async def memory(self, ctx: SimulatorContext) -> None:
        sequencer = self.sequencer
        while True:
            _, _, address = await ctx.tick().sample(sequencer.instruction_address)
            ctx.set(sequencer.instruction_word, self.program[address % len(self.program)])

    def listener(self, stream: Any, into: list[dict[str, Any]], what: str) -> Testbench:
        """Takes tokens with pauses."""
        chance = random.Random(what)

        async def testbench(ctx: SimulatorContext) -> None:
            while True:
                ctx.set(stream.ready, chance.random() >= self.pause)
                _, _, valid, ready, payload = await ctx.tick().sample(stream.valid, stream.ready, stream.payload)
                if not (valid and ready):
                    continue
                token = plain(payload)
                if what == "read":
                    into.append(token)
                    self.events.append((what, token["tag"]["layer"], token["tag"]["image"]))
                elif token["end"]:
                    ctx.set(stream.ready, 0)
                    await ctx.tick().repeat(self.work)
                    ctx.set(self.sequencer.done.payload, token["layer"])
                    ctx.set(self.sequencer.done.valid, 1)
                    self.events.append(("done", token["layer"], token["image"]))
                    await ctx.tick()
                    ctx.set(self.sequencer.done.valid, 0)
                else:
                    into.append(token)

        return testbench

    def run(
        self, images: int, cycles: int, *, first: int = 0, then: Callable[[SimulatorContext], None] | None = None
    ) -> None:
        """Runs for that many cycles."""

        async def host(ctx: SimulatorContext) -> None:
            await self.set_up(ctx, images, first)
            await ctx.tick().repeat(cycles)
            if then is not None:
                then(ctx)

        sequencer = self.sequencer
        background = [
            self.memory,
            self.listener(sequencer.reads, self.reads, "read"),
            self.listener(sequencer.emits, self.emits, "emit"),
        ]
        run(sequencer, host, background=background, limit=cycles + 2000)


def test_every_field_reaches_its_token() -> None:
    program = [encode(Opcode.READ, **READ, replica=2, flagged=1), encode(Opcode.EMIT, **EMIT), encode(Opcode.END)]
    chip = Surroundings(program, [(0, 40)])
    chip.run(1, 40, first=77)
    tag = {"image": 77, "ordinal": 40, "layer": 0}
    assert chip.reads == [{**READ, "replica": 2, "flagged": 1, "half": 0, "tag": tag}]
    zero = {"end": 0, "half": 0, "output": 0, "output_first": 0, "output_last": 0, "binary": 0, "image": 77, "layer": 0}
    assert chip.emits == [{**EMIT, **zero}]


@pytest.mark.parametrize("pause", [0.0, 0.6])
def test_loops_step_both_addresses_and_restore_them(pause: float) -> None:
    program = [
        encode(Opcode.LOOP, count=2),
        encode(Opcode.LOOP, count=3),
        encode(Opcode.READ, **READ),
        encode(Opcode.EMIT, **EMIT),
        encode(Opcode.NEXT, source_step=4, destination_step=-5),
        encode(Opcode.NEXT, source_step=-20, destination_step=100),
        encode(Opcode.READ, **READ),
        encode(Opcode.END),
    ]
    chip = Surroundings(program, [(0, 0)], pause=pause)
    chip.run(1, 200)
    assert [read["source"] for read in chip.reads] == [50, 54, 58, 30, 34, 38, 50]
    assert [emit["destination"] for emit in chip.emits] == [90, 85, 80, 190, 185, 180]
    assert [read["tag"]["ordinal"] for read in chip.reads] == list(range(7))


def test_addresses_wrap_at_sixteen_bits() -> None:
    program = [
        encode(Opcode.LOOP, count=2),
        encode(Opcode.READ, **{**READ, "source": 0}),
        encode(Opcode.NEXT, source_step=-1),
        encode(Opcode.END),
    ]
    chip = Surroundings(program, [(0, 0)])
    chip.run(1, 40)
    assert [read["source"] for read in chip.reads] == [0, 0xFFFF]


def three_layers(work: int, pause: float = 0.0) -> Surroundings:
    """Three layers of 3, 2 and 1 reads."""
    read = encode(Opcode.READ, **READ)
    program = [read] * 3 + [encode(Opcode.END)] + [read] * 2 + [encode(Opcode.END)] + [read, encode(Opcode.END)]
    return Surroundings(program, [(0, 0), (4, 3), (7, 5)], pause=pause, work=work)


@pytest.mark.parametrize("work", [1, 5, 40])
@pytest.mark.parametrize("pause", [0.0, 0.6])
def test_layers_of_different_images_interleave_and_none_runs_too_early(work: int, pause: float) -> None:
    chip = three_layers(work, pause)
    chip.run(6, 700, first=10)
    order = [(layer, image) for what, layer, image in chip.events if what == "read"]
    runs = [step for number, step in enumerate(order) if number == 0 or order[number - 1] != step]
    for layer in range(3):
        assert [image for where, image in runs if where == layer] == list(range(10, 16))
        assert order.count((layer, 12)) == 3 - layer
    for image in range(10, 16):
        for layer in (1, 2):
            done = chip.events.index(("done", layer - 1, image))
            begun = chip.events.index(("read", layer, image))
            assert begun > done, f"layer {layer} of image {image} began before layer {layer - 1} was committed"
    assert runs[:6] == [(0, 10), (0, 11), (1, 10), (0, 12), (1, 11), (2, 10)]
    halves = {read["tag"]["image"]: read["half"] for read in chip.reads}
    assert halves == {image: image % 2 for image in range(10, 16)}
    assert [read["tag"]["ordinal"] for read in chip.reads if read["tag"]["image"] == 13] == [0, 1, 2, 3, 4, 5]


def test_one_image_alone_passes_through_all_layers() -> None:
    chip = three_layers(work=9)
    chip.run(1, 200, then=lambda ctx: _check(not ctx.get(chip.sequencer.active)))
    assert [event[1] for event in chip.events if event[0] == "done"] == [0, 1, 2]


def test_plain_instructions_take_one_cycle() -> None:
    chip = Surroundings([encode(Opcode.READ, **READ)] * 18 + [encode(Opcode.END)], [(0, 0)])
    seen: list[int] = []

    async def watch(ctx: SimulatorContext) -> None:
        stream = chip.sequencer.reads
        ctx.set(stream.ready, 1)
        cycle = 0
        while True:
            _, _, valid = await ctx.tick().sample(stream.valid)
            seen.extend([cycle] * valid)
            cycle += 1

    async def host(ctx: SimulatorContext) -> None:
        await chip.set_up(ctx, 1)
        await ctx.tick().repeat(40)

    run(chip.sequencer, host, background=[chip.memory, watch])
    assert seen == list(range(seen[0], seen[0] + 18))


BAD = {
    "opcode 0": ([0], "illegal_instruction"),
    "opcode 7": ([7], "illegal_instruction"),
    "no segments": ([encode(Opcode.READ, **{**READ, "segments": 0})], "illegal_instruction"),
    "kernel": ([encode(Opcode.READ, **{**READ, "kernel": 5})], "illegal_instruction"),
    "lanes": ([encode(Opcode.EMIT, **{**EMIT, "lanes": 4})], "illegal_instruction"),
    "no lanes": ([encode(Opcode.EMIT, **{**EMIT, "lanes": 0})], "illegal_instruction"),
    "bits": ([encode(Opcode.EMIT, **{**EMIT, "bits": 3})], "illegal_instruction"),
    "no bits": ([encode(Opcode.EMIT, **{**EMIT, "bits": 0})], "illegal_instruction"),
    "past the end": ([encode(Opcode.READ, **READ)] * 20, "illegal_instruction"),
    "too deep": ([encode(Opcode.LOOP, count=1)] * 3, "loop_error"),
    "no iterations": ([encode(Opcode.LOOP, count=0)], "loop_error"),
    "next outside": ([encode(Opcode.NEXT)], "loop_error"),
    "end inside": ([encode(Opcode.LOOP, count=1), encode(Opcode.END)], "loop_error"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_programs_stop_with_their_error(name: str) -> None:
    words, error = BAD[name]
    chip = Surroundings(words, [(0, 0)])
    flags: dict[str, int] = {}

    def look(ctx: SimulatorContext) -> None:
        flags.update({flag: ctx.get(getattr(chip.sequencer, flag)) for flag in ("illegal_instruction", "loop_error")})

    chip.run(1, 80, then=look)
    assert flags == {"illegal_instruction": error == "illegal_instruction", "loop_error": error == "loop_error"}
    assert chip.emits == []
    assert not any(event[0] == "done" for event in chip.events)


def _check(condition: bool) -> None:
    assert condition


def test_a_network_of_more_layers_does_not_go_on_with_the_last_images_of_the_one_before() -> None:
    """Found by the mutants' workload: writing LAYERS alone, idle and not enabled, began layer 1 of an old image."""
    program = [encode(Opcode.READ, **READ), encode(Opcode.EMIT, **EMIT), encode(Opcode.END)]
    chip = Surroundings(program, [(0, 0)])
    seen = []

    async def host(ctx: SimulatorContext) -> None:
        await chip.set_up(ctx, 2)
        await ctx.tick().repeat(60)
        seen.append((len(chip.reads), ctx.get(chip.sequencer.active)))
        ctx.set(chip.sequencer.enable, 0)
        ctx.set(chip.sequencer.layers, 3)
        await ctx.tick().repeat(40)
        seen.append((len(chip.reads), ctx.get(chip.sequencer.active)))

    sequencer = chip.sequencer
    listeners = [chip.listener(sequencer.reads, chip.reads, "read"), chip.listener(sequencer.emits, chip.emits, "emit")]
    run(sequencer, host, background=[chip.memory, *listeners], limit=2000)
    assert seen == [(2, 0), (2, 0)]
