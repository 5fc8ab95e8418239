# SPDX-License-Identifier: BSD-3-Clause
"""What the host checks after a run: each check has a run that must not pass it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from cosim_cases import WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.compiled import CompiledEngine, EngineError, Outcome, build_library
from spintile.cosim.compiled.session import host_counters, load_engine, run_shape
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.job import CosimJob, Disturbance


@pytest.fixture(scope="module")
def wanted() -> CosimJob:
    engine_or_skip("compiled")
    return job(chip(WIDE, 6), "conv", dies=1, images=4, disturbance=Disturbance(soft_reset_after=30))


def run(wanted: CosimJob) -> tuple[CompiledEngine, Outcome]:
    """An engine that has just run all images of a job."""
    engine = load_engine(build_library(periphery_verilog(WIDE), TOP, WIDE), wanted)
    engine.set_die(wanted.at_pins, 0)
    engine.write("IMAGE_INDEX", 0)
    engine.control("enable", "clear_counters")
    return engine, engine.run(wanted.stream(wanted.images), run_shape(wanted))


def test_events_of_a_network_are_numbered_as_its_record(wanted: CosimJob) -> None:
    shape, record = run_shape(wanted), wanted.golden()
    assert record.codes is not None
    assert shape.reads == record.codes.shape[2]
    assert shape.emits == sum(part.shape[2] for part in record.accumulators)
    assert shape.pooled == tuple(part.shape[2] for part in record.activations)
    ends = shape.emit_of_read()
    assert ends[ends >= 0].tolist() == list(range(shape.emits))
    assert ends[-1] == shape.emits - 1


def test_after_a_sound_run_the_counters_are_those_of_its_reads(wanted: CosimJob) -> None:
    engine, outcome = run(wanted)
    counters = host_counters(engine, outcome, 0, outcome.samples)
    assert counters["reads"] == outcome.samples == 4 * wanted.compiled.reads_per_image
    assert counters["images"] == outcome.results == 4
    assert counters["converting"] == wanted.compiled.cycles_bound(6) * 4


def test_checks_of_the_host_find_what_is_wrong(wanted: CosimJob) -> None:
    engine, outcome = run(wanted)
    with pytest.raises(EngineError, match=r"^READS must be 7 after 4 images, not \d+$"):
        host_counters(engine, outcome, 0, 7)
    swapped = dataclasses.replace(outcome, words=np.ascontiguousarray(outcome.words[::-1]))
    missing = dataclasses.replace(outcome, words=outcome.words[:3], results=3)
    for wrong in (swapped, missing):
        with pytest.raises(EngineError, match=r"^result stream must carry 4 results as the activation gave them"):
            host_counters(engine, wrong, 0, outcome.samples)
    engine.control("enable")
    engine.feed(wanted.stream(wanted.images[:1]))
    with pytest.raises(EngineError, match=r"^STATUS must be 0 when all is done, not 0x\w+ \(busy 1"):
        host_counters(engine, outcome, 0, outcome.samples)
