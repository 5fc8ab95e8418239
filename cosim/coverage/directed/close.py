# SPDX-License-Identifier: BSD-3-Clause
"""Every directed run of a chip, one after the other: what closes its coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from spintile.model.geometry import Geometry

from ...compiled import EngineError, build_library
from ...compiled.run import cosimulate_compiled
from ...design import TOP, periphery_verilog
from ...job import CosimJob
from ...random_programs.case import HiddenLayer, Program
from ...random_programs.networks import job_of
from ...writing import ProgramJob, run_program
from ..collect import add_counts, count_handshakes
from ..coverage import Coverage
from ..writes import count_writes
from .bus import run_bus
from .cells import directed_commands
from .commands import run_commands
from .jobs import directed_jobs, shared_jobs
from .mishaps import run_mishaps
from .session import DirectedSession

__all__ = ["DirectedRunError", "close_coverage", "shared_geometry"]

#: Least sizes of a chip for which the directed runs are made.
_LEAST = {"rows": 6, "cols": 6, "kernels": 8, "adc_bits": 6, "input_bits": 2, "activation_depth": 64}


class DirectedRunError(AssertionError):
    """A directed run did not give what the golden model says."""


def close_coverage(
    geometry: Geometry,
    *,
    shared: Geometry | None = None,
    writing: bool = True,
    seed: int = 0,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Coverage:
    """Run what hits every bin that is not waived.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    shared : Geometry, optional
        A chip whose columns share converters; the same one with as few columns to a converter as divide its columns,
        unless given.
    writing : bool
        Also what is written, under cocotb and Verilator: most of the time.
    seed : int
        Of everything random.
    cache : Path, optional
        Where builds are kept.
    progress : function (runs done, runs in all), optional
        Called after each run.

    Raises
    ------
    DirectedRunError
        If a run differs from the golden model, or the chip does not do what a host may expect.
    MissingTool, BuildError, SimulationError
        If a tool is missing, or a build or a simulator fails.
    ValueError
        If the chip is too small for the directed runs.
    """
    for name, least in _LEAST.items():
        if getattr(geometry, name) < least:
            raise ValueError(
                f"geometry {geometry.name!r}: {name} must be at least {least} for the directed runs, not "
                f"{getattr(geometry, name)}"
            )
    coverage = Coverage(geometry)
    other = shared_geometry(geometry) if shared is None else shared
    jobs = [*directed_jobs(geometry, seed), *shared_jobs(other, seed)]
    commands = list(directed_commands(geometry, seed)) if writing else []
    total = len(jobs) + 1 + len(commands)
    runs = _runs(geometry, jobs, commands, cache)
    for done, hits in enumerate(runs, 1):
        coverage.add(hits)
        if progress is not None:
            progress(done, total)
    return coverage


def shared_geometry(geometry: Geometry) -> Geometry:
    """The same chip with the fewest columns to a converter that divide its columns."""
    columns = next(size for size in range(2, geometry.cols + 1) if geometry.cols % size == 0)
    return geometry.replace(columns_per_adc=columns)


def _runs(
    geometry: Geometry,
    jobs: list[tuple[str, CosimJob]],
    commands: list[tuple[str, ProgramJob]],
    cache: Path | None,
) -> Iterator[Mapping[str, int]]:
    for name, job in jobs:
        result = cosimulate_compiled(job, cache=cache)
        if not result.passed:
            raise DirectedRunError(f"{name}: {result.message}")
        yield result.coverage
    library = build_library(periphery_verilog(geometry, cache=cache), TOP, geometry, cache=cache)
    program = Program(seed=0, shape=(geometry.word_bits + 3,), hidden=(HiddenLayer(3),), adc_bits=6, images=8)
    session = DirectedSession(library, job_of(program, geometry))
    session.engine.handshakes(clear=True)
    for run in (run_bus, run_mishaps, run_commands):
        try:
            run(session)
        except EngineError as error:
            raise DirectedRunError(str(error)) from None
    yield add_counts([session.hits, count_handshakes(session.engine.handshakes())])
    for name, given in commands:
        outcome = run_program(given, "verilator", cache=cache)
        if not outcome.passed:
            raise DirectedRunError(f"{name}: {outcome.message}")
        yield count_writes(given, outcome)
