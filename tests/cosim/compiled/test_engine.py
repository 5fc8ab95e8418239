# SPDX-License-Identifier: BSD-3-Clause
"""One engine: its registers, its ports by name, its noise, and what it says when the design misbehaves."""

from __future__ import annotations

import re

import numpy as np
import pytest
from compiled_designs import SMALL, STUB, with_flips
from cosim_cases import WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled import CompiledEngine, EngineError, Library, RunShape, build_library
from spintile.cosim.compiled.session import load_engine, run_bare, run_shape
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.job import CosimJob
from spintile.cosim.scoreboard import LayerReads
from spintile.model.golden.noise import TEST_VECTORS
from spintile.rtl.registers import IDENTITY


@pytest.fixture(scope="module")
def library() -> Library:
    engine_or_skip("compiled")
    return build_library(periphery_verilog(WIDE), TOP, WIDE)


@pytest.fixture(scope="module")
def stub() -> Library:
    engine_or_skip("compiled")
    return build_library(STUB, "stub", SMALL, optimise="-O0")


@pytest.fixture(scope="module")
def wanted() -> CosimJob:
    return job(chip(WIDE, 6), "two", dies=1)


def test_noise_is_that_of_the_committed_vectors(library: Library) -> None:
    engine = CompiledEngine(library)
    assert [engine.noise(*arguments) for arguments, _ in TEST_VECTORS] == [noise for _, noise in TEST_VECTORS]
    assert engine.noise(0, 1, 2, 3, 4, 5) == 0


def test_registers_are_written_and_read_by_name(library: Library) -> None:
    engine = CompiledEngine(library)
    engine.reset()
    engine.check_identity()
    engine.expect_idle()
    before = engine.cycles
    engine.write("BEATS", 7)
    assert engine.read("BEATS") == 7
    assert engine.read("IDENTITY") == IDENTITY
    assert before < engine.cycles < before + 20


def test_an_access_that_the_design_refuses_is_an_error(library: Library, stub: Library) -> None:
    engine = CompiledEngine(library)
    engine.reset()
    with pytest.raises(EngineError, match=r"^writing IDENTITY\[0\] word 0 must be answered with OKAY, not 2$"):
        engine.write("IDENTITY", 1)
    with pytest.raises(EngineError, match=r"^reading STEP_P must be answered with OKAY, not 2$"):
        engine.read("STEP_P")
    foreign = CompiledEngine(stub)
    foreign.reset()
    with pytest.raises(EngineError, match=r"^IDENTITY must read 0x5350544c, not 0x00001234$"):
        foreign.check_identity()


def test_ports_are_set_and_read_by_name(stub: Library) -> None:
    engine = CompiledEngine(stub)
    engine.reset()
    value = 0x2A_0123_4567_89AB_CDEF
    engine.poke("extra", value)
    assert engine.peek("delayed") == 0
    engine.idle(1)
    assert (engine.peek("extra"), engine.peek("delayed")) == (value, value)
    for name, wrong, sentence in (
        ("extra", 1 << 70, "extra must be from 0 to 1180591620717411303423, not 1180591620717411303424"),
        ("delayed", 0, "delayed must be an input, not an output"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            engine.poke(name, wrong)


def test_a_design_that_never_answers_counts_as_hung(stub: Library) -> None:
    engine = CompiledEngine(stub)
    engine.reset()
    outcome = engine.run(np.zeros((2, 1), np.uint64), RunShape((LayerReads(0, 1, 1),), ()), patience=50)
    assert outcome.error == "design must go on reading, and has not for 50 cycles"
    outcome = engine.run(np.zeros((2, 1), np.uint64), RunShape((LayerReads(0, 1, 1),), ()), deadline=40)
    assert outcome.error.startswith("design must be done with its images, and is not by cycle ")


def test_a_run_may_keep_classes_only(library: Library, wanted: CosimJob) -> None:
    engine = load_engine(library, wanted)
    engine.set_die(wanted.at_pins, 0)
    engine.control("enable", "clear_counters")
    outcome = engine.run(wanted.stream(wanted.images), run_shape(wanted), record=False)
    assert outcome.codes.size == outcome.accumulators.size == 0
    assert (outcome.words & 0xFF).tolist() == wanted.golden().classes[0].tolist()


def test_the_bare_loop_takes_the_same_cycles_and_gives_nonsense(library: Library, wanted: CosimJob) -> None:
    engine = load_engine(library, wanted)
    bare = run_bare(engine, wanted)
    engine.set_die(wanted.at_pins, 0)
    engine.write("IMAGE_INDEX", 0)
    engine.control("enable", "clear_counters")
    full = engine.run(wanted.stream(wanted.images), run_shape(wanted))
    assert (bare.cycles, bare.samples, bare.error) == (full.cycles, full.samples, "")
    assert set(bare.words & 0xFF) != set(full.words & 0xFF) or bare.words.tolist() != full.words.tolist()


def test_rows_that_have_not_settled_are_refused(library: Library, wanted: CosimJob) -> None:
    engine = load_engine(library, wanted)
    engine.set_pins(9)  # more than the register SETTLE makes the design wait
    engine.set_die(wanted.at_pins, 0)
    engine.control("enable")
    outcome = engine.run(wanted.stream(wanted.images), run_shape(wanted))
    assert re.fullmatch(r"rows must be driven for 9 cycles before a sample, not \d", outcome.error)


FLIPS = {
    "array__col_mode": "column modes must be reference at a sample",
    "array__gate": "gates must all be on at a sample",
    "array__select": "select must be one-hot or 0, and has 2 bits",
    "array__kernel": "select must be one-hot for kernel ",
    "array__pulse": "pulse must be 0 while the chip infers",
    "array__row_mode": "row modes must be reference or read while the chip infers",
}


@pytest.fixture(scope="module")
def flippable() -> Library:
    """A periphery whose pins can be broken from outside."""
    engine_or_skip("compiled")
    text, top = with_flips(periphery_verilog(WIDE), TOP, [*FLIPS, "trace__codes__codes", "trace__result__valid"])
    return build_library(text, top, WIDE, optimise="-O0")


@pytest.mark.parametrize("name", [None, *FLIPS])
def test_a_broken_protocol_is_named(name: str | None, flippable: Library, wanted: CosimJob) -> None:
    engine = load_engine(flippable, wanted)
    engine.set_die(wanted.at_pins, 0)
    engine.control("enable")
    error = ""
    try:
        if name is not None:
            # The last kernel beside the one selected; a row in mode 2.
            engine.poke(f"flip__{name}", {"array__select": 1 << 11, "array__row_mode": 0b10}.get(name, 1))
        error = engine.run(wanted.stream(wanted.images), run_shape(wanted)).error
    except EngineError as problem:
        error = str(problem)
    assert error.startswith(FLIPS[name]) if name else error == ""


def test_random_contents_follow_the_seed_and_inputs_are_known() -> None:
    engine_or_skip("compiled")
    library = build_library(STUB, "stub", SMALL, optimise="-O0", random_state=True)
    engines = [CompiledEngine(library, seed=seed, random_state=True) for seed in (3, 3, 4)]
    contents = [engine.peek("delayed") for engine in engines]
    assert contents[0] == contents[1] != contents[2]
    inputs = [name for name, port in library.ports.items() if port.direction == "input" and name != "rst"]
    assert {engines[2].peek(name) for name in inputs} == {0}
    assert CompiledEngine(library).peek("delayed") == 0


def test_random_contents_must_have_been_built_in(library: Library) -> None:
    with pytest.raises(ValueError, match=r"^library must be built with random_state=True"):
        CompiledEngine(library, random_state=True)
