# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery in Amaranth's simulator: a host, an image source, a result sink, and an array of integers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from amaranth.sim import SimulatorContext
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.mapping import ExpandedRead, Program
from spintile.rtl.axi_lite import OKAY
from spintile.rtl.features import FULL, Features
from spintile.rtl.registers import register_map
from spintile.rtl.top import Top
from stream_bench import contract_codes, plain, run


async def axi_write(ctx: SimulatorContext, bus: Any, address: int, data: int, strobe: int = 0xF) -> int:
    """One AXI4-Lite write, address and data together; the response."""
    ctx.set(bus.awaddr, address)
    ctx.set(bus.wdata, data & 0xFFFF_FFFF)
    ctx.set(bus.wstrb, strobe)
    ctx.set(bus.awvalid, 1)
    ctx.set(bus.wvalid, 1)
    while ctx.get(bus.awvalid) or ctx.get(bus.wvalid):
        _, _, address_taken, data_taken = await ctx.tick().sample(bus.awready, bus.wready)
        if address_taken:
            ctx.set(bus.awvalid, 0)
        if data_taken:
            ctx.set(bus.wvalid, 0)
    ctx.set(bus.bready, 1)
    (response,) = await ctx.tick().sample(bus.bresp).until(bus.bvalid)
    ctx.set(bus.bready, 0)
    return int(response)


async def axi_read(ctx: SimulatorContext, bus: Any, address: int) -> tuple[int, int]:
    """One AXI4-Lite read; data and response."""
    ctx.set(bus.araddr, address)
    ctx.set(bus.arvalid, 1)
    await ctx.tick().until(bus.arready)
    ctx.set(bus.arvalid, 0)
    ctx.set(bus.rready, 1)
    data, response = await ctx.tick().sample(bus.rdata, bus.rresp).until(bus.rvalid)
    ctx.set(bus.rready, 0)
    return int(data), int(response)


@dataclass
class ChipBench:
    """A program and a die in a chip, and what came out.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    program : Program
        What runs.
    die : int array (kernels, rows, cols)
        What each row adds to each column [LSB/2^F].
    adc_bits : int
        The register ``ADC_BITS``.
    registers : dict
        Further registers by name.
    words : list of (name, index, lane, value)
        Further words of windows and register arrays.
    pause : float
        Probability per cycle that a stream's other end, or the array, is not ready.
    features : Features
        What of the chip is built.
    """

    geometry: Geometry
    program: Program
    die: NDArray[np.int64]
    adc_bits: int
    registers: dict[str, int] = field(default_factory=dict)
    words: list[tuple[str, int, int, int]] = field(default_factory=list)
    pause: float = 0.0
    features: Features = FULL
    results: list[tuple[int, int]] = field(default_factory=list)
    accumulators: list[tuple[int, list[int]]] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    cycle: int = 0

    def __post_init__(self) -> None:
        self.map = register_map(self.geometry)
        self.top = Top(self.geometry, trace=True, features=self.features)

    async def write(self, ctx: SimulatorContext, name: str, value: int, index: int = 0, lane: int = 0) -> None:
        """Writes a register or a word of a window."""
        response = await axi_write(ctx, self.top.s_axi, self.map.address(name, index, lane), value)
        assert response == OKAY, f"writing {name}[{index}][{lane}] was refused"

    async def read(self, ctx: SimulatorContext, name: str) -> int:
        """Reads a register."""
        data, response = await axi_read(ctx, self.top.s_axi, self.map.address(name))
        assert response == OKAY, f"reading {name} was refused"
        return data

    async def load(self, ctx: SimulatorContext) -> None:
        """Program, registers and counters; then the chip is enabled."""
        program = self.program
        for index, word in enumerate(program.instructions):
            await self.write(ctx, "INSTRUCTION", int(word) & 0xFFFF_FFFF, index, 0)
            await self.write(ctx, "INSTRUCTION", int(word) >> 32, index, 1)
        for index, word in enumerate(program.segments):
            await self.write(ctx, "SEGMENT", int(word), index)
        for index, lanes in enumerate(program.thresholds):
            for lane, word in enumerate(lanes):
                await self.write(ctx, "THRESHOLD", int(word), index, lane)
        for index, word in enumerate(program.layers):
            await self.write(ctx, "LAYER", int(word), index)
        values = {"ADC_BITS": self.adc_bits, "LAYERS": len(program.layers), "BEATS": program.beats, **self.registers}
        for name, value in values.items():
            await self.write(ctx, name, value)
        for name, index, lane, value in self.words:
            await self.write(ctx, name, value, index, lane)
        await self.write(ctx, "CONTROL", 0b101)

    async def send(self, ctx: SimulatorContext, images: Sequence[Any]) -> None:
        """Streams images."""
        chance = random.Random(1)
        port = self.top.image
        for image in images:
            words = [int(word) for word in self.program.pack_image(image)]
            for beat, word in enumerate(words):
                while chance.random() < self.pause:
                    await ctx.tick()
                ctx.set(port.tdata, word)
                ctx.set(port.tlast, beat == len(words) - 1)
                ctx.set(port.tvalid, 1)
                await ctx.tick().until(port.tready)
                ctx.set(port.tvalid, 0)

    async def collect(self, ctx: SimulatorContext, count: int) -> None:
        """Takes results as (class, image index)."""
        chance = random.Random(2)
        port = self.top.result
        for _ in range(count):
            while chance.random() < self.pause:
                await ctx.tick()
            ctx.set(port.tready, 1)
            data, last = await ctx.tick().sample(port.tdata, port.tlast).until(port.tvalid)
            ctx.set(port.tready, 0)
            assert last == 1
            self.results.append((int(data) & 0xFF, int(data) >> 8))

    async def array(self, ctx: SimulatorContext) -> None:
        """The kernels behind the pins. Only what the pins say counts: rows and kernel are not taken from the tags."""
        pins, trace, geometry = self.top.array, self.top.trace, self.geometry
        chance = random.Random(3)
        half = 1 << (geometry.fraction_bits - 1)
        latched = np.zeros(geometry.cols, np.int64)
        ctx.set(pins.ready, 1)
        watched = (pins.sample, pins.strobe, pins.select, pins.row_mode.as_value(), pins.trial, pins.differential)
        traced = (trace.acc.valid, trace.acc.acc, trace.acc.image)
        while True:
            _, _, *seen = await ctx.tick().sample(*watched, *traced)
            sample, strobe, select, row_mode, trial, differential, accumulated, acc, image = seen
            self.cycle += 1
            assert select.bit_count() <= 1, "at most one kernel must be selected"
            if strobe:
                codes = np.array(plain(trial))
                if differential:
                    answer = np.zeros(geometry.cols, bool)
                    paired = 2 * geometry.pairs
                    answer[0:paired:2] = latched[0:paired:2] >= latched[1:paired:2]
                else:
                    answer = latched + half >= codes << geometry.fraction_bits
                ctx.set(pins.comparator, int(sum(1 << int(column) for column in np.flatnonzero(answer))))
            if sample:
                self.samples.append(self.cycle)
                rows = np.array([(row_mode >> (3 * row)) & 7 for row in range(geometry.rows)])
                assert select, "a kernel must be driven at a sample"
                assert set(rows) <= {0, 1}, "rows must be read or at the reference"
                latched = rows @ self.die[select.bit_length() - 1]
            if accumulated:
                width = geometry.acc_bits
                lanes = [(acc >> (width * lane)) & ((1 << width) - 1) for lane in range(geometry.pairs)]
                self.accumulators.append((int(image), [lane - (lane >> (width - 1) << width) for lane in lanes]))
            if self.pause:
                ctx.set(pins.ready, chance.random() >= self.pause)

    def run(self, images: Sequence[Any], *, limit: int = 60_000) -> None:
        """Loads the chip, runs the images, reads the counters."""

        async def host(ctx: SimulatorContext) -> None:
            await self.load(ctx)
            await ctx.tick().until(self.top.image.tready)
            started.append(True)
            await self.collect(ctx, len(images))
            for name in ("CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT", "STATUS"):
                self.counters[name] = await self.read(ctx, name)

        async def camera(ctx: SimulatorContext) -> None:
            while not started:
                await ctx.tick()
            await self.send(ctx, images)

        started: list[bool] = []
        run(self.top, host, camera, background=[self.array], limit=limit)

    def steady_cycles_per_image(self, reads_per_image: int, layers: int) -> float:
        """Cycles between samples times reads per image, while as many images as layers were under way.

        The first and the last images overlap with fewer others, and their iterations are shorter.
        """
        steady = self.samples[(layers - 1) * reads_per_image : len(self.samples) - (layers - 1) * reads_per_image]
        return (steady[-1] - steady[0]) / (len(steady) - 1) * reads_per_image


def die_differences(
    die: NDArray[np.int64], adc_bits: int, fraction_bits: int
) -> Callable[[ExpandedRead, NDArray[np.bool_]], NDArray[np.int64]]:
    """Unrepaired differences of a read of a die, as the bit-exact contract writes them."""

    def differences(read: ExpandedRead, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        sums = [int(value) for value in rows.astype(np.int64) @ die[read.kernel]]
        codes = np.array(contract_codes(sums, adc_bits, fraction_bits))
        pairs = len(sums) // 2
        if adc_bits == 1 and not rows.any():
            return np.zeros(pairs, np.int64)
        return codes[0 : 2 * pairs : 2] - codes[1 : 2 * pairs : 2]

    return differences
