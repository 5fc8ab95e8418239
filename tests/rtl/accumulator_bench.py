# SPDX-License-Identifier: BSD-3-Clause
"""Reads for an accumulator, what becomes of them in plain Python, and a bench that accumulates them."""

from __future__ import annotations

import random
from typing import Any

from amaranth.sim import SimulatorContext
from repair_formulas import Settings, median, repaired
from spintile.model.geometry import Geometry
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.tokens import RepairMode
from stream_bench import Testbench, flow, no_path, run, sink, source

SMALL = Geometry(name="small", rows=7, cols=9, kernels=2, adc_bits=4, fraction_bits=3, acc_bits=12)
FLAGS = [0b000000110, 0b010100101]  # by kernel
CHECKED = Settings(mode=RepairMode.PAIR_CHECK, strict=True, K=25, P=15, D=9, m0=4, m1=2)


def token(
    ordinal: int,
    codes: list[int],
    *,
    count: int = 1,
    plane: int = 0,
    first: int,
    last: int,
    kernel: int = 1,
    replica: int = 0,
    flagged: int = 0,
) -> dict[str, Any]:
    return {
        "codes": codes,
        "count": count,
        "kernel": kernel,
        "plane": plane,
        "first": first,
        "last": last,
        "replica": replica,
        "flagged": flagged,
        "tag": {"image": 3, "ordinal": ordinal, "layer": 1},
    }


def random_reads(
    geometry: Geometry, emits: int, *, longest: int = 5, replicas: tuple[int, ...] = (0,)
) -> list[dict[str, Any]]:
    """Reads of some emits: 1 to ``longest`` reads each, at planes that cannot overflow an accumulator.

    ``replicas`` are drawn from for every read: whole groups of three only by chance.
    """
    chance = random.Random(emits)
    reads: list[dict[str, Any]] = []
    for _ in range(emits):
        length = chance.randint(1, longest)
        for number in range(length):
            codes = [chance.randrange(1 << geometry.adc_bits) for _ in range(geometry.cols)]
            reads.append(
                token(
                    len(reads),
                    codes,
                    count=chance.randint(0, geometry.rows),
                    plane=chance.randint(0, 3),
                    first=int(number == 0),
                    last=int(number == length - 1),
                    kernel=chance.randrange(geometry.kernels),
                    replica=chance.choice(replicas),
                    flagged=chance.randrange(2),
                )
            )
    return reads


def repaired_read(geometry: Geometry, read: dict[str, Any], offsets: list[int], settings: Settings) -> list[int]:
    """Differences of a read."""
    c = [code - offset for code, offset in zip(read["codes"], offsets, strict=True)]
    word = FLAGS[read["kernel"]]
    marks = [(word >> 2 * j & 1, word >> 2 * j + 1 & 1) if read["flagged"] else None for j in range(geometry.pairs)]
    return [
        repaired(c[2 * j], c[2 * j + 1], read["count"], geometry.fraction_bits, settings, j, marks[j])
        for j in range(geometry.pairs)
    ]


def wanted(geometry: Geometry, reads: list[dict[str, Any]], offsets: list[int], settings: Settings) -> list[Any]:
    """Accumulators of the emits, with the tag of their last read."""
    emits = []
    acc = [0] * geometry.pairs
    held: list[list[int]] = []  # differences of the copies so far, missing ones 0
    for read in reads:
        differences = repaired_read(geometry, read, offsets, settings)
        replica = read["replica"]
        nothing = [0] * geometry.pairs
        added = nothing
        if replica == 0:
            added, held = differences, []
        elif replica == 1:
            held = [differences]
        elif replica == 2:
            held = [*(held or [nothing]), differences]
        else:
            before = held or [nothing]
            low, high = ([choose(values) for values in zip(*before, strict=True)] for choose in (min, max))
            added = [median([*three]) for three in zip(low, high, differences, strict=True)]
            held = []
        for pair in range(geometry.pairs):
            acc[pair] = (0 if read["first"] else acc[pair]) + (added[pair] << read["plane"])
        if read["last"]:
            emits.append({"acc": list(acc), "tag": read["tag"]})
            held = []
    return emits


def registers(dut: Accumulator, offsets: list[int], settings: Settings) -> Testbench:
    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.offsets, offsets)
        ctx.set(dut.settings, settings.registers(dut.geometry.pairs))
        ctx.set(dut.flag.valid, 1)
        for kernel in range(dut.geometry.kernels):
            ctx.set(dut.flag.payload, {"group": kernel, "lane": 0, "data": FLAGS[kernel]})
            await ctx.tick()
        ctx.set(dut.flag.valid, 0)

    return testbench


def chain(*testbenches: Testbench) -> Testbench:
    """One after the other."""

    async def testbench(ctx: SimulatorContext) -> None:
        for each in testbenches:
            await each(ctx)

    return testbench


def accumulate(
    geometry: Geometry,
    reads: list[dict[str, Any]],
    offsets: list[int],
    settings: Settings,
    *,
    pauses: tuple[float, float] = (0.0, 0.0),
) -> tuple[list[Any], list[int]]:
    """Accumulators of the emits and the cycles in which they were handed over."""
    dut = Accumulator(geometry)
    taken: list[tuple[int, Any]] = []
    traced: list[tuple[int, Any]] = []
    run(
        dut,
        chain(registers(dut, offsets, settings), source(dut.codes, reads, pause=pauses[0])),
        sink(dut.acc, sum(read["last"] for read in reads), taken, pause=pauses[1]),
        background=[
            flow(dut.trace, traced),
            no_path([dut.codes.valid, dut.acc.ready], [dut.codes.ready, dut.acc.valid]),
        ],
    )
    assert traced == taken
    return [payload for _, payload in taken], [cycle for cycle, _ in taken]
