# SPDX-License-Identifier: BSD-3-Clause
"""Pulse generator: lines write for exactly the programmed cycles, and rest before, after and when told to."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import SimulatorContext
from small_array import FLOAT, READ, REFERENCE, WRITE_N, WRITE_P
from spintile.model.geometry import Geometry
from spintile.rtl.writing.pulse import PulseGenerator
from stream_bench import no_path, run

GEOMETRY = Geometry(name="small", rows=3, cols=4, kernels=5)


def request(**changes: int) -> dict[str, int]:
    return {"kernel": 3, "row": 1, "cols": 0b0110, "toward_p": 1, "level": 0xABC, "width": 4, **changes}


def lines(ctx: SimulatorContext, dut: PulseGenerator) -> dict[str, Any]:
    """What the drive says in this cycle."""
    drive = dut.drive
    return {
        "claim": ctx.get(drive.claim),
        "active": ctx.get(drive.active),
        "pulse": ctx.get(drive.pulse),
        "gate": ctx.get(drive.gate),
        "level": ctx.get(drive.level),
        "rows": [ctx.get(drive.row_mode[row]).value for row in range(GEOMETRY.rows)],
        "cols": [ctx.get(drive.col_mode[col]).value for col in range(GEOMETRY.cols)],
    }


def cycles_of(asked: dict[str, int], *, setup: int, count: int, **options: int) -> list[dict[str, Any]]:
    """Lines from the cycle in which a request is taken on."""
    dut = PulseGenerator(GEOMETRY)
    seen = []

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.setup, setup)
        ctx.set(dut.drive.rest, 1)
        for name, value in options.items():
            ctx.set(getattr(dut, name), value)
        ctx.set(dut.request.payload, asked)
        ctx.set(dut.request.valid, 1)
        assert ctx.get(dut.request.ready)
        for _ in range(count):
            seen.append({**lines(ctx, dut), "ready": ctx.get(dut.request.ready)})
            await ctx.tick()
            ctx.set(dut.request.payload, request(kernel=0, row=2, cols=0b1111, toward_p=0, level=1, width=99))
            ctx.set(dut.request.valid, 0)
            ctx.set(dut.float_unselected, 0)
            ctx.set(dut.passive, 0)

    run(dut, testbench)
    return seen


@pytest.mark.parametrize("setup", [0, 1, 2, 255])
@pytest.mark.parametrize("width", [1, 2, 300])
def test_setup_pulse_and_recovery_last_as_long_as_asked(setup: int, width: int) -> None:
    seen = cycles_of(request(width=width), setup=setup, count=2 * setup + width + 4)
    whole = [0] + [1] * (2 * setup + width) + [0] * 3
    assert [now["active"] for now in seen] == whole
    assert [now["claim"] for now in seen] == [*whole[1:], 0], "the claim must run a cycle ahead"
    assert [now["level"] for now in seen] == [0xABC * bit for bit in whole]
    assert [now["gate"] for now in seen] == [0b0110 * bit for bit in whole]
    assert [now["pulse"] for now in seen] == [0] * (setup + 1) + [1] * width + [0] * (setup + 3)
    assert [now["ready"] for now in seen] == [1 - bit for bit in whole]
    for now in seen:
        assert any(now["rows"] + now["cols"]) == bool(now["pulse"]), "no drive outside the pulse, none missing in it"


@pytest.mark.parametrize("toward_p", [0, 1])
@pytest.mark.parametrize("passive", [0, 1])
@pytest.mark.parametrize("floating", [0, 1])
def test_modes_of_a_pulse(toward_p: int, passive: int, floating: int) -> None:
    seen = cycles_of(request(toward_p=toward_p), setup=1, count=4, passive=passive, float_unselected=floating)
    pulse = next(now for now in seen if now["pulse"])
    row, col = (WRITE_P, WRITE_N) if toward_p else (WRITE_N, WRITE_P)
    other = FLOAT if floating else REFERENCE
    selected = col if passive else REFERENCE
    assert pulse["rows"] == [other, row, other]
    assert pulse["cols"] == [other, selected, selected, other]
    assert pulse["gate"] == (0b1111 if passive else 0b0110)
    assert READ not in pulse["rows"] + pulse["cols"]


def test_width_of_zero_is_no_pulse() -> None:
    for setup in (0, 3):
        seen = cycles_of(request(width=0), setup=setup, count=12)
        assert not any(now["pulse"] or any(now["rows"] + now["cols"]) for now in seen)
        assert [now["active"] for now in seen] == [0] + [1] * setup + [0] * (11 - setup)


def test_row_that_does_not_exist_is_driven_nowhere() -> None:
    seen = cycles_of(request(row=3), setup=0, count=6)
    assert [now["pulse"] for now in seen] == [0, 1, 1, 1, 1, 0]
    assert not any(any(now["rows"]) for now in seen)


def test_no_request_is_taken_before_the_read_path_rests() -> None:
    dut = PulseGenerator(GEOMETRY)

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.request.payload, request())
        ctx.set(dut.request.valid, 1)
        for _ in range(5):
            assert not ctx.get(dut.request.ready)
            assert not ctx.get(dut.drive.claim)
            assert ctx.get(dut.idle)
            await ctx.tick()
        ctx.set(dut.drive.rest, 1)
        assert ctx.get(dut.drive.claim)
        assert ctx.get(dut.drive.kernel) == 3
        await ctx.tick()
        ctx.set(dut.request.payload, request(kernel=1))
        assert not ctx.get(dut.idle)
        assert ctx.get(dut.drive.kernel) == 3, "the kernel must be the one of the request that was taken"

    run(dut, testbench, background=[no_path([dut.request.valid], [dut.request.ready])])


@pytest.mark.parametrize("cycle", range(10))
def test_abort_rests_every_line_in_the_next_cycle(cycle: int) -> None:
    dut = PulseGenerator(GEOMETRY)
    rest = {"claim": 0, "active": 0, "pulse": 0, "gate": 0, "level": 0, "rows": [0] * 3, "cols": [0] * 4}

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.setup, 2)
        ctx.set(dut.passive, 1)
        ctx.set(dut.float_unselected, 1)
        ctx.set(dut.drive.rest, 1)
        ctx.set(dut.request.payload, request())
        ctx.set(dut.request.valid, 1)
        for _ in range(cycle):
            await ctx.tick()
            ctx.set(dut.request.valid, 0)
        ctx.set(dut.abort, 1)
        assert not ctx.get(dut.drive.claim)
        assert not ctx.get(dut.request.ready)
        await ctx.tick()
        ctx.set(dut.abort, 0)
        ctx.set(dut.request.valid, 0)
        for _ in range(12):
            assert lines(ctx, dut) == rest
            await ctx.tick()

    run(dut, testbench)
