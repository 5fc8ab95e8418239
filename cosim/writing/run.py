# SPDX-License-Identifier: BSD-3-Clause
"""Programming and characterisation of dies by the RTL, with the dies at its pins: builds, runs, compares, reports."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.files import write_atomically
from spintile.model.programming import Report, make_array, run_command

from ..build import Engine, SimulatorBuild, build_simulator
from ..design import TOP, periphery_verilog
from ..gtkwave import view_waves
from ..simulate import SimulationError, junit_xml, simulate, simulate_together
from ..tools import find_verilator
from .job import ProgramJob, WritingOutcome
from .scoreboard import Comparison, Difference

__all__ = ["ProgramOutcome", "run_program"]

_MODULE = "spintile.cosim.writing.bench"
_NOTHING = np.zeros(0, np.uint64)


@dataclass(frozen=True, eq=False)
class ProgramOutcome:
    """What the RTL did to the dies at its pins.

    Parameters
    ----------
    chip : Chip
        The chip, with the bits of the reads.
    engine : {"verilator", "icarus"}
        The simulator.
    words : tuple of tuple of uint64 array (words,)
        The report stream, by command and die: empty where a run went wrong before.
    states, initial_states : bool array (dies, kernels, rows, cols)
        Left in the array at the pins, and before the first command; of a die that was not done, all AP.
    comparisons : tuple of Comparison
        With the golden model, by die.
    counters : tuple of tuple of (int, int)
        WRITE_FAILED and WRITE_PULSES, by command and die.
    error : str
        What went wrong besides: a hang, a broken protocol of the pins; empty if nothing.
    cycles, pulses, reads : int
        Clock cycles simulated; pulses and samples seen at the pins.
    seconds : dict
        Wall-clock time of ``golden``, ``build`` and ``simulation``; ``inside`` the simulators without starting them.
    folder : str
        Where logs, ``program.json``, ``results.xml`` and waveforms are; empty if nothing was kept.
    """

    chip: Chip
    engine: Engine
    words: tuple[tuple[NDArray[np.uint64], ...], ...]
    states: NDArray[np.bool_]
    initial_states: NDArray[np.bool_]
    comparisons: tuple[Comparison, ...]
    counters: tuple[tuple[tuple[int, int], ...], ...]
    error: str
    cycles: int
    pulses: int
    reads: int
    seconds: dict[str, float]
    folder: str = ""

    @functools.cached_property
    def reports(self) -> tuple[Report, ...]:
        """What the RTL streamed, of all dies, by command; ValueError if words make no sense."""
        return tuple(Report.from_words(words, self.chip) for words in self.words)

    @property
    def difference(self) -> Difference | None:
        """The first difference from the golden model, of the first die that has any."""
        return next((one.first for one in self.comparisons if one.first is not None), None)

    @property
    def compared(self) -> dict[str, int]:
        """What was compared: ``words`` of reports, ``counters`` of commands, ``states`` of cells, and ``total``."""
        return _total(one.compared for one in self.comparisons)

    @property
    def mismatches(self) -> dict[str, int]:
        """Of these, what differs, is missing or was not expected."""
        return _total(one.mismatches for one in self.comparisons)

    @property
    def passed(self) -> bool:
        """Whether everything was compared and nothing differs."""
        return not self.error and not self.mismatches["total"] and self.compared["words"] > 0

    @property
    def message(self) -> str:
        """One line: the verdict."""
        if self.difference is not None:
            return str(self.difference) + (f"; then: {self.error}" if self.error else "")
        if self.error:
            return self.error
        return (
            f"{self.compared['words']} report words and {self.compared['states']} states equal on "
            f"{len(self.states)} dies ({self.engine})"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything but words and states."""
        names = ("engine", "compared", "mismatches", "error", "cycles", "pulses", "reads", "seconds", "folder")
        return {
            **{name: getattr(self, name) for name in names},
            "dies": len(self.states),
            "difference": None if self.difference is None else self.difference.as_dict(),
            "counters": [[{"failed": f, "pulses": p} for f, p in command] for command in self.counters],
            "passed": self.passed,
            "message": self.message,
        }


def run_program(
    job: ProgramJob,
    engine: Engine | Literal["auto"] = "auto",
    *,
    jobs: int = 1,
    folder: str | Path | None = None,
    waves: bool = False,
    seed: int = 0,
    timeout: float = 3600.0,
    progress: Callable[[int, int], None] | None = None,
    verilog: str | None = None,
    cache: Path | None = None,
) -> ProgramOutcome:
    """Give commands to the RTL with dies at its pins, and compare all that it reports and leaves with the golden model.

    Parameters
    ----------
    job : ProgramJob
        Dies and commands.
    engine : {"auto", "verilator", "icarus"}
        Which simulator; ``auto`` is Verilator where there is one.
    jobs : int
        Simulations at once; the dies are divided among them.
    folder : path, optional
        Folder for ``program.json``, ``results.xml`` (JUnit), ``build.log``, the simulators' logs and waveforms; nothing
        is kept unless given.
    waves : bool
        Write waveforms (of each simulation, in ``folder``).
    seed : int
        Of pauses and stalls: they change nothing.
    timeout : float
        Seconds that each simulation may take.
    progress : function (commands done, commands of all dies), optional
        Called some times a second.
    verilog : str, optional
        Another design with the same ports, instead of the exported periphery.
    cache : Path, optional
        Where builds are kept.

    Returns
    -------
    ProgramOutcome
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
    if waves and folder is None:
        raise ValueError("waves must have a folder to go to (folder)")
    if engine not in ("auto", *get_args(Engine)):
        raise ValueError(f"engine must be one of auto, {', '.join(get_args(Engine))}, not {engine!r}")
    chosen: Engine = engine if engine != "auto" else ("verilator" if find_verilator().usable else "icarus")
    started = time.monotonic()
    text = periphery_verilog(job.chip.geometry, cache=cache) if verilog is None else verilog
    build = build_simulator(text, TOP, chosen, waves=waves, cache=cache)
    build_done = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="spintile-write-")) if folder is None else Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(build.log, place / "build.log")
    parts = [part.tolist() for part in np.array_split(np.arange(job.dies), min(jobs, job.dies))]
    # A simulation that crashes leaves its folder behind, wherever it is: its log is named in the error.
    outcomes = _simulate_parts(job, parts, build, place, waves, seed, timeout, progress)
    simulated = time.monotonic()
    found = _compare(job, chosen, parts, outcomes, "" if folder is None else str(place))
    found.seconds.update(
        build=build_done - started,
        simulation=simulated - build_done,
        golden=time.monotonic() - simulated,
        inside=max(outcome.seconds for outcome in outcomes),
    )
    if folder is None:
        shutil.rmtree(place)
    else:
        write_atomically(place / "program.json", (json.dumps(found.as_dict(), indent=1) + "\n").encode())
        write_atomically(place / "results.xml", _junit(found, job))
    return found


def _simulate_parts(
    job: ProgramJob,
    parts: Sequence[list[int]],
    build: SimulatorBuild,
    folder: Path,
    waves: bool,
    seed: int,
    timeout: float,
    progress: Callable[[int, int], None] | None,
) -> list[WritingOutcome]:
    """One simulation for each part of the dies, at once; their outcomes in the order of the parts."""
    total = job.dies * len(job.commands)
    folders = [folder / "simulation" if len(parts) == 1 else folder / f"simulation-{i}" for i in range(len(parts))]

    def run(number: int, poll: Callable[[], None]) -> WritingOutcome:
        place = folders[number]
        place.mkdir(parents=True, exist_ok=True)
        for name in ("progress", "outcome.safetensors"):
            (place / name).unlink(missing_ok=True)
        job.bench_job(parts[number]).save(place)
        environment = {"SPINTILE_FOLDER": str(place.resolve())}
        done = simulate(
            build, _MODULE, place, environment=environment, seed=seed, waves=waves, timeout=timeout, poll=poll
        )
        if done.waves is not None:
            view_waves(done.waves, job.chip.geometry, build)
        if not (place / "outcome.safetensors").is_file():
            raise SimulationError(
                f"{build.engine}: {done.failures[0] if done.failures else 'no outcome'} (log: {done.log})"
            )
        outcome = WritingOutcome.load(place / "outcome.safetensors")
        if done.failures and not outcome.error:
            raise SimulationError(f"{build.engine}: {done.failures[0]} (log: {done.log})")
        return outcome

    def tell() -> None:
        if progress is not None:
            progress(min(total, sum(_done(place / "progress") for place in folders)), total)

    return simulate_together([functools.partial(run, number) for number in range(len(parts))], tell)


def _total(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name, and of all."""
    sums: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            sums[name] = sums.get(name, 0) + count
    return sums | {"total": sum(sums.values())}


def _junit(outcome: ProgramOutcome, job: ProgramJob) -> bytes:
    """One test case per die, as JUnit XML."""
    cases = []
    for die, one in zip(job.population.die_ids.tolist(), outcome.comparisons, strict=True):
        cases.append((f"die {die}", "" if one.first is None else str(one.first), json.dumps(one.compared)))
    if outcome.error:
        cases.append(("run", outcome.error, ""))
    return junit_xml(f"spintile.cosim.writing.{outcome.engine}", cases)


def _done(path: Path) -> int:
    try:
        return int(path.read_text() or 0)
    except (OSError, ValueError):
        return 0


def _compare(
    job: ProgramJob, engine: Engine, parts: Sequence[list[int]], outcomes: Sequence[WritingOutcome], folder: str
) -> ProgramOutcome:
    """Every die's words, counters and states against the golden model's."""
    array = make_array(job.chip, job.population, job.seed, job.initial)
    reports = [run_command(array, job.chip, command, job.first_number + i) for i, command in enumerate(job.commands)]
    dies: list[_Die] = []
    for part, outcome in zip(parts, outcomes, strict=True):
        dies += [_Die.of(outcome, i) for i in range(len(part))]
    results = []
    for position, number in enumerate(int(number) for number in job.population.die_ids):
        found = dies[position]
        results.append(result := Comparison())
        for command, report in enumerate(reports):
            reached = command < len(found.words)
            got, times = (found.words[command], found.times[command]) if reached else (_NOTHING, None)
            result.words(number, command, report.words(position), got, times)
            if command < len(found.counters):
                failed, pulses = found.counters[command]
                result.counter(number, command, "failed", int(report.failed[position]), failed)
                assert report.pulses is not None
                result.counter(number, command, "pulses", int(report.pulses[position]), pulses)
        if found.states is not None:
            result.states(number, len(reports) - 1, array.state[position], found.states)
    nothing = np.zeros(job.population.shape[1:], np.bool_)
    return ProgramOutcome(
        chip=job.chip,
        engine=engine,
        words=tuple(
            tuple(die.words[i] if i < len(die.words) else _NOTHING for die in dies) for i in range(len(reports))
        ),
        states=np.stack([nothing if die.states is None else die.states for die in dies]),
        initial_states=np.stack([nothing if die.initial is None else die.initial for die in dies]),
        comparisons=tuple(results),
        counters=tuple(
            tuple(die.counters[i] if i < len(die.counters) else (0, 0) for die in dies) for i in range(len(reports))
        ),
        error="; ".join(outcome.error for outcome in outcomes if outcome.error),
        cycles=sum(outcome.cycles for outcome in outcomes),
        pulses=sum(outcome.pulses for outcome in outcomes),
        reads=sum(outcome.reads for outcome in outcomes),
        seconds={},
        folder=folder,
    )


@dataclass(frozen=True, eq=False)
class _Die:
    """What one simulation found on one die; None and missing: it was not reached."""

    words: list[NDArray[np.uint64]]
    times: list[NDArray[np.float64]]
    counters: list[tuple[int, int]]
    states: NDArray[np.bool_] | None
    initial: NDArray[np.bool_] | None

    @classmethod
    def of(cls, outcome: WritingOutcome, position: int) -> _Die:
        if position >= len(outcome.words):
            return cls([], [], [], None, None)
        return cls(
            outcome.words[position],
            outcome.times[position],
            outcome.counters[position],
            outcome.states[position] if position < len(outcome.states) else None,
            outcome.initial[position] if position < len(outcome.initial) else None,
        )
