# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery under test: memories read back, images without an array, an array that is never ready."""

from __future__ import annotations

import numpy as np
import pytest
from amaranth.sim import SimulatorContext
from chip_bench import ChipBench, axi_read
from spintile.model.geometry import WriteOp
from spintile.model.mapping import execute
from spintile.model.mapping.interpret import ExpandedRead
from spintile.rtl.axi_lite import OKAY, SLVERR
from stream_bench import run
from top_networks import SMALL, bench, compare, expected, images_of, network

CODES = [9, 2, 0, 63, 31, 32, 5]


class NoArray(ChipBench):
    """Nothing stands at the pins: comparators and ``ready`` stay 0."""

    async def array(self, ctx: SimulatorContext) -> None:
        """Accumulators only."""
        trace, width = self.top.trace, self.geometry.acc_bits
        watched = (self.top.array.sample, trace.acc.valid, trace.acc.acc, trace.acc.image)
        while True:
            _, _, sample, seen, acc, image = await ctx.tick().sample(*watched)
            assert not sample, "an array that is not ready must not be sampled"
            if seen:
                lanes = [(acc >> (width * lane)) & ((1 << width) - 1) for lane in range(self.geometry.pairs)]
                self.accumulators.append((int(image), [lane - (lane >> (width - 1) << width) for lane in lanes]))


async def read_word(ctx: SimulatorContext, chip: ChipBench, name: str, index: int, lane: int) -> tuple[int, int]:
    """A word of a window, and the response."""
    return await axi_read(ctx, chip.top.s_axi, chip.map.address(name, index, lane))


def test_every_memory_is_read_back_and_no_read_changes_an_answer() -> None:
    net = network("three layers")
    rows = SMALL.kernels * SMALL.rows
    words = [("FLAG", kernel, 0, kernel * 37 % 128) for kernel in range(SMALL.kernels)]
    words += [("TARGET", row, 0, row * 11 % 128) for row in (0, 1, rows - 1)]
    words += [("OFFSET", col, 0, (col - 3) & 0xFFFF_FFFF) for col in range(SMALL.cols)]
    compiled, chip = bench(net, SMALL, 6, words=words)
    images = images_of(net, 2)
    wanted = [*words]
    wanted += [("SEGMENT", index, 0, int(word)) for index, word in enumerate(compiled.program.segments)]
    for index, word in enumerate(compiled.program.instructions):
        wanted += [("INSTRUCTION", index, 0, int(word) & 0xFFFF_FFFF), ("INSTRUCTION", index, 1, int(word) >> 32)]
    for index, lanes in enumerate(compiled.program.thresholds):
        wanted += [("THRESHOLD", index, lane, int(word)) for lane, word in enumerate(lanes)]

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        for name, index, lane, _ in wanted:
            found = await read_word(ctx, chip, name, index, lane)
            assert found[1] == (OKAY if name == "OFFSET" else SLVERR), f"{name} while the chip is enabled"
        await chip.write(ctx, "CONTROL", 0)
        for name, index, lane, word in wanted:
            assert await read_word(ctx, chip, name, index, lane) == (word, OKAY), f"{name}[{index}][{lane}]"
        await chip.write(ctx, "OFFSET", 0, 0)
        for col in range(SMALL.cols):
            await chip.write(ctx, "OFFSET", 0, col)
        await chip.write(ctx, "CONTROL", 1)
        await chip.send(ctx, images)

    async def taker(ctx: SimulatorContext) -> None:
        await chip.collect(ctx, len(images))

    run(chip.top, host, taker, background=[chip.array], limit=60_000)
    compare(chip, expected(compiled, chip, images))


@pytest.mark.parametrize("adc_bits", [1, 4, 6])
def test_images_run_without_an_array(adc_bits: int) -> None:
    net = network("many bits")
    compiled, chip = bench(net, SMALL, adc_bits, NoArray, registers={"TEST": 1, "READY_LIMIT": 3})
    chip.words = [("TEST_CODE", col, 0, code) for col, code in enumerate(CODES)]
    images = images_of(net, 2)
    top = (1 << adc_bits) - 1

    def differences(read: ExpandedRead, rows: np.ndarray) -> np.ndarray:
        pairs = [(CODES[plus], CODES[plus + 1]) for plus in range(0, 2 * SMALL.pairs, 2)]
        if adc_bits == 1:
            return np.array([(1 if plus >= minus else -1) if rows.any() else 0 for plus, minus in pairs])
        return np.array([min(plus, top) - min(minus, top) for plus, minus in pairs])

    chip.run(images)
    compare(chip, [execute(compiled.program, SMALL, image, differences) for image in images])
    assert chip.counters["READS"] == 2 * compiled.reads_per_image
    assert chip.counters["STATUS"] == 0


def test_an_array_that_is_never_ready_is_told_and_lines_rest_until_soft_reset() -> None:
    net = network("three layers")
    compiled, chip = bench(net, SMALL, 6, registers={"READY_LIMIT": 20})
    images = images_of(net, 2)
    pins = chip.top.array
    released: list[bool] = []

    async def never_ready(ctx: SimulatorContext) -> None:
        while not released:
            ctx.set(pins.ready, 0)
            await ctx.tick()
        await chip.array(ctx)

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        await chip.send(ctx, images[:1])
        await ctx.tick().until(pins.select.any())
        cycles = 1  # that one
        while ctx.get(pins.select):
            await ctx.tick()
            cycles += 1
        assert cycles == SMALL.settle_cycles + 20 + 1, "settled, waited, released"
        for _ in range(50):
            assert not ctx.get(pins.select)
            assert not ctx.get(pins.row_mode.as_value())
            assert not ctx.get(pins.gate)
            assert not ctx.get(chip.top.result.tvalid)
            assert not ctx.get(chip.top.image.tready)
            await ctx.tick()
        assert await chip.read(ctx, "STATUS") & 0xFF == 0b100001
        await chip.write(ctx, "CONTROL", 0b010)
        assert await chip.read(ctx, "STATUS") == 0
        released.append(True)
        await chip.write(ctx, "CONTROL", 0b001)
        await chip.send(ctx, images)

    async def taker(ctx: SimulatorContext) -> None:
        await chip.collect(ctx, 2)

    run(chip.top, host, taker, background=[never_ready], limit=60_000)
    compare(chip, expected(compiled, chip, images))


def test_a_command_ends_when_the_array_is_never_ready_and_none_begins_until_soft_reset() -> None:
    _, chip = bench(network("one layer"), SMALL, 6)
    pins = chip.top.array

    async def host(ctx: SimulatorContext) -> None:
        start = 1 | WriteOp.READ << 4
        for name, value in (("READY_LIMIT", 9), ("WRITE_OPTIONS", 1 | 1 << 8 | 1 << 16)):
            await chip.write(ctx, name, value)
        for name in ("STEP_P", "STEP_AP"):
            await chip.write(ctx, name, 1 << 12)
        await chip.write(ctx, "WRITE_COMMAND", start)
        await ctx.tick().until(pins.select.any())
        await ctx.tick().until(~pins.select.any())
        await ctx.tick().repeat(3)
        assert await chip.read(ctx, "STATUS") == 0b100000
        assert await chip.read(ctx, "WRITE_STATUS") == 0b1000
        await chip.write(ctx, "WRITE_COMMAND", start)
        assert await chip.read(ctx, "WRITE_STATUS") == 0b1010
        await chip.write(ctx, "CONTROL", 0b010)
        assert await chip.read(ctx, "STATUS") == 0
        ctx.set(pins.ready, 1)
        await chip.write(ctx, "WRITE_COMMAND", start)
        assert await chip.read(ctx, "WRITE_STATUS") == 0b0001

    run(chip.top, host)
