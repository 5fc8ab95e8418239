# SPDX-License-Identifier: BSD-3-Clause
"""Read path, accumulator and activation in a row: an emit per read must not make the converters wait."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from amaranth.sim import SimulatorContext
from spintile.model.geometry import THRESHOLD, Geometry, pack
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.activation import Activation
from spintile.rtl.read_path import ReadPath
from spintile.rtl.tokens import Flow, emit_token, rows_token, write_token
from stream_bench import ArrayBehindPins, contract_codes, flow, run, source


class Datapath(Component):
    """Everything between the rows and the writes, with thresholds that are all the same word."""

    def __init__(self, geometry: Geometry, threshold: int) -> None:
        self.geometry = geometry
        self.threshold = threshold
        self.read_path = ReadPath(geometry)
        super().__init__(
            {
                "rows": In(stream.Signature(rows_token(geometry))),
                "emit": In(stream.Signature(emit_token())),
                "write": Out(Flow(write_token(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.read_path = self.read_path
        m.submodules.accumulator = accumulator = Accumulator(self.geometry)
        m.submodules.activation = activation = Activation(self.geometry)
        connect(m, flipped(self.rows), self.read_path.rows)
        connect(m, self.read_path.codes, accumulator.codes)
        connect(m, accumulator.acc, activation.acc)
        connect(m, flipped(self.emit), activation.emit)
        connect(m, activation.write, flipped(self.write))
        for lane in range(self.geometry.pairs):
            m.d.comb += activation.threshold_data[lane].eq(pack(THRESHOLD, value=self.threshold))
        return m


@pytest.mark.parametrize(
    ("adc_bits", "columns_per_adc", "bits", "period"),
    [(8, 1, 1, 9), (8, 1, 2, 9), (4, 1, 1, 5), (3, 2, 2, 8), (1, 1, 1, 5)],
)
def test_an_emit_per_read_runs_at_the_pace_of_the_slower_block(
    adc_bits: int, columns_per_adc: int, bits: int, period: int
) -> None:
    """The activation's 5 or 8 cycles hide behind a conversion of m*(B+1) cycles, or set the pace."""
    geometry = Geometry(
        name="small", rows=2, cols=4, kernels=1, adc_bits=8, columns_per_adc=columns_per_adc, activation_bits=2
    )
    dut = Datapath(geometry, threshold=1)
    pins = dut.read_path.array
    reads = 24

    def sums(_: int, ordinal: int) -> list[int]:
        return [(ordinal * 37 + col * 101) % 1000 << 6 for col in range(4)]

    array = ArrayBehindPins(pins, sums, geometry.fraction_bits, columns_per_adc)
    rows = [
        {"rows": 1, "count": 1, "kernel": 0, "plane": 0, "first": 1, "last": 1}
        | {"tag": {"image": 0, "ordinal": number, "layer": 0}}
        for number in range(reads)
    ]
    emit = {"lanes": 2, "bits": bits, "plane_stride": 100, "pool_first": 1, "pool_last": 1}
    writes: list[tuple[int, Any]] = []

    async def registers(ctx: SimulatorContext) -> None:
        ctx.set(dut.read_path.adc_bits, adc_bits)
        ctx.set(dut.read_path.settle, 1)
        ctx.set(pins.ready, 1)

    async def wait(ctx: SimulatorContext) -> None:
        while len(writes) < reads * bits:
            await ctx.tick()

    run(
        dut,
        registers,
        source(dut.rows, rows),
        source(dut.emit, [emit | {"destination": number} for number in range(reads)]),
        wait,
        background=[array.testbench, flow(dut.write, writes)],
    )
    steps = [later - earlier for earlier, later in zip(array.samples, array.samples[1:], strict=False)]
    assert set(steps[reads // 2 :]) == {period}
    for number in range(reads):
        codes = contract_codes(sums(0, number), adc_bits, geometry.fraction_bits)
        above = sum((codes[2 * pair] - codes[2 * pair + 1] >= 1) << pair for pair in range(2))
        planes = [write for _, write in writes if write["address"] % 100 == number]
        assert [plane["data"] for plane in planes] == [above] * bits
