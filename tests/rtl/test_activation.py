# SPDX-License-Identifier: BSD-3-Clause
"""Activation: thresholds, inversion, pooling and classes as the contract writes them, at the converter's pace."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import THRESHOLD, Geometry, pack
from spintile.rtl.activation import Activation
from stream_bench import Testbench, flow, no_path, plain, run, sink, source

SMALL = Geometry(name="small", rows=2, cols=9, kernels=1, acc_bits=10, activation_bits=3, threshold_depth=64)
BLANK = {
    "end": 0,
    "threshold": 0,
    "destination": 0,
    "half": 0,
    "lanes": 1,
    "bits": 1,
    "plane_stride": 0,
    "pool_first": 1,
    "pool_last": 1,
    "output": 0,
    "output_first": 0,
    "output_last": 0,
    "binary": 0,
    "image": 0,
    "layer": 0,
}


@dataclass
class Work:
    """Emits with their accumulators, and what must come of them."""

    geometry: Geometry
    memory: list[list[int]]
    emits: list[dict[str, int]] = field(default_factory=list)
    accs: list[list[int]] = field(default_factory=list)
    writes: list[dict[str, int]] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, int]] = field(default_factory=list)
    done: list[tuple[int, int]] = field(default_factory=list)  # layer, writes before its end

    def lanes(self, word: int) -> list[tuple[int, int]]:
        """Values and invert bits of a threshold word."""
        top = 1 << (self.geometry.acc_bits + 1)
        values = [lane & (top - 1) for lane in self.memory[word]]
        signs = [value - top if value >= top // 2 else value for value in values]
        return [(value, lane >> 31) for value, lane in zip(signs, self.memory[word], strict=True)]

    def hidden(self, window: list[list[int]], **fields: int) -> None:
        """Emits of a pooling window."""
        pooled = [0] * self.geometry.pairs
        for number, acc in enumerate(window):
            place = {"pool_first": int(number == 0), "pool_last": int(number == len(window) - 1)}
            self.emits.append(BLANK | fields | place)
            self.accs.append(acc)
            emit = self.emits[-1]
            steps = (1 << emit["bits"]) - 1
            words = [self.lanes(emit["threshold"] + step) for step in range(steps)]
            for lane in range(emit["lanes"]):
                count = sum(acc[lane] >= word[lane][0] for word in words)
                value = steps - count if words[0][lane][1] else count
                pooled[lane] = max(pooled[lane], value)
        self.traces.append({"image": emit["image"], "layer": emit["layer"], "activations": pooled})
        for plane in range(emit["bits"]):
            self.writes.append(
                {
                    "address": (emit["destination"] + plane * emit["plane_stride"]) & 0xFFFF,
                    "half": emit["half"],
                    "data": sum((value >> plane & 1) << lane for lane, value in enumerate(pooled)),
                    "lanes": emit["lanes"],
                }
            )

    def output(self, groups: list[list[int]], **fields: int) -> None:
        """Emits of an output layer, a threshold word for each group."""
        scores = []
        for number, acc in enumerate(groups):
            place = {"output": 1, "output_first": int(number == 0), "output_last": int(number == len(groups) - 1)}
            emit = BLANK | fields | place
            emit["threshold"] += number
            self.emits.append(emit)
            self.accs.append(acc)
            scores += [acc[lane] + self.lanes(emit["threshold"])[lane][0] for lane in range(emit["lanes"])]
        label = int(scores[0] >= 0) if emit["binary"] else scores.index(max(scores))
        self.results.append({"label": label, "image": emit["image"]})

    def end(self, layer: int) -> None:
        self.emits.append(BLANK | {"end": 1, "layer": layer})
        self.done.append((layer, len(self.writes)))


def threshold_memory(dut: Activation, memory: list[list[int]]) -> Testbench:
    """The word of this cycle's address in the next cycle, as a synchronous memory gives it."""

    async def testbench(ctx: SimulatorContext) -> None:
        while True:
            _, _, address = await ctx.tick().sample(dut.threshold_address)
            ctx.set(dut.threshold_data, memory[address % len(memory)])

    return testbench


def random_memory(geometry: Geometry, seed: int, words: int = 64) -> list[list[int]]:
    chance = random.Random(seed)
    limit = 1 << geometry.acc_bits
    return [
        [
            pack(THRESHOLD, value=chance.choice([chance.randrange(-limit, limit), 0]), invert=chance.randint(0, 1))
            for _ in range(geometry.pairs)
        ]
        for _ in range(words)
    ]


def check(work: Work, *, pauses: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> list[int]:
    """Does the work, compares everything, and returns the cycles in which accumulators were taken."""
    dut = Activation(work.geometry)
    tag = {"image": 0, "ordinal": 0, "layer": 0}
    writes: list[tuple[int, Any]] = []
    traces: list[tuple[int, Any]] = []
    results: list[tuple[int, Any]] = []
    done: list[tuple[int, int]] = []
    taken: list[int] = []

    async def monitor(ctx: SimulatorContext) -> None:
        cycle = 0
        while True:
            ports = (dut.layer_done, dut.done_layer, dut.acc.valid, dut.acc.ready)
            _, _, layer_done, layer, valid, ready = await ctx.tick().sample(*ports)
            if layer_done:
                done.append((cycle, layer))
            if valid and ready:
                taken.append(cycle)
            cycle += 1

    async def until_idle(ctx: SimulatorContext) -> None:
        await ctx.tick()
        while len(taken) < len(work.accs) or len(done) < len(work.done) or not ctx.get(dut.idle):
            await ctx.tick()

    run(
        dut,
        source(dut.emit, work.emits, pause=pauses[0], seed=3),
        source(dut.acc, [{"acc": acc, "tag": tag} for acc in work.accs], pause=pauses[1], seed=4),
        sink(dut.result, len(work.results), results, pause=pauses[2]),
        until_idle,
        background=[
            flow(dut.write, writes),
            flow(dut.trace, traces),
            monitor,
            threshold_memory(dut, work.memory),
            no_path([dut.result.ready], [dut.emit.ready, dut.acc.ready, dut.result.valid]),
            no_path([dut.emit.valid, dut.acc.valid], [dut.emit.ready, dut.acc.ready, dut.result.valid]),
        ],
    )
    assert [payload for _, payload in writes] == work.writes
    assert [payload for _, payload in traces] == work.traces
    assert [payload for _, payload in results] == work.results
    assert [layer for _, layer in done] == [layer for layer, _ in work.done]
    for (cycle, layer), (_, before) in zip(done, work.done, strict=True):
        early = sum(written < cycle for written, _ in writes)
        assert early >= before, f"writes must be committed before the end of layer {layer}"
    return taken


def random_work(geometry: Geometry, seed: int, runs: int = 12) -> Work:
    """Runs of layers: hidden emits with every number of bits, pooling windows and lanes, outputs, ends."""
    chance = random.Random(seed)
    work = Work(geometry, random_memory(geometry, seed))
    limit = 1 << (geometry.acc_bits - 1)

    def acc() -> list[int]:
        return [chance.choice([-limit, limit - 1, 0, chance.randrange(-limit, limit)]) for _ in range(geometry.pairs)]

    for number in range(runs):
        common = {"image": chance.randrange(1 << 32), "layer": number % 8, "half": chance.randint(0, 1)}
        if chance.random() < 0.4:
            binary = chance.randint(0, 1)
            groups = [acc() for _ in range(1 if binary else chance.randint(1, 3))]
            lanes = 1 if binary else chance.randint(1, geometry.pairs)
            work.output(groups, binary=binary, lanes=lanes, threshold=chance.randrange(60), **common)
        else:
            for _ in range(chance.randint(1, 4)):
                work.hidden(
                    [acc() for _ in range(chance.choice([1, 1, 2, 4]))],
                    bits=chance.randint(1, geometry.activation_bits),
                    lanes=chance.randint(1, geometry.pairs),
                    threshold=chance.randrange(40),
                    destination=chance.randrange(1 << 16),
                    plane_stride=chance.randrange(1 << 16),
                    **common,
                )
        work.end(number % 8)
    return work


@pytest.mark.parametrize("pauses", [(0.0, 0.0, 0.0), (0.8, 0.0, 0.5), (0.0, 0.9, 0.95), (0.5, 0.5, 0.5)])
@pytest.mark.parametrize("seed", range(4))
def test_activations_and_classes_are_those_of_the_contract(seed: int, pauses: tuple[float, float, float]) -> None:
    check(random_work(SMALL, seed), pauses=pauses)


@pytest.mark.parametrize(
    "geometry",
    [
        SMALL.replace(rows=1, cols=2, acc_bits=8, activation_bits=1),
        SMALL.replace(cols=3, activation_bits=4, acc_bits=30),
    ],
)
def test_the_smallest_and_the_widest_activate_too(geometry: Geometry) -> None:
    check(random_work(geometry, 11), pauses=(0.2, 0.2, 0.2))


@pytest.mark.parametrize("fault", ["data", "activations", "label", "layer"])
def test_a_wrong_expectation_is_noticed(fault: str) -> None:
    work = random_work(SMALL, 1)
    if fault == "data":
        work.writes[3]["data"] ^= 1
    elif fault == "activations":
        work.traces[3]["activations"][0] ^= 1
    elif fault == "label":
        work.results[1]["label"] += 1
    else:
        work.done[2] = (work.done[2][0] ^ 1, work.done[2][1])
    with pytest.raises(AssertionError):
        check(work)


def steady(bits: int, window: int, count: int = 8) -> list[int]:
    """Cycles between one emit and the next when none has to be waited for."""
    work = Work(SMALL, random_memory(SMALL, 2))
    for _ in range(count):
        work.hidden([[1, -1, 5, 0]] * window, bits=bits, lanes=4, plane_stride=4)
    taken = check(work)
    return [later - earlier for earlier, later in itertools.pairwise(taken)]


@pytest.mark.parametrize(("bits", "cycles", "limit"), [(1, 5, 7), (2, 8, 9), (3, 13, 13)])
def test_an_emit_takes_as_long_as_its_thresholds_and_planes(bits: int, cycles: int, limit: int) -> None:
    assert set(steady(bits, window=1)) == {cycles}
    assert cycles <= limit


def test_pooling_writes_only_after_the_last_of_its_window() -> None:
    assert steady(1, window=4, count=2) == [4, 4, 4, 5, 4, 4, 4]


def test_an_output_takes_one_cycle_per_lane_and_four_more() -> None:
    work = Work(SMALL, random_memory(SMALL, 3))
    for image in range(4):
        work.output([[3, 2, 1, 0]], lanes=4, image=image)
    taken = check(work)
    assert {later - earlier for earlier, later in itertools.pairwise(taken)} == {8}


def test_always_and_never_hold_for_every_accumulator() -> None:
    """A threshold has one bit more than an accumulator, so that both exist."""
    lowest, highest = -(1 << SMALL.acc_bits), (1 << SMALL.acc_bits) - 1
    words = [[pack(THRESHOLD, value=value, invert=0)] * 4 for value in (lowest, highest)]
    for word, data in ((0, 0b1111), (1, 0)):
        work = Work(SMALL, words)
        for extreme in (-512, -1, 0, 511):
            work.hidden([[extreme] * 4], lanes=4, threshold=word)
        assert {write["data"] for write in work.writes} == {data}
        check(work)


def test_an_end_needs_no_accumulators_and_a_result_not_taken_holds_up_only_the_next() -> None:
    work = Work(SMALL, random_memory(SMALL, 5))
    dut = Activation(SMALL)
    work.output([[0, 0, 9, 0]], lanes=4, image=1)
    work.end(3)
    work.output([[0, 9, 0, 0]], lanes=4, image=2)
    tag = {"image": 0, "ordinal": 0, "layer": 0}

    async def testbench(ctx: SimulatorContext) -> None:
        await ctx.tick().until(dut.layer_done)
        for _ in range(40):
            await ctx.tick()
        assert not ctx.get(dut.idle)
        assert plain(ctx.get(dut.result.payload)) == work.results[0]
        results: list[tuple[int, Any]] = []
        await sink(dut.result, 2, results)(ctx)
        assert [payload for _, payload in results] == work.results

    run(
        dut,
        source(dut.emit, work.emits),
        source(dut.acc, [{"acc": acc, "tag": tag} for acc in work.accs]),
        testbench,
        background=[threshold_memory(dut, work.memory)],
    )


@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("cycle", range(0, 10, 2))
def test_abort_leaves_the_next_emit_as_it_would_be_alone(cycle: int, output: int) -> None:
    work = Work(SMALL, random_memory(SMALL, 6))
    dut = Activation(SMALL)
    work.hidden([[3, -3, 40, 0]], lanes=4, bits=2, plane_stride=4, destination=70)
    tag = {"image": 0, "ordinal": 0, "layer": 0}
    aborted = BLANK | {"lanes": 4, "bits": 3, "output": output, "output_first": 1, "output_last": 1}
    writes: list[tuple[int, Any]] = []

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.emit.payload, aborted)
        ctx.set(dut.acc.payload, {"acc": [9, 9, 9, 9], "tag": tag})
        ctx.set(dut.emit.valid, 1)
        ctx.set(dut.acc.valid, 1)
        for _ in range(cycle):
            await ctx.tick()
        ctx.set(dut.emit.valid, 0)
        ctx.set(dut.acc.valid, 0)
        ctx.set(dut.abort, 1)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        assert ctx.get(dut.idle)
        writes.clear()
        ctx.set(dut.acc.payload, {"acc": work.accs[0], "tag": tag})
        ctx.set(dut.acc.valid, 1)
        await source(dut.emit, work.emits)(ctx)
        ctx.set(dut.acc.valid, 0)
        await ctx.tick()
        await ctx.tick()

    run(dut, testbench, background=[threshold_memory(dut, work.memory), flow(dut.write, writes)])
    assert [payload for _, payload in writes] == work.writes
