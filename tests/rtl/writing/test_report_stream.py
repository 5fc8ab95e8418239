# SPDX-License-Identifier: BSD-3-Clause
"""Report stream: every word arrives once, in order, packed as the table says."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import SimulatorContext
from plain_writing import word
from spintile.model.geometry import REPORT_WORD, pack
from spintile.rtl.writing.report_stream import ReportStream
from stream_bench import no_path, run, source


def random_fields(chance: random.Random) -> dict[str, int]:
    return {name: chance.randint(*field.limits) for name, field in REPORT_WORD.items()}


@pytest.mark.parametrize(("pause_in", "pause_out"), [(0.0, 0.0), (0.7, 0.1), (0.1, 0.7)])
def test_words_leave_in_order_packed_as_the_table_says(pause_in: float, pause_out: float) -> None:
    dut = ReportStream()
    chance = random.Random(1)
    sent = [(random_fields(chance), chance.randrange(2)) for _ in range(60)]
    taken: list[tuple[int, int]] = []
    port = dut.report

    async def host(ctx: SimulatorContext) -> None:
        chance = random.Random(2)
        while len(taken) < len(sent):
            ready = chance.random() >= pause_out
            ctx.set(port.tready, ready)
            _, _, valid, data, last, empty = await ctx.tick().sample(port.tvalid, port.tdata, port.tlast, dut.empty)
            assert empty != valid
            if valid and ready:
                taken.append((int(data), int(last)))

    paths = no_path([dut.words.valid], [port.tvalid, dut.words.ready])
    run(
        dut,
        source(dut.words, [{"word": fields, "last": last} for fields, last in sent], pause=pause_in),
        host,
        background=[paths, no_path([port.tready], [port.tvalid, dut.words.ready])],
    )
    assert taken == [(pack(REPORT_WORD, **fields), last) for fields, last in sent]
    assert [data for data, _ in taken] == [word(**fields) for fields, _ in sent]


def test_a_field_out_of_its_place_shows() -> None:
    fields = random_fields(random.Random(3))
    assert pack(REPORT_WORD, **fields) == word(**fields)
    assert pack(REPORT_WORD, **{**fields, "row": fields["col"], "col": fields["row"]}) != word(**fields)


def test_two_words_wait_and_the_third_is_held_up() -> None:
    dut = ReportStream()

    async def testbench(ctx: SimulatorContext) -> None:
        ctx.set(dut.words.valid, 1)
        for _ in range(2):
            assert ctx.get(dut.words.ready)
            await ctx.tick()
        for _ in range(5):
            assert not ctx.get(dut.words.ready)
            await ctx.tick()

    run(dut, testbench)
