# SPDX-License-Identifier: BSD-3-Clause
"""What is done to a design while images run: accesses to its registers, gaps, ``tlast``, what is held, comparators."""

from __future__ import annotations

import numpy as np
import pytest
from cosim_cases import WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled import BusAccess, CompiledEngine, Interference, Outcome, access_table, build_library
from spintile.cosim.compiled.interference import FOREVER
from spintile.cosim.compiled.session import load_engine, run_shape
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.job import CosimJob
from spintile.rtl.registers import register_map

STATUS, ROWS = (register_map(WIDE).address(name) for name in ("STATUS", "WRITE_ROWS"))
BUSY, STREAM_ERROR = 1, 8


@pytest.fixture(scope="module")
def wanted() -> CosimJob:
    engine_or_skip("compiled")
    return job(chip(WIDE, 6), "two", dies=1, images=4)


@pytest.fixture
def engine(wanted: CosimJob) -> CompiledEngine:
    """A chip with the job's program in it, enabled."""
    engine = load_engine(build_library(periphery_verilog(WIDE), TOP, WIDE), wanted)
    engine.set_die(wanted.at_pins, 0)
    engine.control("enable", "clear_counters")
    return engine


def run(
    engine: CompiledEngine, wanted: CosimJob, interference: Interference | None = None, deadline: int = 100_000
) -> Outcome:
    """All images, counted from 0 again."""
    engine.write("IMAGE_INDEX", 0)
    return engine.run(
        wanted.stream(wanted.images), run_shape(wanted), interference=interference, patience=50_000, deadline=deadline
    )


def test_accesses_come_in_their_cycles_and_both_directions_at_once(engine: CompiledEngine, wanted: CosimJob) -> None:
    table = access_table(
        [
            BusAccess(True, ROWS, 0x0703, cycle=40, data_delay=30, answer_delay=50),
            BusAccess(False, STATUS, cycle=40),
            BusAccess(True, 0, 5, cycle=41, address_delay=9),
            BusAccess(False, ROWS, cycle=3000),
        ]
    )
    outcome = run(engine, wanted, Interference(table))
    assert outcome.error == ""
    # A write holds back its answer; a read overtakes it; the next write waits for it; the run waits for the last read.
    assert table["done"].tolist() == [90, 43, 102, 3003]
    assert table["response"].tolist() == [0, 0, 2, 0]
    assert table["value"][[1, 3]].tolist()[1] == 0x0703
    assert int(table["value"][1]) & BUSY
    assert outcome.cycles > 3003


def test_what_is_held_is_not_taken_and_what_is_not_ready_not_sampled(engine: CompiledEngine, wanted: CosimJob) -> None:
    plain = run(engine, wanted)
    gaps = np.zeros((4, wanted.loaded.beats), np.uint32)
    gaps[2, 1] = 700
    stopped = run(engine, wanted, Interference(gaps=gaps))
    held = run(engine, wanted, Interference(results_held=(0, 2000)))
    late = run(engine, wanted, Interference(ready_held=(0, 900)))
    for outcome in (stopped, held, late):
        assert outcome.error == ""
        assert np.array_equal(outcome.codes, plain.codes)
        assert np.array_equal(outcome.words & 0xFF, plain.words & 0xFF)
    assert stopped.code_cycles[2].min() > 700 > stopped.code_cycles[1].max()
    assert held.class_cycles.min() >= 2000 > held.code_cycles[0].max()
    assert late.code_cycles.min() >= 900


def test_a_run_that_is_cut_off_leaves_bus_and_stream_alone(engine: CompiledEngine, wanted: CosimJob) -> None:
    table = access_table([BusAccess(True, ROWS, 0x0101, cycle=20, data_delay=1 << 20)])
    outcome = run(engine, wanted, Interference(table, ready_held=(0, FOREVER)), deadline=60)
    assert outcome.error.startswith("design must be done with its images, and is not by cycle ")
    assert table["done"][0] == 0
    pins = ("image__tvalid", "s_axi__awvalid", "s_axi__wvalid", "s_axi__bready")
    assert [engine.peek(name) for name in pins] == [0, 0, 0, 0]
    assert engine.read("STATUS") & 0xFF == BUSY


def test_an_image_that_is_loaded_and_not_begun_waits_for_enable(engine: CompiledEngine, wanted: CosimJob) -> None:
    engine.feed(wanted.stream(wanted.images[:2]))
    engine.control()
    engine.idle(3000)
    assert engine.read("STATUS") == BUSY | 1 << 8
    engine.control("enable")
    engine.idle(3000)
    assert engine.read("STATUS") == 0
    assert engine.read("IMAGES") == 2


def test_half_an_image_stays_half_an_image_until_a_soft_reset(engine: CompiledEngine, wanted: CosimJob) -> None:
    gaps = np.zeros((4, wanted.loaded.beats), np.uint32)
    gaps[0, 1] = 1000
    run(engine, wanted, Interference(gaps=gaps), deadline=50)
    assert engine.read("STATUS") == 0
    engine.feed(wanted.stream(wanted.images[:1])[:, :1] * 0)  # a second word that ends an image: whole, and accepted
    engine.idle(3000)
    assert (engine.read("STATUS"), engine.read("IMAGES")) == (0, 1)
    run(engine, wanted, Interference(gaps=gaps), deadline=50)
    assert run(engine, wanted, deadline=3000).results == 0
    assert engine.read("STATUS") == STREAM_ERROR
    engine.control("soft_reset")
    engine.control("enable")
    assert run(engine, wanted).error == ""


def test_comparators_that_are_stuck_or_loose_are_those_that_are_named(engine: CompiledEngine, wanted: CosimJob) -> None:
    plain = run(engine, wanted)
    engine.set_comparators(low=[0], high=[3], loose=[6])
    faulty = run(engine, wanted)
    assert (faulty.error, faulty.results) == ("", 4)
    first = slice(0, wanted.layer_reads[0].end)
    differ = [int(col) for col in range(WIDE.cols) if (faulty.codes != plain.codes)[:, first, col].any()]
    assert set(differ) <= {0, 3, 6}
    assert 6 in differ
    assert (faulty.codes[..., 0] == 0).all()
    assert (faulty.codes[..., 3] == 63).all()
    engine.set_comparators()
    assert np.array_equal(run(engine, wanted).codes, plain.codes)


def test_arrays_of_another_shape_are_refused(engine: CompiledEngine, wanted: CosimJob) -> None:
    with pytest.raises(ValueError, match=r"^last must have the stream's shape \(4, 2\), not \(1, 2\)$"):
        run(engine, wanted, Interference(last=np.zeros((1, 2), np.bool_)))
