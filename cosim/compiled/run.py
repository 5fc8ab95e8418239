# SPDX-License-Identifier: BSD-3-Clause
"""Whole data sets on many dies: the compiled engine and the golden model side by side, batch by batch.

Each batch is compared as it comes and then forgotten, so that memory is bounded whatever the size of the data set. Any
number of threads gives the same result, cycle for cycle.
"""

from __future__ import annotations

import functools
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from spintile.model.files import write_atomically
from spintile.model.golden import Record

from ..comparison import STAGES, Comparison
from ..coverage import add_counts, count_program
from ..design import TOP, periphery_verilog
from ..job import CosimJob
from ..result import CosimResult, junit_report, merge_outcomes
from .batches import Batch, BatchWork, Connect, Found, divide
from .library import build_library

__all__ = ["cosimulate_compiled"]

_ARRAY = "spintile.cosim.array_pins:DieArray"


def cosimulate_compiled(
    job: CosimJob,
    *,
    out: str | Path | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    record: Record | None = None,
    verilog: str | None = None,
    top: str = TOP,
    connect: Connect | None = None,
    batch: int | None = None,
    optimise: str = "-O2",
    cache: Path | None = None,
) -> CosimResult:
    """Run images through the Verilated RTL with dies at its pins, all in C++, and compare every stage.

    Parameters
    ----------
    job : CosimJob
        Dies, program, images; the array must be the die image's own.
    out : path, optional
        Folder for ``cosim.json``, ``results.xml`` and ``build.log``.
    seed : int
        Of pauses and stalls: they change no answer.
    jobs : int
        Threads, each with a design of its own.
    progress : function (images done, images in all), optional
        Called after every batch.
    record : Record, optional
        The golden record of the job with all stages; made batch by batch unless given.
    verilog, top : str, optional
        Another design, instead of the exported periphery, and its top module.
    connect : function (engine, position of a die), optional
        How a die gets into a design that has the array in it; put at the pins unless given.
    batch : int, optional
        Images of a batch; as many as their record may have bytes unless given.
    optimise : str
        Option of the C++ compiler.
    cache : Path, optional
        Where builds are kept.

    Returns
    -------
    CosimResult
        Also when RTL and golden model differ. Times of differences count from the beginning of their batch.

    Raises
    ------
    MissingTool, BuildError
        If a tool is missing, or the design does not compile.
    ValueError
        If the job asks for an array model in Python, or the arguments make no sense.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    if job.array != _ARRAY:
        raise ValueError(f"array must be the die image's own ({_ARRAY}) with engine compiled, not {job.array!r}")
    started = time.monotonic()
    text = periphery_verilog(job.geometry, cache=cache) if verilog is None else verilog
    library = build_library(text, top, job.geometry, optimise=optimise, cache=cache)
    built = time.monotonic()
    batches = list(divide(job, batch))
    work = BatchWork(job, library, seed, record, connect, progress)
    found = work.all(batches, jobs)
    spent = {
        "cycles": sum(each.outcome.cycles for each in found.values()),
        "seconds": work.inside,
        "processor": work.processor,
    }
    outcome = _by_die(job, batches, found) | spent
    seconds = {"golden": 0.0, "build": built - started, "simulation": time.monotonic() - built}
    parts = [count_program(job), *(each.coverage for each in found.values())]
    kept = "" if out is None else str(out)
    result = merge_outcomes(job, "compiled", [outcome], seconds, kept, functools.partial(add_counts, parts))
    if out is not None:
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library.log, folder / "build.log")
        write_atomically(folder / "cosim.json", (json.dumps(result.as_dict(), indent=1) + "\n").encode())
        write_atomically(folder / "results.xml", junit_report(result, [outcome]))
    return result


def _by_die(job: CosimJob, batches: list[Batch], found: dict[int, Found]) -> dict[str, Any]:
    """The outcome as the cocotb bench writes it: a comparison for each die, and the first error."""
    dies: list[dict[str, Any]] = []
    error = ""
    layers = len(job.compiled.schedule.layers)
    for position in range(job.dies):
        parts = [found[each.number] for each in batches if each.die == position and each.number in found]
        if not parts:
            continue
        compared = {stage: sum(part.comparison.compared[stage] for part in parts) for stage in STAGES}
        mismatches = {stage: sum(part.comparison.mismatches[stage] for part in parts) for stage in STAGES}
        first = next((part.comparison.first for part in parts if part.comparison.first is not None), None)
        total = Comparison(compared, mismatches, first)
        rates = [rate for part in parts if (rate := part.outcome.cycles_per_image(layers)) is not None]
        dies.append(
            {
                "die": int(job.image.die_ids[position]),
                **total.as_dict(),
                "counters": _added([part.counters for part in parts]),
                "cycles_per_image": float(np.mean(rates)) if rates else None,
            }
        )
        error = error or next((part.error for part in parts if part.error), "")
    return {"dies": dies, "error": error}


def _added(counters: list[dict[str, int]]) -> dict[str, int]:
    """Counters of a die's batches as one: counts added, the times of its first and last result kept."""
    if not all(counters):
        return {}
    names = ("cycles", "reads", "images", "converting")
    total = {name: sum(each[name] for each in counters) for name in names}
    return total | {"first_result": counters[0]["first_result"], "last_result": counters[-1]["last_result"]}
