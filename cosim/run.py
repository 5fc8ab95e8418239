# SPDX-License-Identifier: BSD-3-Clause
"""Co-simulation of the periphery with dies at its pins: builds, runs, merges, reports."""

from __future__ import annotations

import dataclasses
import functools
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from spintile.model.files import write_atomically
from spintile.model.golden import Record

from .build import Engine, SimulatorBuild, build_simulator
from .comparison import STAGES
from .design import TOP, periphery_verilog
from .job import CosimJob
from .simulate import SimulationError, junit_xml, simulate, simulate_together

__all__ = ["CosimResult", "cosimulate"]

_MODULE = "spintile.cosim.bench"


@dataclass(frozen=True)
class CosimResult:
    """What a co-simulation found.

    Parameters
    ----------
    engine : {"verilator", "icarus"}
        The simulator.
    dies, images : int
        Dies simulated, images of each.
    compared, mismatches : dict
        Values compared, and values that differ, are missing or were not expected: by stage, and ``total``.
    first_difference : dict or None
        The first one, of the first die that has any: stage, die, image, layer, kernel, read, column or lane, both
        values, simulation time [ns], and all of it as ``message``.
    error : str
        What went wrong besides: a hang, a broken protocol; empty if nothing.
    cycles_per_image : float or None
        Clock cycles from result to result at saturation, read from the counters, mean over the dies; None for no more
        images than layers, or where results follow each other too fast for the counters to be read in between.
    cycles_bound : int
        Least converter cycles of an image: reads * columns per converter * (bits + 1).
    counters : list of dict
        Performance counters of the RTL, by die.
    cycles : int
        Clock cycles simulated.
    seconds : dict
        Wall-clock time of ``golden``, ``build`` and ``simulation``; ``inside`` the simulators without starting them.
    folder : str
        Where logs, ``results.xml``, ``cosim.json`` and waveforms are; empty if nothing was kept.
    """

    engine: Engine
    dies: int
    images: int
    compared: dict[str, int]
    mismatches: dict[str, int]
    first_difference: dict[str, Any] | None
    error: str
    cycles_per_image: float | None
    cycles_bound: int
    counters: list[dict[str, int]]
    cycles: int
    seconds: dict[str, float]
    folder: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything was compared and nothing differs."""
        return not self.error and not self.mismatches["total"] and self.compared["total"] > 0

    @property
    def message(self) -> str:
        """One line: the verdict."""
        if self.error and self.first_difference is None:
            return self.error
        if self.first_difference is not None:
            return str(self.first_difference["message"]) + (f"; then: {self.error}" if self.error else "")
        return f"{self.compared['total']} values equal on {self.dies} dies and {self.images} images ({self.engine})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**dataclasses.asdict(self), "passed": self.passed, "message": self.message}


def cosimulate(
    job: CosimJob,
    engine: Engine = "verilator",
    *,
    out: str | Path | None = None,
    waves: bool = False,
    seed: int = 0,
    jobs: int = 1,
    timeout: float = 3600.0,
    progress: Callable[[int, int], None] | None = None,
    record: Record | None = None,
    verilog: str | None = None,
    cache: Path | None = None,
) -> CosimResult:
    """Run images through the RTL with dies at its pins, and compare every stage with the golden model.

    Parameters
    ----------
    job : CosimJob
        Dies, program, images.
    engine : {"verilator", "icarus"}
        Which simulator.
    out : path, optional
        Folder for ``cosim.json``, ``results.xml``, ``build.log``, the simulators' logs and waveforms; nothing is kept
        unless given.
    waves : bool
        Write waveforms (of each simulation, in ``out``).
    seed : int
        Of pauses and stalls: they change no answer.
    jobs : int
        Simulations at once; the dies are divided among them.
    timeout : float
        Seconds that each simulation may take.
    progress : function (images done, images in all), optional
        Called some times a second.
    record : Record, optional
        The golden record of the job with all stages, if it is there already.
    verilog : str, optional
        Another design with the same ports, instead of the exported periphery.
    cache : Path, optional
        Where builds are kept.

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
    if waves and out is None:
        raise ValueError("waves must have a folder to go to (out)")
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
    outcomes = _simulate_parts(job, record, parts, build, folder, waves, seed, timeout, progress)
    seconds = {
        "golden": golden_done - started,
        "build": build_done - golden_done,
        "simulation": time.monotonic() - build_done,
    }
    result = _merge(job, engine, outcomes, seconds, "" if out is None else str(folder))
    if out is None:
        shutil.rmtree(folder)
    else:
        write_atomically(folder / "cosim.json", (json.dumps(result.as_dict(), indent=1) + "\n").encode())
        write_atomically(folder / "results.xml", _junit(result, outcomes))
    return result


def _simulate_parts(
    job: CosimJob,
    record: Record,
    parts: Sequence[list[int]],
    build: SimulatorBuild,
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
            build, _MODULE, place, environment=environment, seed=seed, waves=waves, timeout=timeout, poll=poll
        )
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


def _merge(
    job: CosimJob, engine: Engine, outcomes: list[dict[str, Any]], seconds: dict[str, float], folder: str
) -> CosimResult:
    dies = [die for outcome in outcomes for die in outcome["dies"]]
    compared = {stage: sum(die["compared"][stage] for die in dies) for stage in STAGES}
    mismatches = {stage: sum(die["mismatches"][stage] for die in dies) for stage in STAGES}
    counters = [{"die": die["die"], **die["counters"]} for die in dies if die["counters"]]
    rates = [die["cycles_per_image"] for die in dies if die["cycles_per_image"] is not None]
    return CosimResult(
        engine=engine,
        dies=job.dies,
        images=len(job.images),
        compared=compared | {"total": sum(compared.values())},
        mismatches=mismatches | {"total": sum(mismatches.values())},
        first_difference=next((die["first_difference"] for die in dies if die["first_difference"]), None),
        error="; ".join(outcome["error"] for outcome in outcomes if outcome["error"]),
        cycles_per_image=float(np.mean(rates)) if rates else None,
        cycles_bound=job.compiled.cycles_bound(job.image.adc_bits),
        counters=counters,
        cycles=sum(outcome["cycles"] for outcome in outcomes),
        seconds={**seconds, "inside": max(outcome["seconds"] for outcome in outcomes)},
        folder=folder,
    )


def _junit(result: CosimResult, outcomes: list[dict[str, Any]]) -> bytes:
    """One test case per die, as JUnit XML."""
    cases = []
    for outcome in outcomes:
        for die in outcome["dies"]:
            first = die["first_difference"]
            cases.append((f"die {die['die']}", first["message"] if first else "", json.dumps(die["compared"])))
        if outcome["error"]:
            cases.append(("run", outcome["error"], ""))
    return junit_xml(f"spintile.cosim.{result.engine}", cases)
