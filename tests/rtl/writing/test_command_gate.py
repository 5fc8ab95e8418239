# SPDX-License-Identifier: BSD-3-Clause
"""Command gate: what may begin begins in its cycle; everything else sets the bit that says why not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from spintile.model.geometry import Geometry
from spintile.rtl.writing.command_gate import CommandGate
from stream_bench import run
from writer_bench import command, settings_of

GEOMETRY = Geometry(name="small", rows=5, cols=6, kernels=7, adc_bits=6)
LARGEST = Geometry(name="largest", rows=64, cols=64, kernels=256, adc_bits=12)


def legal(geometry: Geometry = GEOMETRY) -> dict[str, Any]:
    """Settings of a command that may begin: three steps on the whole chip."""
    return settings_of(command(1, geometry=geometry), setup=0)


async def start(ctx: SimulatorContext, gate: CommandGate, settings: dict[str, Any]) -> tuple[int, dict[str, int]]:
    """A start; whether it began, and the bits after it."""
    ctx.set(gate.settings, settings)
    ctx.set(gate.start, 1)
    began = ctx.get(gate.begin)
    await ctx.tick()
    ctx.set(gate.start, 0)
    assert not ctx.get(gate.begin)
    return began, {name: ctx.get(getattr(gate, name)) for name in ("refused", "configuration_error", "aborted")}


def changed(path: str, value: int) -> dict[str, Any]:
    """Legal settings with one of them changed."""
    settings = copy.deepcopy(legal())
    *parents, last = path.split(".")
    place: Any = settings
    for name in parents:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    return settings


OUT_OF_RANGE = [
    ("op", 5),
    ("op", 7),
    ("steps", 0),
    ("steps", 17),
    ("repeats", 0),
    ("repeats", 33),
    ("passes", 0),
    ("kernels.last", 7),
    ("kernels.first", 7),
    ("rows.last", 5),
    ("rows.first", 5),
    ("cols.last", 6),
    ("cols.first", 6),
]
IN_RANGE = [
    ("op", 4),
    ("steps", 1),
    ("repeats", 32),
    ("passes", 63),
    ("kernels.first", 6),
    ("rows.first", 4),
    ("cols.first", 5),
    ("kernels.last", 0),
]


@pytest.mark.parametrize(("path", "value"), OUT_OF_RANGE)
def test_every_register_out_of_range_is_a_configuration_error(path: str, value: int) -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 6)
        began, bits = await start(ctx, gate, changed(path, value))
        assert not began
        assert bits == {"refused": 0, "configuration_error": 1, "aborted": 0}
        assert ctx.get(gate.number) == 0

    run(gate, testbench)


@pytest.mark.parametrize(("path", "value"), IN_RANGE)
def test_the_limits_themselves_are_legal(path: str, value: int) -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 2)
        began, bits = await start(ctx, gate, changed(path, value))
        assert began
        assert not any(bits.values())
        assert ctx.get(gate.number) == 1

    run(gate, testbench)


def test_a_step_without_width_is_a_configuration_error() -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 6)
        ctx.set(gate.steps_empty, 1)
        began, bits = await start(ctx, gate, legal())
        assert not began
        assert bits["configuration_error"]

    run(gate, testbench)


@pytest.mark.parametrize("adc_bits", [0, 1, 7])
def test_one_bit_and_too_many_bits_of_conversion_are_a_configuration_error(adc_bits: int) -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, adc_bits)
        began, bits = await start(ctx, gate, legal())
        assert not began
        assert bits["configuration_error"]

    run(gate, testbench)


def test_largest_chip_may_be_written_whole() -> None:
    gate = CommandGate(LARGEST)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 12)
        assert (await start(ctx, gate, legal(LARGEST)))[0]

    run(gate, testbench)


@pytest.mark.parametrize("reason", ["enable", "chip_busy", "busy"])
def test_a_start_out_of_time_is_refused_before_anything_else_is_looked_at(reason: str) -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 6)
        ctx.set(getattr(gate, reason), 1)
        for settings in (legal(), changed("steps", 0)):
            began, bits = await start(ctx, gate, settings)
            assert not began
            assert bits == {"refused": 1, "configuration_error": 0, "aborted": 0}
        ctx.set(getattr(gate, reason), 0)
        began, bits = await start(ctx, gate, legal())
        assert began
        assert not any(bits.values()), "an accepted start must clear the bits"

    run(gate, testbench)


def test_abort_counts_only_while_busy_and_wins_over_start() -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 6)
        ctx.set(gate.abort, 1)
        assert not ctx.get(gate.cancel)
        began, bits = await start(ctx, gate, legal())
        assert not began
        assert not any(bits.values())
        ctx.set(gate.busy, 1)
        assert ctx.get(gate.cancel)
        await ctx.tick()
        ctx.set(gate.abort, 0)
        assert ctx.get(gate.aborted)
        ctx.set(gate.soft_reset, 1)
        await ctx.tick()
        assert not ctx.get(gate.aborted)

    run(gate, testbench)


def test_number_counts_accepted_commands_through_soft_resets() -> None:
    gate = CommandGate(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(gate.adc_bits, 6)
        for number in range(3):
            assert ctx.get(gate.number) == number
            await start(ctx, gate, legal())
            await start(ctx, gate, changed("op", 6))
            ctx.set(gate.soft_reset, 1)
            await ctx.tick()
            ctx.set(gate.soft_reset, 0)
            assert not ctx.get(gate.configuration_error)

    run(gate, testbench)
