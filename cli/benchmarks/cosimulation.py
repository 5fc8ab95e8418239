# SPDX-License-Identifier: BSD-3-Clause
"""Images per second of every engine, and what host, array and comparison cost on top of the bare simulators.

The same network, die and program everywhere; every code, accumulator, activation and class is compared. The bare
loops run the same cycles: Verilator with constant comparators in C++, and cocotb setting and reading the same pins
without making anything of them. Engine and bare loop take turns, so that other load weighs on both alike. Times are
processor time of the images, without starting, building or loading a program; the medians over the rounds count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...model.chip import Chip
from ...model.dies import sample_population
from ...model.evaluation import compile_for, die_image_for
from ..flows.verification.cases import CASES, images_of, network_of

if TYPE_CHECKING:
    from ...cosim.job import CosimJob
    from ...cosim.result import CosimResult, EngineName
    from ...model.golden import Record

__all__ = ["IMAGES", "cosimulation_benchmark", "make_job"]

#: Images of one round; Icarus is slow and has no bare loop to be held against.
IMAGES: dict[EngineName, int] = {"icarus": 8, "verilator": 100, "compiled": 2000}


def cosimulation_benchmark(
    chip: Chip | None = None,
    *,
    rounds: int = 5,
    images: dict[EngineName, int] | None = None,
    engines: Sequence[EngineName] = ("icarus", "verilator", "compiled"),
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Everything that ``spintile bench cosim --json`` prints.

    Parameters
    ----------
    chip : Chip or None
        Whose dies; None: the preset ``borders``.
    rounds : int
        Of engine and bare loop, in turns.
    images : dict of int or None
        Images of a round by engine; None: ``IMAGES``.
    engines : sequence of str
        Which are measured; the figures of the others are None.

    Returns
    -------
    dict
        ``images_per_second`` and ``cycles_per_second`` by engine; ``compiled_to_bare`` and ``verilator_to_bare``, the
        engine's rate over that of its bare loop; ``compared`` and ``mismatches`` over all that ran.

    Raises
    ------
    RuntimeError
        If what an engine computed is not what the golden model says: its rate would mean nothing.
    """
    counts = IMAGES | (images or {})
    on_chip = Chip.preset("borders") if chip is None else chip
    measured = [name for name in IMAGES if name in engines]
    full: dict[EngineName, list[CosimResult]] = {name: [] for name in measured}
    bare: dict[EngineName, list[float]] = {name: [] for name in measured}
    for engine in measured:
        job = make_job(on_chip, counts[engine])
        record = job.golden()
        # Building is not counted, and a first run finds nothing in the caches.
        _full(engine, job.replace(images=job.images[:2]), None)
        for number in range(1 if engine == "icarus" else rounds):
            if progress is not None:
                progress(engine, number / rounds)
            full[engine].append(_full(engine, job, None if engine == "compiled" else record))
            if engine != "icarus":
                bare[engine].append(_bare_seconds(engine, job, record))
        if progress is not None:
            progress(engine, 1.0)
    seconds = {name: statistics.median(each.seconds["processor"] for each in full[name]) for name in measured}
    return {
        "network": "196-36-10, output placed three times",
        "dies": 1,
        "images": {name: counts[name] for name in measured},
        "rounds": rounds,
        "images_per_second": {name: counts[name] / seconds[name] if name in seconds else None for name in IMAGES},
        "cycles_per_second": {name: full[name][0].counters[0]["cycles"] / seconds[name] for name in measured},
        "compiled_to_bare": _to_bare("compiled", seconds, bare),
        "verilator_to_bare": _to_bare("verilator", seconds, bare),
        "compared": sum(result.compared["total"] for results in full.values() for result in results),
        "mismatches": sum(result.mismatches["total"] for results in full.values() for result in results),
    }


def make_job(chip: Chip, images: int) -> CosimJob:
    """Random images of the dense verification case on one die of a chip."""
    from ...cosim.job import CosimJob

    case = CASES[0]
    compiled = compile_for(network_of(case, 0), chip)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, 1, 0)
    image = die_image_for(compiled, chip, population, 0)
    return CosimJob(compiled, image, images_of(case, images, 0), repair=chip.repair)


def _full(engine: EngineName, job: CosimJob, record: Record | None) -> CosimResult:
    """All images on an engine, everything compared; the compiled engine makes its golden record as it goes."""
    from ...cosim.run import cosimulate

    result = cosimulate(job, engine, record=record)
    if not result.passed:
        raise RuntimeError(f"{engine} must give what the golden model says, and does not: {result.message}")
    return result


def _bare_seconds(engine: EngineName, job: CosimJob, record: Record) -> float:
    """Processor time of the same images in the engine's bare loop."""
    if engine == "verilator":
        from ...cosim.run import cosimulate

        return cosimulate(job, engine, record=record, module="spintile.cosim.bare").seconds["processor"]
    from ...cosim.compiled import build_library
    from ...cosim.compiled.session import load_engine, run_bare
    from ...cosim.design import TOP, periphery_verilog

    loaded = load_engine(build_library(periphery_verilog(job.geometry), TOP, job.geometry), job)
    began = time.thread_time()
    run_bare(loaded, job)
    return time.thread_time() - began


def _to_bare(engine: EngineName, seconds: dict[EngineName, float], bare: dict[EngineName, list[float]]) -> float | None:
    """Rate of an engine over that of its bare loop; None if it was not measured."""
    return statistics.median(bare[engine]) / seconds[engine] if engine in seconds else None
