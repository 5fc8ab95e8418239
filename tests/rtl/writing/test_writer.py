# SPDX-License-Identifier: BSD-3-Clause
"""Writer: every command gives the words, the pulses and the states of the plain rendering of its contract."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from plain_writing import Command
from spintile.model.geometry import Geometry
from stream_bench import contract_codes
from writer_bench import SMALL, WriterBench, command

ONE_ROW = Geometry(name="one row", rows=1, cols=2, kernels=1, adc_bits=6, fraction_bits=3, settle_cycles=1)
WIDE = Geometry(name="wide", rows=2, cols=40, kernels=1, adc_bits=6, fraction_bits=3, columns_per_adc=8)
LONG = Geometry(name="long", rows=64, cols=2, kernels=2, adc_bits=6, fraction_bits=3)


@pytest.mark.parametrize("op", range(5))
def test_every_command_is_its_plain_rendering(op: int) -> None:
    WriterBench(seed=op).check([command(op, passes=2, repeats=3)])


@pytest.mark.parametrize(
    "options",
    [
        {"single": True},
        {"floating": True},
        {"read_first": True},
        {"passive": True},
        {"passive": True, "single": True, "floating": True, "passes": 5, "read_first": True},
        {"steps": 16, "passes": 3, "rows": (0, 1), "kernels": (1, 1)},
        {"steps": 1, "passes": 63, "rows": (2, 2), "kernels": (0, 0)},
    ],
    ids=lambda options: "-".join(options),
)
def test_options_do_what_the_plain_rendering_does(options: dict[str, Any]) -> None:
    WriterBench(seed=3).check([command(0, seed=4, **options)])


@pytest.mark.parametrize(("setup", "pause"), [(0, 0.0), (1, 0.5), (7, 0.3)])
def test_setup_and_pauses_everywhere_change_no_word(setup: int, pause: float) -> None:
    WriterBench(setup=setup, pause=pause, seed=5).check([command(4, rows=(1, 2), kernels=(1, 1), repeats=2)])


@pytest.mark.parametrize("single", [False, True])
def test_a_region_leaves_every_other_cell_alone(single: bool) -> None:
    region = {"kernels": (1, 2), "rows": (1, 1), "cols": (2, 3)}
    WriterBench(seed=6).check([command(op, single=single, **region) for op in (4, 0, 3)])


@pytest.mark.parametrize("geometry", [ONE_ROW, WIDE, SMALL.replace(columns_per_adc=5)], ids=lambda chip: chip.name)
@pytest.mark.parametrize("op", [0, 4])
def test_other_shapes_of_chips(geometry: Geometry, op: int) -> None:
    WriterBench(geometry, seed=7).check([command(op, geometry=geometry, repeats=2)])


def test_last_rows_of_the_longest_kernel() -> None:
    region = {"rows": (62, 63), "kernels": (1, 1)}
    WriterBench(LONG, seed=8).check([command(op, geometry=LONG, repeats=32, **region) for op in (0, 4)])


def test_commands_one_after_the_other_count_up_and_start_afresh() -> None:
    WriterBench(seed=9).check([command(op, seed=op, kernels=(0, 0), repeats=1 + op) for op in (3, 1, 2, 0, 3)])


@pytest.mark.parametrize("adc_bits", [2, 4])
def test_fewer_bits_of_conversion(adc_bits: int) -> None:
    bench = WriterBench(seed=10)
    bench.plain.adc_bits = adc_bits

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        ctx.set(bench.dut.adc_bits, adc_bits)
        wanted = command(4, kernels=(0, 0), window_p=(2, 3), window_ap=(0, 1))
        await bench.start(ctx, wanted)
        await bench.finish(ctx)
        await ctx.tick()
        bench.compare(wanted, ctx)

    bench.run(script)


def test_a_chip_of_healthy_cells_stops_after_a_pass_without_pulses() -> None:
    bench = WriterBench(seed=11)
    for array in (bench.array, bench.plain.array):
        array.defects = dict.fromkeys(array.cells, "healthy")
    wanted = command(1, steps=16, passes=63, kernels=(0, 0))
    bench.check([wanted])
    assert bench.plain.failed == 0
    assert {word >> 51 & 0xFF for word in bench.plain.words} == {0, 1}


@pytest.mark.parametrize(
    "fault",
    ["state", "defect", "number", "level", "width", "order"],
)
def test_a_fault_shows(fault: str) -> None:
    bench = WriterBench(seed=12)
    plain = bench.plain
    healthy = [cell for cell in plain.array.cells if plain.array.defects[cell] == "healthy"]
    if fault == "state":
        plain.array.state[healthy[0]] ^= True
    elif fault == "defect":
        plain.array.defects[healthy[0]] = "short"
    elif fault == "number":
        plain.number = 1
    wanted = command(3 if fault in ("state", "defect", "number") else 0)
    given = {
        "level": dataclasses.replace(wanted, step_p=((96, 1), *wanted.step_p[1:])),
        "width": dataclasses.replace(wanted, step_ap=((94, 4), *wanted.step_ap[1:])),
        "order": dataclasses.replace(wanted, single=True),
    }.get(fault, wanted)

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        await bench.start(ctx, given)
        await bench.finish(ctx)
        await ctx.tick()
        bench.compare(wanted, ctx)

    with pytest.raises(AssertionError) as shown:
        bench.run(script)
    assert "still running" not in str(shown.value)


def test_too_short_a_setup_shows() -> None:
    bench = WriterBench(setup=2)
    bench.pins.setup = 3
    with pytest.raises(AssertionError, match="a pulse must be prepared for 3 cycles"):
        bench.check([command(1)])


def cycles(wanted: Command, *, setup: int = 2, settle: int = 1) -> tuple[int, int, int]:
    """Cycles of a command on obedient cells, its pulses and its reads."""
    bench = WriterBench(setup=setup, seed=13)
    for array in (bench.array, bench.plain.array):
        array.defects = dict.fromkeys(array.cells, "healthy")
    spent = []

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        ctx.set(bench.dut.settle, settle)
        await bench.start(ctx, wanted)
        spent.append(await bench.finish(ctx))
        await ctx.tick()
        bench.compare(wanted, ctx)

    bench.run(script)
    return spent[0], len(bench.plain.pulses), len(bench.pins.reads)


@pytest.mark.parametrize("single", [False, True])
def test_pulses_and_reads_cost_what_their_settings_say(single: bool) -> None:
    steps = ((2000, 3),)
    wanted = command(0, single=single, step_p=steps, step_ap=steps, kernels=(0, 0))
    longer = dataclasses.replace(wanted, step_p=((2000, 10),), step_ap=((2000, 10),))
    base, pulses, reads = cycles(wanted)
    assert cycles(longer)[0] - base == 7 * pulses
    assert cycles(wanted, setup=5)[0] - base == 2 * 3 * pulses
    assert cycles(wanted, settle=9)[0] - base == 8 * reads


def test_reading_costs_settling_conversion_and_a_cycle_per_column() -> None:
    rows, cols = SMALL.rows, SMALL.cols
    spent, _, reads = cycles(command(3, kernels=(1, 1), repeats=4))
    assert reads == 4 * (1 + rows)
    read = SMALL.settle_cycles + SMALL.conversion_cycles() + 2
    begin, row, take = 1, 3, 1
    assert spent == begin + reads * (read + cols + 4 + take) + rows * row


def test_reads_of_an_image_wait_for_the_end_of_a_command() -> None:
    bench = WriterBench(seed=14)
    dut = bench.dut
    wanted = command(4, kernels=(0, 0), rows=(0, 0))
    image = {"rows": 0b101, "count": 2, "kernel": 1, "tag": {"image": 7, "ordinal": 3, "layer": 1}}

    async def script(bench: WriterBench, ctx: SimulatorContext) -> None:
        await bench.start(ctx, wanted)
        ctx.set(dut.rows.payload, image)
        ctx.set(dut.rows.valid, 1)
        ctx.set(dut.codes.ready, 1)
        while ctx.get(dut.status.busy):
            assert not ctx.get(dut.rows.ready)
            assert not ctx.get(dut.codes.valid)
            await ctx.tick()
        bench.compare(wanted, ctx)
        await ctx.tick().until(dut.rows.ready)
        ctx.set(dut.rows.valid, 0)
        (codes,) = await ctx.tick().sample(dut.codes.payload).until(dut.codes.valid)
        sums = bench.array.sums(1, [0, 2], 7, 3)
        assert list(codes.codes) == contract_codes(sums, SMALL.adc_bits, SMALL.fraction_bits)
        assert codes.tag.image == 7
        assert not ctx.get(dut.report.tvalid)

    bench.run(script)
