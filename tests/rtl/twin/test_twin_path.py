# SPDX-License-Identifier: BSD-3-Clause
"""The periphery's own read path with the twin at its pins: codes are the contract's, at the rate that was promised."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from amaranth import Module
from amaranth.hdl import Elaboratable
from amaranth.lib.wiring import connect
from amaranth.sim import SimulatorContext
from plain_twin import PlainDie, random_die
from spintile.model.geometry import Geometry
from spintile.rtl.read_path import ReadPath
from spintile.rtl.twin import Twin
from stream_bench import contract_codes, run, sink, source
from twin_bench import TwinUser

ODD = Geometry(name="odd", rows=7, cols=5, kernels=3, adc_bits=4, fraction_bits=3)


class Path(Elaboratable):
    """Read path and twin."""

    def __init__(self, geometry: Geometry) -> None:
        self.path = ReadPath(geometry)
        self.twin = Twin(geometry)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.path, m.submodules.twin = self.path, self.twin
        connect(m, self.path.array, self.twin.array)
        return m


def read(ordinal: int, kernel: int, rows: int) -> dict[str, Any]:
    return {
        "rows": rows, "count": rows.bit_count(), "kernel": kernel, "plane": 0, "first": 1, "last": 1, "replica": 0,
        "flagged": 0, "tag": {"image": 0, "ordinal": ordinal, "layer": 0},
    }  # fmt: skip


def read_all(
    geometry: Geometry, die: PlainDie, reads: list[tuple[int, int]], bits: int, settle: int, pause: float = 0.0
) -> tuple[list[list[int]], list[int]]:
    """Codes of the reads, and the cycles of their samples."""
    dut = Path(geometry)
    taken: list[tuple[int, Any]] = []
    samples: list[int] = []

    async def watch(ctx: SimulatorContext) -> None:
        for cycle in itertools.count():
            _, _, sample = await ctx.tick().sample(dut.path.array.sample)
            if sample:
                samples.append(cycle)

    async def testbench(ctx: SimulatorContext) -> None:
        await TwinUser(ctx, dut.twin).load(list(die.stream()))
        ctx.set(dut.path.adc_bits, bits)
        ctx.set(dut.path.settle, settle)
        await source(dut.path.rows, [read(i, *each) for i, each in enumerate(reads)])(ctx)

    run(dut, testbench, sink(dut.path.codes, len(reads), taken, pause=pause), background=[watch])
    return [payload["codes"] for _, payload in taken], samples


def random_reads(geometry: Geometry, count: int) -> list[tuple[int, int]]:
    """Reads of which no two neighbours are alike."""
    chance = random.Random(9)
    reads = [(number % geometry.kernels, chance.randrange(1 << geometry.rows)) for number in range(count)]
    return [*reads, (0, (1 << geometry.rows) - 1), (1, 0)]


@pytest.mark.parametrize("pause", [0.0, 0.8])
@pytest.mark.parametrize(("bits", "shared", "settle"), [(1, 1, 1), (4, 1, 0), (3, 5, 2), (2, 1, 9)])
def test_codes_are_the_contract_s(bits: int, shared: int, settle: int, pause: float) -> None:
    geometry = ODD.replace(columns_per_adc=shared)
    die, reads = random_die(geometry, 2), random_reads(geometry, 25)
    codes, _ = read_all(geometry, die, reads, bits, settle, pause)
    assert codes == [contract_codes(die.sums(*each), bits, geometry.fraction_bits) for each in reads]


@pytest.mark.parametrize(("bits", "shared", "settle"), [(1, 1, 1), (4, 1, 2), (4, 5, 2), (1, 1, 8)])
def test_a_read_costs_its_driven_rows_and_four_cycles_or_its_conversion_or_its_settling(
    bits: int, shared: int, settle: int
) -> None:
    geometry = ODD.replace(columns_per_adc=shared)
    reads = random_reads(geometry, 25)
    _, samples = read_all(geometry, random_die(geometry, 2), reads, bits, settle)
    least = max(geometry.conversion_cycles(bits), settle + 1)
    wanted = [max(rows.bit_count() + 4, least) for _, rows in reads]
    assert [later - earlier for earlier, later in itertools.pairwise(samples)] == wanted[1:]
