# SPDX-License-Identifier: BSD-3-Clause
"""Whole jobs: batches and threads change nothing, reports are as of any engine, faults end red wherever they are.

That every kind of read equals the golden model is in ``tests/cosim/test_run.py``, for all engines alike.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled_designs import with_flips
from cosim_cases import WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled import CompiledEngine, build_library
from spintile.cosim.compiled.batches import BatchWork, divide
from spintile.cosim.compiled.run import cosimulate_compiled
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.job import CosimJob, Disturbance
from spintile.cosim.result import CosimResult


@pytest.fixture(scope="module")
def wanted() -> CosimJob:
    engine_or_skip("compiled")
    return job(chip(WIDE, 6, noise=1.5), "three", dies=3, images=11, first_index=70)


def comparable(result: CosimResult) -> dict[str, Any]:
    """All of a result but how long it took."""
    return {name: value for name, value in result.as_dict().items() if name != "seconds"}


def broken(sound: CosimJob, die: int) -> CosimJob:
    """One crossing of one die is something else at the pins."""
    q = sound.image.q.copy()
    q[die, 0, :, 4] += 2000
    return sound.replace(array_image=sound.image.replace(q=q))


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_batches_and_threads_change_nothing(wanted: CosimJob, batch: int) -> None:
    results = [cosimulate_compiled(wanted, jobs=jobs, batch=batch) for jobs in (1, 2, 5)]
    assert results[0].passed, results[0].message
    assert results[0].images * results[0].dies == results[0].compared["classes"] == 33
    assert comparable(results[0]) == comparable(results[1]) == comparable(results[2])
    again = cosimulate_compiled(wanted, jobs=2, batch=batch)
    assert comparable(again) == comparable(results[0])


def test_pauses_and_stalls_are_the_same_every_time(wanted: CosimJob) -> None:
    disturbed = wanted.replace(disturbance=Disturbance(image_pause=0.5, result_pause=0.5, stall=0.3))
    results = [cosimulate_compiled(disturbed, jobs=jobs, batch=5, seed=4) for jobs in (1, 3)]
    assert results[0].passed, results[0].message
    assert comparable(results[0]) == comparable(results[1])
    other = cosimulate_compiled(disturbed, batch=5, seed=5)
    assert other.passed
    assert other.counters != results[0].counters


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_first_difference_is_that_of_the_first_die_and_batch(wanted: CosimJob, jobs: int) -> None:
    result = cosimulate_compiled(broken(wanted, die=1), jobs=jobs, batch=4)
    assert not result.passed
    assert result.first_difference is not None
    named = {name: result.first_difference[name] for name in ("stage", "die", "kernel", "index")}
    assert named == {"stage": "codes", "die": 1, "kernel": 0, "index": 4}
    assert result.first_difference["image"] == 70
    # All other batches are compared all the same.
    assert result.compared == cosimulate_compiled(wanted).compared


def test_a_golden_record_may_be_given_and_is_what_counts(wanted: CosimJob) -> None:
    record = wanted.golden()
    assert cosimulate_compiled(wanted, record=record, batch=4).passed
    record.classes[2, 9] += 1
    result = cosimulate_compiled(wanted, record=record, batch=4)
    assert result.mismatches["total"] == result.mismatches["classes"] == 1
    assert result.first_difference is not None
    assert (result.first_difference["die"], result.first_difference["image"]) == (2, 79)


def test_a_run_leaves_its_report_and_log(wanted: CosimJob, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    result = cosimulate_compiled(wanted, out=tmp_path, batch=4, progress=lambda *done: told.append(done))
    report = json.loads((tmp_path / "cosim.json").read_text())
    assert (report["passed"], report["engine"], report["compared"]) == (True, "compiled", result.compared)
    cases = ElementTree.parse(tmp_path / "results.xml").getroot().iter("testcase")
    assert [case.get("name") for case in cases] == ["die 0", "die 1", "die 2"]
    assert "verilator" in (tmp_path / "build.log").read_text()
    assert told[-1] == (33, 33)
    assert len(told) == 9


def test_a_hung_design_is_told_and_later_batches_do_not_count(wanted: CosimJob) -> None:
    program = wanted.compiled.program
    words = program.instructions.copy()
    words[2] = 0  # an illegal instruction stops the sequencer
    stuck = wanted.replace(program=type(program)(**{**vars(program), "instructions": words}))
    results = [cosimulate_compiled(stuck, jobs=jobs, batch=4) for jobs in (1, 3)]
    assert not results[0].passed
    assert "design must go on reading, and has not for" in results[0].message
    assert comparable(results[0]) == comparable(results[1])


@pytest.mark.parametrize(
    ("port", "value", "sentence"),
    [
        ("trace__codes__codes", 1 << 12, "codes: die 0, image 70, layer 0, kernel 0, read 0, column 1: must be "),
        ("trace__result__valid", 1, "must come exactly once"),
        ("result__tdata", 1, "result stream must carry 11 results as the activation gave them"),
    ],
)
def test_broken_outputs_end_red(wanted: CosimJob, port: str, value: int, sentence: str) -> None:
    ports = ["trace__codes__codes", "trace__result__valid", "result__tdata"]
    text, top = with_flips(periphery_verilog(WIDE), TOP, ports)

    def connect(engine: CompiledEngine, position: int) -> None:
        engine.set_die(wanted.at_pins, position)
        engine.poke(f"flip__{port}", value)

    result = cosimulate_compiled(wanted, verilog=text, top=top, optimise="-O0", connect=connect)
    assert not result.passed
    if port == "trace__result__valid":
        assert result.mismatches["classes"] > 0
    else:
        assert sentence in result.message


def test_a_design_without_trace_is_held_by_its_classes(wanted: CosimJob) -> None:
    text = periphery_verilog(WIDE)
    hidden = text.replace("trace__codes__valid", "other__codes__valid")
    result = cosimulate_compiled(wanted, verilog=hidden, optimise="-O0")
    assert result.passed, result.message
    assert result.compared["total"] == result.compared["classes"] == 33
    record = wanted.golden()
    record.classes[1, 3] += 1
    assert cosimulate_compiled(wanted, verilog=hidden, optimise="-O0", record=record).mismatches["classes"] == 1


@pytest.mark.parametrize(
    ("changes", "settings", "sentence"),
    [
        ({}, {"jobs": 0}, "jobs must be at least 1, not 0"),
        ({}, {"batch": 0}, "batch must be at least 1, not 0"),
        ({"array": "own_array:stiff"}, {}, r"array must be the die image's own \(.*\) with engine compiled, not 'own_"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    wanted: CosimJob, changes: dict[str, Any], settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        cosimulate_compiled(wanted.replace(**changes), **settings)


def test_memory_is_bounded_by_the_batch_and_not_by_the_data(wanted: CosimJob) -> None:
    many = wanted.replace(images=np.repeat(wanted.images, 1000, axis=0))
    batches = list(divide(many))
    assert max(batch.images.stop - batch.images.start for batch in batches) <= 1000
    assert sum(batch.images.stop - batch.images.start for batch in batches) == many.dies * len(many.images)
    library = build_library(periphery_verilog(WIDE), TOP, WIDE)
    found = BatchWork(wanted, library, 0, None, None, None).all(list(divide(wanted, 4)), 2)
    for each in found.values():
        kept = [value for value in vars(each.outcome).values() if isinstance(value, np.ndarray)]
        assert sum((value if value.base is None else value.base).nbytes for value in kept) < 2000
