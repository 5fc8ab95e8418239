# SPDX-License-Identifier: BSD-3-Clause
"""Images through periphery and twin in a simulator; every stage compared with the golden model."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from spintile.model.golden import Record

from ..build import Waves
from ..compiled.engine import CompiledEngine, EngineError
from ..job import CosimJob
from ..result import CosimResult, EngineName
from ..run import cosimulate
from .design import twin_verilog
from .words import die_words

__all__ = ["check_twin_job", "load_die", "run_twin"]

_MODULE = "spintile.cosim.twin.bench"


def check_twin_job(job: CosimJob) -> None:
    """Refuse, before anything is built, what the twin cannot answer.

    Raises
    ------
    ValueError
        If a die does not fit the twin's memory or has noise, if the array is the user's own, or if ``ready`` is to be
        taken away: with the twin it is the twin's.
    """
    if job.disturbance.stall:
        raise ValueError(f"disturbance: stall must be 0 with the twin, not {job.disturbance.stall}")
    if job.array != CosimJob.array:
        raise ValueError(f"job: array must be {CosimJob.array!r} with the twin, not {job.array!r}")
    for position in range(job.dies):
        die_words(job.at_pins, position, job.geometry)


def load_die(job: CosimJob, engine: CompiledEngine, position: int) -> None:
    """Load a die of a job into a compiled engine that has the twin in it.

    Raises
    ------
    EngineError
        If the loader did not take it as a whole die.
    """
    engine.send_die(die_words(job.at_pins, position, job.geometry).view(np.uint32))
    engine.idle(2)
    if not engine.peek("loaded") or engine.peek("error"):
        raise EngineError("loader must have taken a whole die, and has not")


def run_twin(
    job: CosimJob,
    engine: EngineName = "verilator",
    *,
    out: str | Path | None = None,
    waves: Waves = False,
    seed: int = 0,
    jobs: int = 1,
    timeout: float = 3600.0,
    progress: Callable[[int, int], None] | None = None,
    record: Record | None = None,
    verilog: str | None = None,
    cache: Path | None = None,
) -> CosimResult:
    """Run images with the dies loaded into the twin, one after the other; parameters of ``cosimulate``, noise 0.

    Raises
    ------
    ValueError
        If the twin cannot answer (:func:`check_twin_job`), or the arguments make no sense.
    MissingTool, BuildError, SimulationError
        As ``cosimulate``.
    """
    check_twin_job(job)
    text = twin_verilog(job.geometry, cache=cache) if verilog is None else verilog
    return cosimulate(
        job,
        engine,
        out=out,
        waves=waves,
        seed=seed,
        jobs=jobs,
        timeout=timeout,
        progress=progress,
        record=record,
        verilog=text,
        cache=cache,
        module=_MODULE,
        connect=functools.partial(load_die, job),
    )
