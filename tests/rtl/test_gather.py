# SPDX-License-Identifier: BSD-3-Clause
"""The gather gives each read the row bits that its segments name, at about a segment a cycle."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import SEGMENT, Geometry, pack
from spintile.rtl.gather import Gather
from stream_bench import no_path, run, sink, source

GEOMETRY = Geometry(name="small", rows=11, cols=4, kernels=4, activation_depth=256, segment_depth=64)


class Memories:
    """Segment and activation memories behind a gather, with their latencies."""

    def __init__(self, gather: Gather, seed: int) -> None:
        chance = random.Random(seed)
        self.gather = gather
        self.bits = [[chance.randrange(2) for _ in range(1 << 16)] for _ in range(2)]
        rows = gather.geometry.rows
        self.segments = []
        for _ in range(gather.geometry.segment_depth):
            length = chance.randint(1, rows)
            self.segments.append((chance.randrange(200), length, chance.randint(0, rows - length)))

    async def testbench(self, ctx: SimulatorContext) -> None:
        gather, width = self.gather, self.gather.geometry.word_bits
        waiting = None
        while True:
            _, _, number, enable, half, address = await ctx.tick().sample(
                gather.segment_address, gather.memory.enable, gather.memory.half, gather.memory.address
            )
            offset, length, row = self.segments[number % len(self.segments)]
            ctx.set(gather.segment_word, pack(SEGMENT, offset=offset, length=length, row=row))
            if waiting is not None:
                ctx.set(gather.memory.data, waiting)
            run_ = [self.bits[half][(address + bit) % (1 << 16)] << bit for bit in range(width)]
            waiting = sum(run_) if enable else None

    def wanted(self, read: dict[str, Any]) -> dict[str, Any]:
        """The token of a read, bit by bit."""
        rows = 0
        for number in range(read["segment"], read["segment"] + read["segments"]):
            offset, length, row = self.segments[number]
            for bit in range(length):
                rows |= self.bits[read["half"]][(read["source"] + offset + bit) % (1 << 16)] << (row + bit)
        names = ("kernel", "plane", "first", "last", "replica", "flagged", "tag")
        passed = {name: read[name] for name in names}
        return {"rows": rows, "count": rows.bit_count(), **passed}


def reads(count: int, segments: tuple[int, int], seed: int) -> list[dict[str, Any]]:
    """Random reads of that many segments."""
    chance = random.Random(seed)
    return [
        {
            "kernel": chance.randrange(4),
            "segment": chance.randrange(32),
            "segments": chance.randint(*segments),
            "source": chance.choice([0, 1, 77, 65_500]),
            "half": chance.randrange(2),
            "plane": chance.randrange(4),
            "first": chance.randrange(2),
            "last": chance.randrange(2),
            "replica": chance.randrange(4),
            "flagged": chance.randrange(2),
            "tag": {"image": number, "ordinal": chance.randrange(100), "layer": chance.randrange(8)},
        }
        for number in range(count)
    ]


def gathered(
    tokens: list[dict[str, Any]], *, slow_source: float = 0.0, slow_sink: float = 0.0
) -> tuple[Memories, list[tuple[int, Any]]]:
    """What comes out of a gather."""
    gather = Gather(GEOMETRY)
    memories = Memories(gather, seed=5)
    taken: list[tuple[int, Any]] = []
    run(
        gather,
        source(gather.reads, tokens, pause=slow_source),
        sink(gather.rows, len(tokens), taken, pause=slow_sink),
        background=[memories.testbench],
    )
    return memories, taken


@pytest.mark.parametrize(("slow_source", "slow_sink"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.8), (0.4, 0.4)])
@pytest.mark.parametrize("segments", [(1, 1), (1, 7)])
def test_rows_are_the_bits_that_segments_name(segments: tuple[int, int], slow_source: float, slow_sink: float) -> None:
    tokens = reads(60, segments, seed=2)
    memories, taken = gathered(tokens, slow_source=slow_source, slow_sink=slow_sink)
    assert [token for _, token in taken] == [memories.wanted(token) for token in tokens]


def test_changed_bit_of_the_memory_shows() -> None:
    tokens = reads(60, (1, 1), seed=2)
    memories, taken = gathered(tokens)
    read = tokens[10]
    offset, *_ = memories.segments[read["segment"]]
    memories.bits[read["half"]][(read["source"] + offset) % (1 << 16)] ^= 1
    wrong = [number for number, token in enumerate(tokens) if taken[number][1] != memories.wanted(token)]
    assert 10 in wrong


@pytest.mark.parametrize("segments", [3, 5, 9])
def test_a_segment_a_cycle_without_gaps_between_reads(segments: int) -> None:
    _, taken = gathered(reads(20, (segments, segments), seed=3))
    cycles = [cycle for cycle, _ in taken]
    assert {after - before for before, after in pairwise(cycles)} == {segments}


def test_single_segments_sustain_a_read_every_two_cycles() -> None:
    _, taken = gathered(reads(40, (1, 1), seed=3))
    assert taken[-1][0] - taken[0][0] <= 2 * 39


def test_no_combinational_path_between_its_streams() -> None:
    gather = Gather(GEOMETRY)
    memories = Memories(gather, seed=5)
    taken: list[tuple[int, Any]] = []
    watch = no_path([gather.reads.valid, gather.rows.ready], [gather.reads.ready, gather.rows.valid])
    tokens = reads(20, (1, 3), seed=4)
    run(
        gather,
        source(gather.reads, tokens, pause=0.3),
        sink(gather.rows, 20, taken, pause=0.3),
        background=[memories.testbench, watch],
    )
