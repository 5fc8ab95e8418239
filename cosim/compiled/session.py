# SPDX-License-Identifier: BSD-3-Clause
"""An engine with a job in it: what a host does before images come, and what it checks when their results are there."""

from __future__ import annotations

import numpy as np

from ..job import CosimJob
from ..loading import program_writes
from .engine import CompiledEngine, EngineError
from .library import Library
from .outcome import Outcome, RunShape

__all__ = ["host_counters", "load_engine", "run_bare", "run_shape"]

_COUNTERS = ("CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")


def load_engine(library: Library, job: CosimJob) -> CompiledEngine:
    """An engine with the job's program and settings in it, ready for ``set_die``.

    Raises
    ------
    EngineError
        If it is not the right design.
    """
    engine = CompiledEngine(library)
    engine.reset()
    engine.check_identity()
    engine.set_pins(job.settle_cycles)
    settings = (job.repair, job.settle_cycles, job.geometry, job.loop_back)
    engine.write_all(program_writes(job.loaded, job.at_pins, *settings))
    if job.disturbance.soft_reset_after:
        _soft_reset(engine, job)
    return engine


def run_shape(job: CosimJob) -> RunShape:
    """How many events of which kind each image of a job has."""
    layers = job.compiled.schedule.layers
    return RunShape(job.layer_reads, tuple(layer.emits // layer.shape[2] for layer in layers[:-1]))


def run_bare(engine: CompiledEngine, job: CosimJob) -> Outcome:
    """All images through a loaded engine with constant comparators: no array, no checks, no record.

    What is left is the price of the Verilated design and its streams, against which the engine is held.
    """
    engine.set_pins(job.settle_cycles, constant=True)
    engine.control("enable", "clear_counters")
    outcome = engine.run(job.stream(job.images), run_shape(job), first_index=job.first_index, record=False)
    engine.control()
    engine.set_pins(job.settle_cycles)
    return outcome


def host_counters(engine: CompiledEngine, outcome: Outcome, first: int, reads: int) -> dict[str, int]:
    """Performance counters of a run, after the checks that a host makes when all results are there.

    Parameters
    ----------
    engine : CompiledEngine
    outcome : Outcome
        Of the run.
    first, reads : int
        Index of its first image; reads of all its images.

    Raises
    ------
    EngineError
        If STATUS is not clean, if the result stream does not carry the classes in the order of the images, or if
        ``READS`` counts something else.
    """
    engine.expect_idle()
    engine.control()
    images = len(outcome.classes)
    wanted = (outcome.classes.astype(np.int64) & 0xFF) | (np.arange(first, first + images) & 0xFFFFFF) << 8
    if outcome.results != images or not np.array_equal(outcome.words, wanted):
        raise EngineError(
            f"result stream must carry {images} results as the activation gave them, in the order of the images, not "
            f"{outcome.results}"
        )
    counters = {name.lower(): engine.read(name) for name in _COUNTERS}
    if counters["reads"] != reads:
        raise EngineError(f"READS must be {reads} after {images} images, not {counters['reads']}")
    return counters


def _soft_reset(engine: CompiledEngine, job: CosimJob) -> None:
    """Send images, drop them half-way, and see that the array is let go."""
    engine.set_die(job.at_pins, 0)
    engine.control("enable")
    # No more than fit the memory: a packet cut in the middle would be the host's fault.
    engine.feed(job.stream(job.images[:2]))
    engine.idle(job.disturbance.soft_reset_after)
    engine.control("soft_reset")
    engine.idle(4)
    for name in ("select", "row_mode", "gate", "sample", "strobe"):
        value = engine.peek(f"array__{name}") if f"array__{name}" in engine.library.ports else 0
        if value:
            raise EngineError(f"array pin {name} must be 0 after a soft reset, not 0x{value:x}")
    engine.expect_idle()
