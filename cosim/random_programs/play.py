# SPDX-License-Identifier: BSD-3-Clause
"""A case on the compiled engine: every program judged, the first thing that must not be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spintile.model.geometry import Geometry
from spintile.model.mapping import DoesNotFit

from ..compiled import CompiledEngine, EngineError, Library, build_library
from ..design import TOP, periphery_verilog
from .case import Case
from .endings import run_to_its_end
from .host import Host, Wrong
from .networks import job_of

__all__ = ["Verdict", "library_of", "play"]


@dataclass(frozen=True)
class Verdict:
    """What became of a case.

    Parameters
    ----------
    endings : tuple of str
        How the programs ended that were run; those that do not fit the chip are left out.
    cycles : int
        Clock cycles of all.
    wrong : str
        The first thing that must not be, with the program's number; empty if all holds.
    """

    endings: tuple[str, ...]
    cycles: int
    wrong: str

    @property
    def programs(self) -> int:
        """Programs that were run."""
        return len(self.endings)


def library_of(geometry: Geometry, *, cache: Path | None = None, jobs: int | None = None) -> Library:
    """The chip of a geometry; compiled quickly, for it runs little."""
    return build_library(
        periphery_verilog(geometry, cache=cache), TOP, geometry, optimise="-O1", cache=cache, jobs=jobs
    )


def play(case: Case, library: Library, *, connect: Callable[[CompiledEngine], None] | None = None) -> Verdict:
    """Run a case.

    Parameters
    ----------
    case : Case
    library : Library
        The chip, of the case's geometry.
    connect : function (engine), optional
        Does something to the chip before anything else: deliberate faults.
    """
    host = Host(library)
    if connect is not None:
        connect(host.engine)
    endings: list[str] = []
    wrong = ""
    for number, program in enumerate(case.programs):
        try:
            job = job_of(program, case.geometry)
        except DoesNotFit:
            continue
        endings.append(program.ending.kind)
        try:
            host.load(job)
            run_to_its_end(host, job, program)
        except (EngineError, Wrong) as error:
            wrong = f"program {number}, {program.ending.kind}: {error}"
            break
    return Verdict(tuple(endings), host.engine.cycles, wrong)
