# SPDX-License-Identifier: BSD-3-Clause
"""The whole periphery gives the accumulators and classes of a plain computation, at the speed of its converters."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import THRESHOLD, Opcode, encode, pack, preset, unpack
from spintile.model.network import Network
from stream_bench import run
from top_networks import SMALL, bench, compare, expected, images_of, layer, network, output


@pytest.mark.parametrize("kind", ["one layer", "binary", "three layers", "many bits", "convolution"])
@pytest.mark.parametrize("adc_bits", [1, 6])
def test_accumulators_and_classes_equal_a_plain_computation(kind: str, adc_bits: int) -> None:
    net = network(kind)
    compiled, chip = bench(net, SMALL, adc_bits)
    images = images_of(net, 5)
    chip.run(images)
    compare(chip, expected(compiled, chip, images))
    assert chip.counters["READS"] == len(chip.samples) == 5 * compiled.reads_per_image
    assert chip.counters["IMAGES"] == 5
    assert chip.counters["STATUS"] == 0
    assert chip.counters["CONVERTING"] == 5 * compiled.cycles_bound()


@pytest.mark.parametrize("kind", ["three layers", "convolution"])
def test_pauses_everywhere_change_nothing(kind: str) -> None:
    net = network(kind)
    compiled, chip = bench(net, SMALL.replace(columns_per_adc=7), 4, pause=0.4, registers={"IMAGE_INDEX": 100})
    images = images_of(net, 6)
    chip.run(images)
    compare(chip, expected(compiled, chip, images), first=100)


def test_changed_threshold_shows() -> None:
    net = network("three layers")
    compiled, chip = bench(net, SMALL, 6)
    images = images_of(net, 3)
    wanted = expected(compiled, chip, images)
    words = compiled.program.thresholds.copy()
    fields = unpack(THRESHOLD, int(words[0, 0]))
    words[0, 0] = pack(THRESHOLD, value=fields["value"], invert=1 - fields["invert"])
    chip.program = dataclasses.replace(compiled.program, thresholds=words)
    chip.run(images)
    with pytest.raises(AssertionError):
        compare(chip, wanted)


def test_changed_device_shows() -> None:
    net = network("one layer")
    compiled, chip = bench(net, SMALL, 6)
    images = images_of(net, 3)
    wanted = expected(compiled, chip, images)
    placed = compiled.placement.layers[0]
    chip.die = chip.die.copy()
    chip.die[placed.kernels[0, 0, 0], :, 0] += 1 << SMALL.fraction_bits
    chip.run(images)
    with pytest.raises(AssertionError):
        compare(chip, wanted)


@pytest.mark.parametrize("kind", ["three layers", "convolution"])
def test_saturated_chip_never_waits(kind: str) -> None:
    net = network(kind)
    compiled, chip = bench(net, SMALL, 6)
    chip.run(images_of(net, 8))
    steady = chip.steady_cycles_per_image(compiled.reads_per_image, len(net.layers))
    assert steady == pytest.approx(compiled.cycles_bound()), "no bubble between conversions of 6 bits"


def test_slow_settling_is_seen_as_waiting() -> None:
    net = network("three layers")
    compiled, chip = bench(net, SMALL, 6, registers={"SETTLE": 13})
    chip.run(images_of(net, 8))
    steady = chip.steady_cycles_per_image(compiled.reads_per_image, len(net.layers))
    assert steady == pytest.approx(14 * compiled.reads_per_image), "a read every SETTLE + 1 cycles"


def test_dense_network_on_the_default_chip_never_waits() -> None:
    rng = np.random.default_rng(9)
    net = Network((layer(rng, (36, 196), (196,)), output(rng, 10, 36)))
    compiled, chip = bench(net, preset("borders"), 8)
    images = images_of(net, 4)
    chip.run(images)
    compare(chip, expected(compiled, chip, images))
    assert compiled.cycles_bound() == 26 * 9
    assert chip.steady_cycles_per_image(26, 2) == pytest.approx(26 * 9)
    assert chip.counters["CYCLES"] <= 1.10 * 4 * 26 * 9, "filling and draining included"


def test_illegal_instruction_stops_the_chip_until_soft_reset() -> None:
    net = network("one layer")
    compiled, chip = bench(net, SMALL, 6)
    images = images_of(net, 2)
    broken = compiled.program.instructions.copy()
    broken[1] = 0
    chip.program = dataclasses.replace(compiled.program, instructions=broken)
    top = chip.top

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        await chip.send(ctx, images[:1])
        await ctx.tick().repeat(50)
        assert await chip.read(ctx, "STATUS") & 0b11111 == 0b00011
        await chip.write(ctx, "INSTRUCTION", int(compiled.program.instructions[1]) & 0xFFFF_FFFF, 1, 0)
        await chip.write(ctx, "INSTRUCTION", int(compiled.program.instructions[1]) >> 32, 1, 1)
        await chip.write(ctx, "CONTROL", 0b011)
        assert await chip.read(ctx, "STATUS") == 0
        assert ctx.get(top.array.select) == 0
        chip.accumulators.clear()
        await chip.send(ctx, images)
        await chip.collect(ctx, 2)

    run(top, host, background=[chip.array])
    compare(chip, expected(compiled, chip, images))


def test_soft_reset_in_the_middle_leaves_no_trace() -> None:
    net = network("three layers")
    compiled, chip = bench(net, SMALL, 6)
    images = images_of(net, 2)
    top = chip.top

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        for wait in (20, 61, 150, 301):
            await chip.send(ctx, images)
            await ctx.tick().repeat(wait)
            await chip.write(ctx, "CONTROL", 0b011)
            await ctx.tick()
            assert ctx.get(top.array.select) == 0
            assert ctx.get(top.array.gate) == 0
            assert await chip.read(ctx, "STATUS") == 0
        chip.accumulators.clear()
        await chip.send(ctx, images)
        await chip.collect(ctx, 2)

    run(top, host, background=[chip.array])
    compare(chip, expected(compiled, chip, images))


def test_misplaced_tlast_is_an_error_and_its_image_is_dropped() -> None:
    net = network("three layers")
    _, chip = bench(net, SMALL, 6)
    assert chip.program.beats > 1

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        ctx.set(chip.top.image.tlast, 1)
        ctx.set(chip.top.image.tvalid, 1)
        await ctx.tick().repeat(5)
        assert ctx.get(chip.top.image.tready) == 0
        assert await chip.read(ctx, "STATUS") == 0b01000
        await ctx.tick().repeat(100)
        assert await chip.read(ctx, "READS") == 0

    run(chip.top, host, background=[chip.array])


@pytest.mark.parametrize(("register", "value"), [("ADC_BITS", 0), ("ADC_BITS", 7), ("LAYERS", 0), ("BEATS", 0)])
def test_enabling_out_of_range_is_an_error(register: str, value: int) -> None:
    _, chip = bench(network("one layer"), SMALL, 6, registers={register: value})

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        assert await chip.read(ctx, "STATUS") == 0b10000
        assert ctx.get(chip.top.image.tready) == 0

    run(chip.top, host)


def test_loops_too_deep_are_an_error() -> None:
    net = network("one layer")
    _, chip = bench(net, SMALL, 6)
    words = np.array([encode(Opcode.LOOP, count=2)] * (SMALL.loop_depth + 1), dtype=np.uint64)
    chip.program = dataclasses.replace(chip.program, instructions=words)

    async def host(ctx: SimulatorContext) -> None:
        await chip.load(ctx)
        await chip.send(ctx, images_of(net, 1))
        await ctx.tick().repeat(20)
        assert await chip.read(ctx, "STATUS") & 0b11111 == 0b00101

    run(chip.top, host)
