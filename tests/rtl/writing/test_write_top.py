# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery writes, reports and aborts through its registers, and infers afterwards as if it never had."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from amaranth.sim import SimulatorContext
from chip_bench import ChipBench, axi_read, axi_write, die_differences
from plain_writing import Command, Plain
from small_array import SmallArray, WatchedPins
from spintile.model.geometry import Geometry
from spintile.model.mapping import compile_network, execute, place
from spintile.model.network import Layer, Network
from spintile.rtl.axi_lite import OKAY
from spintile.rtl.registers import register_map
from spintile.rtl.top import Top
from stream_bench import run
from writer_bench import command

CHIP = Geometry(
    name="chip",
    rows=4,
    cols=6,
    kernels=6,
    adc_bits=6,
    fraction_bits=3,
    acc_bits=14,
    activation_depth=64,
    threshold_depth=16,
    settle_cycles=1,
)
BUSY, REFUSED, MISCONFIGURED, ABORTED = 1, 2, 4, 8


def register_words(geometry: Geometry, wanted: Command, setup: int) -> list[tuple[str, int, int, int]]:
    """What a host writes for a command: register, value, index, lane. The start itself is not among it."""
    words = [
        ("WRITE_KERNELS", wanted.kernels[0] | wanted.kernels[1] << 8, 0, 0),
        ("WRITE_ROWS", wanted.rows[0] | wanted.rows[1] << 8, 0, 0),
        ("WRITE_COLS", wanted.cols[0] | wanted.cols[1] << 8, 0, 0),
        ("WRITE_SETUP", setup, 0, 0),
        ("WINDOW_P", wanted.window_p[0] | wanted.window_p[1] << 16, 0, 0),
        ("WINDOW_AP", wanted.window_ap[0] | wanted.window_ap[1] << 16, 0, 0),
    ]
    options = len(wanted.step_p) | wanted.repeats << 8 | wanted.passes << 16 | wanted.single << 24
    options |= wanted.passive << 25 | wanted.floating << 26 | wanted.read_first << 27
    words.append(("WRITE_OPTIONS", options, 0, 0))
    for name, steps in (("STEP_P", wanted.step_p), ("STEP_AP", wanted.step_ap)):
        words += [(name, level | width << 12, index, 0) for index, (level, width) in enumerate(steps)]
    if wanted.op == 0:
        for kernel in range(geometry.kernels):
            for row in range(geometry.rows):
                bits = sum(wanted.targets[kernel, row, col] << col for col in range(geometry.cols))
                words.append(("TARGET", bits, kernel * geometry.rows + row, 0))
    return words


class TopBench:
    """The periphery, a host on its bus, a taker of its report, and a small array behind its pins."""

    def __init__(self, geometry: Geometry = CHIP, *, setup: int = 1, pause: float = 0.0, seed: int = 0) -> None:
        self.geometry = geometry
        self.setup = setup
        self.top = Top(geometry, trace=True)
        self.map = register_map(geometry)
        self.array = SmallArray(geometry, seed=seed)
        self.plain = Plain(self.array.copy(), geometry.adc_bits)
        self.pins = WatchedPins(self.top.array, self.array, setup, pause)
        self.words: list[tuple[int, int]] = []
        self.taking = True
        self._pause = pause

    async def write(self, ctx: SimulatorContext, name: str, value: int, index: int = 0, lane: int = 0) -> None:
        """Writes a register or a word of a window."""
        assert await axi_write(ctx, self.top.s_axi, self.map.address(name, index, lane), value) == OKAY

    async def read(self, ctx: SimulatorContext, name: str) -> int:
        """Reads a register."""
        data, response = await axi_read(ctx, self.top.s_axi, self.map.address(name))
        assert response == OKAY
        return data

    async def start(self, ctx: SimulatorContext, wanted: Command) -> None:
        """Registers, then the start."""
        for name, value, index, lane in register_words(self.geometry, wanted, self.setup):
            await self.write(ctx, name, value, index, lane)
        await self.write(ctx, "WRITE_COMMAND", 1 | wanted.op << 4)

    async def finish(self, ctx: SimulatorContext) -> int:
        """Polls until the command is over; the other bits of WRITE_STATUS."""
        while (status := await self.read(ctx, "WRITE_STATUS")) & BUSY:
            pass
        return status

    async def report(self, ctx: SimulatorContext) -> None:
        """Takes report words for ever, unless told to wait."""
        chance = random.Random(4)
        port = self.top.report
        while True:
            ready = self.taking and chance.random() >= self._pause
            ctx.set(port.tready, ready)
            _, _, valid, data, last = await ctx.tick().sample(port.tvalid, port.tdata, port.tlast)
            if valid and ready:
                self.words.append((int(data), int(last)))

    def run(self, script: Any, *, limit: int = 60_000) -> None:
        """Runs a script with everything around it."""
        run(self.top, script, background=[self.pins.testbench, self.report], limit=limit)

    async def compare(self, ctx: SimulatorContext, wanted: Command) -> None:
        """Words, pulses, states and registers of the command that has just ended."""
        self.plain.run(wanted)
        assert [word for word, _ in self.words] == self.plain.words
        assert [last for _, last in self.words] == [0] * (len(self.words) - 1) + [1]
        assert self.pins.pulses == self.plain.pulses
        assert self.array.state == self.plain.array.state
        assert await self.read(ctx, "WRITE_FAILED") == self.plain.failed
        assert await self.read(ctx, "WRITE_PULSES") == len(self.plain.pulses)
        self.words, self.pins.pulses = [], []


@pytest.mark.parametrize("pause", [0.0, 0.4])
def test_commands_through_the_registers_are_their_plain_rendering(pause: float) -> None:
    bench = TopBench(pause=pause)
    commands = [
        command(4, geometry=CHIP, kernels=(5, 5), repeats=2),
        command(0, geometry=CHIP, kernels=(1, 3), rows=(1, 2), passes=2, single=True, read_first=True),
        command(2, geometry=CHIP, kernels=(1, 1), cols=(2, 4), passive=True, floating=True),
    ]

    async def host(ctx: SimulatorContext) -> None:
        for wanted in commands:
            await bench.start(ctx, wanted)
            assert await bench.finish(ctx) == 0
            await bench.compare(ctx, wanted)
        assert await bench.read(ctx, "STATUS") == 0
        for counter in ("CYCLES", "READS", "IMAGES", "CONVERTING"):
            assert await bench.read(ctx, counter) == 0, "commands must not count as inference"

    bench.run(host)


def test_a_cell_that_differs_shows() -> None:
    bench = TopBench()
    bench.plain.array.defects[5, 3, 5] = "short" if bench.array.defects[5, 3, 5] != "short" else "open"

    async def host(ctx: SimulatorContext) -> None:
        wanted = command(3, geometry=CHIP, kernels=(5, 5))
        await bench.start(ctx, wanted)
        await bench.finish(ctx)
        with pytest.raises(AssertionError):
            await bench.compare(ctx, wanted)

    bench.run(host)


def test_traces_of_inference_see_nothing_of_a_command() -> None:
    bench = TopBench()
    trace = bench.top.trace

    async def host(ctx: SimulatorContext) -> None:
        await bench.start(ctx, command(3, geometry=CHIP, kernels=(0, 0), repeats=2))
        await bench.finish(ctx)
        assert bench.pins.reads

    async def watch(ctx: SimulatorContext) -> None:
        while True:
            _, _, *seen = await ctx.tick().sample(trace.codes.valid, trace.acc.valid, trace.result.valid)
            assert not any(seen)

    run(bench.top, host, background=[bench.pins.testbench, bench.report, watch])


def test_a_start_is_refused_while_the_chip_is_enabled_or_a_command_runs() -> None:
    bench = TopBench()

    async def host(ctx: SimulatorContext) -> None:
        wanted = command(3, geometry=CHIP, kernels=(0, 0), rows=(0, 0))
        await bench.write(ctx, "LAYERS", 1)
        await bench.write(ctx, "BEATS", 1)
        await bench.write(ctx, "CONTROL", 1)
        await bench.start(ctx, wanted)
        assert await bench.finish(ctx) == REFUSED
        await bench.write(ctx, "CONTROL", 0)
        await bench.start(ctx, wanted)
        await bench.write(ctx, "WRITE_COMMAND", 1 | wanted.op << 4)
        assert await bench.read(ctx, "STATUS") & 1
        assert await bench.finish(ctx) == REFUSED
        bench.plain.run(wanted)
        assert [word for word, _ in bench.words] == bench.plain.words, "the refused start must not have counted"
        await bench.write(ctx, "CONTROL", 2)
        assert await bench.finish(ctx) == 0

    bench.run(host)


@pytest.mark.parametrize(
    ("register", "value"),
    [("WRITE_KERNELS", 6 << 8), ("WRITE_ROWS", 4 << 8), ("WRITE_COLS", 5 | 4 << 8), ("WRITE_OPTIONS", 0)],
)
def test_registers_out_of_range_are_a_configuration_error(register: str, value: int) -> None:
    bench = TopBench()

    async def host(ctx: SimulatorContext) -> None:
        wanted = command(1, geometry=CHIP, kernels=(0, 0), rows=(0, 0))
        for name, right, index, lane in register_words(CHIP, wanted, bench.setup):
            await bench.write(ctx, name, right, index, lane)
        await bench.write(ctx, register, value)
        await bench.write(ctx, "WRITE_COMMAND", 1 | wanted.op << 4)
        assert await bench.finish(ctx) == MISCONFIGURED
        assert not bench.pins.reads
        assert not bench.pins.pulses
        await bench.start(ctx, wanted)
        assert await bench.finish(ctx) == 0
        await bench.compare(ctx, wanted)

    bench.run(host)


def test_enabling_during_a_command_waits_for_its_end() -> None:
    bench = TopBench()

    async def host(ctx: SimulatorContext) -> None:
        await bench.write(ctx, "LAYERS", 1)
        await bench.write(ctx, "BEATS", 1)
        bench.taking = False
        wanted = command(3, geometry=CHIP, kernels=(0, 0), rows=(0, 0))
        await bench.start(ctx, wanted)
        await bench.write(ctx, "CONTROL", 1)
        for _ in range(200):
            await ctx.tick()
            assert not ctx.get(bench.top.image.tready)
        bench.taking = True
        await ctx.tick().until(bench.top.image.tready)
        await bench.finish(ctx)
        bench.plain.run(wanted)
        assert [word for word, _ in bench.words] == bench.plain.words

    bench.run(host)


@pytest.mark.parametrize("by", ["abort", "soft reset"])
@pytest.mark.parametrize("wait", [3, 12, 29, 57, 94])
def test_abort_and_soft_reset_rest_every_line_and_leave_the_chip_usable(by: str, wait: int) -> None:
    bench = TopBench()
    bench.pins.expect_abort()
    lines = bench.top.array

    async def host(ctx: SimulatorContext) -> None:
        await bench.start(ctx, command(1, geometry=CHIP, kernels=(0, 0)))
        await ctx.tick().repeat(wait)
        name, value = ("WRITE_COMMAND", 2) if by == "abort" else ("CONTROL", 2)
        await bench.write(ctx, name, value)
        for _ in range(6):
            assert not ctx.get(lines.select)
            assert not ctx.get(lines.pulse)
            assert not ctx.get(lines.row_mode.as_value())
            await ctx.tick()
        assert await bench.finish(ctx) == (ABORTED if by == "abort" else 0)
        assert not any(last for _, last in bench.words)
        bench.plain.array = bench.array.copy()
        bench.plain.number = 1
        bench.words, bench.pins.pulses = [], []
        wanted = command(0, geometry=CHIP, kernels=(0, 0))
        await bench.start(ctx, wanted)
        assert await bench.finish(ctx) == 0
        await bench.compare(ctx, wanted)

    bench.run(host)


@pytest.mark.parametrize("aborted", [False, True])
def test_inference_after_a_command_is_bit_exact(aborted: bool) -> None:
    rng = np.random.default_rng(3)
    weights = [rng.choice([-1, 1], shape).astype(np.int8) for shape in ((5, 8), (3, 5))]
    hidden = Layer("dense", weights[0], (8,), thresholds=np.zeros((5, 1), np.int64), invert=np.zeros(5, np.bool_))
    net = Network((hidden, Layer("dense", weights[1], (5,), bias=np.array([1, 0, -1]))))
    compiled = compile_network(net, place(net, CHIP), codes_per_weight=3.0, adc_bits=6, largest_offset=0)
    codes = np.where(compiled.states, 6.0, 3.0) * rng.lognormal(0.0, 0.1, compiled.states.shape)
    chip = ChipBench(CHIP, compiled.program, np.rint(codes * 8).astype(np.int64), 6)
    images = list(rng.integers(0, 2, (3, 8)))
    differences = die_differences(chip.die, 6, CHIP.fraction_bits)
    expected = [execute(compiled.program, CHIP, image, differences) for image in images]

    async def host(ctx: SimulatorContext) -> None:
        for round_ in range(2):
            await chip.load(ctx)
            await chip.send(ctx, images)
            await chip.collect(ctx, len(images))
            await chip.write(ctx, "CONTROL", 0)
            while await chip.read(ctx, "STATUS"):
                pass
            assert await chip.read(ctx, "READS") == len(images) * compiled.reads_per_image
            if round_ == 0:
                ctx.set(chip.top.report.tready, 1)
                wanted = command(4, geometry=CHIP, kernels=(2, 2), rows=(0, 1))
                for name, value, index, lane in register_words(CHIP, wanted, 1):
                    await chip.write(ctx, name, value, index, lane)
                await chip.write(ctx, "WRITE_COMMAND", 1 | wanted.op << 4)
                if aborted:
                    await ctx.tick().repeat(120)
                    await chip.write(ctx, "WRITE_COMMAND", 2)
                while (status := await chip.read(ctx, "WRITE_STATUS")) & BUSY:
                    pass
                assert status == (ABORTED if aborted else 0)

    run(chip.top, host, background=[chip.array])
    once = [execution.predicted for execution in expected]
    assert [label for label, _ in chip.results] == once + once
    accumulators = [acc.tolist() for execution in expected for acc in execution.accumulators]
    assert sorted(acc for _, acc in chip.accumulators) == sorted(accumulators + accumulators)
