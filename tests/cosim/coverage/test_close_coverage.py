# SPDX-License-Identifier: BSD-3-Clause
"""The directed runs hit every bin that is not waived; without one of them, or with a faulty chip, that shows."""

from __future__ import annotations

import re

import pytest
from cosim_cases import SHARED, WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled import EngineError, build_library
from spintile.cosim.compiled.run import cosimulate_compiled
from spintile.cosim.coverage import Coverage
from spintile.cosim.coverage.directed import DirectedRunError, close, close_coverage, shared_geometry
from spintile.cosim.coverage.directed.bus import run_bus
from spintile.cosim.coverage.directed.jobs import directed_jobs
from spintile.cosim.coverage.directed.session import DirectedSession
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.job import Disturbance
from spintile.cosim.run import cosimulate
from spintile.model.geometry import preset


@pytest.fixture(scope="module")
def closed() -> Coverage:
    engine_or_skip("compiled")
    return close_coverage(WIDE, shared=SHARED)


def test_every_bin_is_hit_or_waived(closed: Coverage) -> None:
    assert [entry.name for entry in closed.missing] == []
    summary = closed.summary()
    assert summary["bins"] == summary["hit"] + summary["waived"] > 300
    assert summary["waived"] < 10


def test_a_run_that_is_left_out_leaves_its_bins_open(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_or_skip("compiled")
    fewer = [(name, each) for name, each in directed_jobs(WIDE) if not name.startswith("range_guard")]
    monkeypatch.setattr(close, "directed_jobs", lambda *_: fewer)
    told: list[tuple[int, int]] = []
    open_ = close_coverage(WIDE, shared=SHARED, writing=False, progress=lambda *done: told.append(done))
    groups = {entry.group for entry in open_.missing}
    assert groups == {"guard", "write"}
    assert told[-1] == (len(told), len(told))


def test_a_chip_that_answers_wrongly_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_or_skip("compiled")
    name, sound = next(directed_jobs(WIDE))
    q = sound.image.q.copy()
    q[0, 3] += 600
    monkeypatch.setattr(
        close, "directed_jobs", lambda *_: [(name, sound.replace(array_image=sound.image.replace(q=q)))]
    )
    with pytest.raises(DirectedRunError, match=r"^every kernel, every number of rows: codes: die .*, kernel 3, read 3"):
        close_coverage(WIDE, shared=SHARED, writing=False)


def test_an_answer_of_the_bus_that_is_not_the_right_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    engine_or_skip("compiled")
    session = DirectedSession(
        build_library(periphery_verilog(WIDE), TOP, WIDE), job(chip(WIDE, 6), "two", dies=1, images=8)
    )
    run_bus(session)
    assert session.hits["bus.partial_strobe"] == 2
    monkeypatch.setattr("spintile.cosim.coverage.directed.bus._SLVERR", 0)
    with pytest.raises(EngineError, match=r"^bus\.partial_strobe: must be answered with 0, not 2$"):
        run_bus(session)
    with pytest.raises(EngineError, match=r"^error\.none: no error$"):
        session.hit("error.none", False, "no error")


def test_back_pressure_is_counted_where_there_is_some() -> None:
    engine_or_skip("compiled")
    quiet = job(chip(WIDE, 6), "output", dies=1, images=6)
    channels = {"image": "image_pause", "result": "result_pause", "array": "stall"}
    names = {channel: f"handshake.{channel}.stalled" for channel in ("result", "array")}
    calm = cosimulate_compiled(quiet).coverage
    assert calm["handshake.result.taken"] == 6
    assert not any(name in calm for name in names.values())
    for channel, name in names.items():
        disturbed = quiet.replace(disturbance=Disturbance(**{channels[channel]: 0.7}))
        found = cosimulate_compiled(disturbed).coverage
        assert found[name] > 0
        assert not any(other in found for other in names.values() if other != name)


def test_a_run_that_does_not_pass_covers_nothing() -> None:
    engine_or_skip("compiled")
    sound = job(chip(WIDE, 6), "output", dies=1, images=4)
    record = sound.golden()
    record.classes[0, 2] += 1
    assert cosimulate_compiled(sound).coverage
    failed = cosimulate_compiled(sound, record=record)
    assert not failed.passed
    assert failed.coverage == {}


def test_a_design_without_trace_ports_shows_nothing_of_its_data() -> None:
    engine_or_skip("compiled")
    hidden = periphery_verilog(WIDE).replace("trace__codes__valid", "other__codes__valid")
    found = cosimulate_compiled(job(chip(WIDE, 6), "output", dies=1, images=4), verilog=hidden, optimise="-O0")
    assert found.passed
    groups = {name.partition(".")[0] for name in found.coverage}
    assert groups == {"handshake", "layer", "layers", "loops", "memory", "image"}


def test_cocotb_and_compiled_engine_cover_the_same_but_for_handshakes() -> None:
    sound = job(chip(WIDE, 6), "two", dies=2, images=4)
    ours = cosimulate(sound, "compiled").coverage
    theirs = cosimulate(sound, engine_or_skip("verilator")).coverage
    assert {name: count for name, count in ours.items() if not name.startswith("handshake.")} == theirs
    assert theirs


def test_chips_that_are_too_small_are_refused_and_converters_shared_by_few_columns() -> None:
    with pytest.raises(
        ValueError, match=re.escape("geometry 'wide': adc_bits must be at least 6 for the directed runs, not 5")
    ):
        close_coverage(WIDE.replace(adc_bits=5))
    assert shared_geometry(preset("borders")).columns_per_adc == 5
    assert shared_geometry(WIDE).columns_per_adc == 11
