# SPDX-License-Identifier: BSD-3-Clause
"""Co-simulation of the periphery with dies at its pins: builds, runs, merges, reports."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from spintile.model.files import write_atomically
from spintile.model.golden import Record

from .build import SimulatorBuild, Waves, build_simulator
from .compiled.batches import Connect
from .compiled.run import cosimulate_compiled
from .coverage import count_run
from .design import TOP, periphery_verilog
from .gtkwave import view_waves
from .job import CosimJob
from .result import CosimResult, EngineName, junit_report, merge_outcomes
from .simulate import SimulationError, simulate, simulate_together

__all__ = ["CosimResult", "cosimulate"]

_MODULE = "spintile.cosim.bench"


def cosimulate(
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
    module: str = _MODULE,
    connect: Connect | None = None,
) -> CosimResult:
    """Run images through the RTL with dies at its pins, and compare every stage with the golden model.

    Parameters
    ----------
    job : CosimJob
        Dies, program, images.
    engine : {"verilator", "icarus", "compiled"}
        Which simulator; ``compiled`` is Verilator with host, array and recorder in C++, for whole data sets.
    out : path, optional
        Folder for ``cosim.json``, ``results.xml``, ``build.log``, the simulators' logs and waveforms; nothing is kept
        unless given.
    waves : bool or "vcd"
        Write waveforms (of each simulation, in ``out``); FST where that can be, unless VCD is asked for.
    seed : int
        Of pauses and stalls: they change no answer.
    jobs : int
        Simulations at once; the dies are divided among them.
    timeout : float
        Seconds that each simulation may take; the compiled engine counts cycles instead.
    progress : function (images done, images in all), optional
        Called some times a second.
    record : Record, optional
        The golden record of the job with all stages, if it is there already.
    verilog : str, optional
        Another design with the same ports, instead of the exported periphery.
    cache : Path, optional
        Where builds are kept.
    module : str
        Import name of the bench's cocotb module, if the design needs another.
    connect : function (engine, position of a die), optional
        What gives a die to the compiled engine, if the design needs something else.

    Returns
    -------
    CosimResult
        Also when RTL and golden model differ: see ``passed``.

    Raises
    ------
    MissingTool, BuildError, SimulationError
        If a tool is missing, the simulator does not build, or it crashes or takes too long.
    ValueError
        If the arguments make no sense.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    if engine not in get_args(EngineName):
        raise ValueError(f"engine must be one of {', '.join(get_args(EngineName))}, not {engine!r}")
    if waves and out is None:
        raise ValueError("waves must have a folder to go to (out)")
    if engine == "compiled":
        if waves:
            raise ValueError("waves must be written by engine verilator or icarus, not by compiled")
        return cosimulate_compiled(
            job,
            out=out,
            seed=seed,
            jobs=jobs,
            progress=progress,
            record=record,
            verilog=verilog,
            connect=connect,
            cache=cache,
        )
    started = time.monotonic()
    if record is None:
        record = job.golden()
    golden_done = time.monotonic()
    text = periphery_verilog(job.geometry, cache=cache) if verilog is None else verilog
    build = build_simulator(text, TOP, engine, waves=waves, cache=cache)
    build_done = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="spintile-cosim-")) if out is None else Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(build.log, folder / "build.log")
    parts = [part.tolist() for part in np.array_split(np.arange(job.dies), min(jobs, job.dies))]
    # A simulation that crashes leaves its folder behind, wherever it is: its log is named in the error.
    outcomes = _simulate_parts(job, record, parts, build, module, folder, bool(waves), seed, timeout, progress)
    seconds = {
        "golden": golden_done - started,
        "build": build_done - golden_done,
        "simulation": time.monotonic() - build_done,
    }
    kept = "" if out is None else str(folder)
    result = merge_outcomes(job, engine, outcomes, seconds, kept, functools.partial(count_run, job, record))
    if out is None:
        shutil.rmtree(folder)
    else:
        write_atomically(folder / "cosim.json", (json.dumps(result.as_dict(), indent=1) + "\n").encode())
        write_atomically(folder / "results.xml", junit_report(result, outcomes))
    return result


def _simulate_parts(
    job: CosimJob,
    record: Record,
    parts: Sequence[list[int]],
    build: SimulatorBuild,
    module: str,
    folder: Path,
    waves: bool,
    seed: int,
    timeout: float,
    progress: Callable[[int, int], None] | None,
) -> list[dict[str, Any]]:
    """One simulation for each part of the dies, at once; their outcomes in the order of the parts."""
    total = job.dies * len(job.images)
    folders = [folder / "simulation" if len(parts) == 1 else folder / f"simulation-{i}" for i in range(len(parts))]

    def run(number: int, poll: Callable[[], None]) -> dict[str, Any]:
        place = folders[number]
        place.mkdir(parents=True, exist_ok=True)
        for name in ("progress", "outcome.json"):
            (place / name).unlink(missing_ok=True)
        job.bench_job(record, parts[number]).save(place / "job.safetensors")
        environment = {
            "SPINTILE_JOB": str((place / "job.safetensors").resolve()),
            "SPINTILE_OUTCOME": str((place / "outcome.json").resolve()),
            "SPINTILE_PROGRESS": str((place / "progress").resolve()),
        }
        done = simulate(
            build, module, place, environment=environment, seed=seed, waves=waves, timeout=timeout, poll=poll
        )
        if done.waves is not None:
            view_waves(done.waves, job.geometry, build)
        if not (place / "outcome.json").is_file():
            raise SimulationError(
                f"{build.engine}: {done.failures[0] if done.failures else 'no outcome'} (log: {done.log})"
            )
        outcome: dict[str, Any] = json.loads((place / "outcome.json").read_text())
        if done.failures and not outcome["error"] and not any(die["first_difference"] for die in outcome["dies"]):
            raise SimulationError(f"{build.engine}: {done.failures[0]} (log: {done.log})")
        return outcome

    def tell() -> None:
        if progress is not None:
            progress(min(total, sum(_images_done(place / "progress") for place in folders)), total)

    outcomes = simulate_together([functools.partial(run, number) for number in range(len(parts))], tell)
    if progress is not None:
        progress(total, total)
    return outcomes


def _images_done(path: Path) -> int:
    try:
        return int(path.read_text() or 0)
    except (OSError, ValueError):
        return 0
