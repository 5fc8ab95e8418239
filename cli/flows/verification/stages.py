# SPDX-License-Identifier: BSD-3-Clause
"""The stages of verification: where a job is answered again, and held against the golden model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from spintile.cosim.build import Engine
    from spintile.cosim.job import CosimJob
    from spintile.cosim.result import CosimResult
    from spintile.cosim.signoff.netlist import Target
    from spintile.model.geometry import Geometry

__all__ = ["STAGES", "Stage", "StageName", "build", "run_job", "verilog_of", "waves_of"]

StageName = Literal["golden", "cocotb", "compiled", "twin", "netlist"]
STAGES: tuple[StageName, ...] = get_args(StageName)

#: What runs where, in the words of the report.
_WHERE: dict[StageName, str] = {
    "golden": "the golden model itself: with its whole record in batches of images, and without it in larger ones",
    "cocotb": "the exported Verilog in {}, the array model in Python at its analog pins",
    "compiled": "the exported Verilog compiled by Verilator, host and array in C++",
    "twin": "the exported Verilog with the die as logic in place of the array, compiled by Verilator",
    "netlist": "the netlist after synthesis ({}), compiled by Verilator, host and array in C++",
}
_NAMES = {
    "verilator": "Verilator",
    "icarus": "Icarus Verilog",
    "generic": "generic gates",
    "ice40": "iCE40",
    "ecp5": "ECP5",
}


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    name : {"golden", "cocotb", "compiled", "twin", "netlist"}
        Which.
    variant : str
        The simulator of ``cocotb``, the target of ``netlist``; empty for the others.
    """

    name: StageName
    variant: str = ""

    @property
    def key(self) -> str:
        """For file names: ``cocotb-verilator``."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def label(self) -> str:
        """For people: ``cocotb, Verilator``."""
        return f"{self.name}, {_NAMES[self.variant]}" if self.variant else self.name

    @property
    def where(self) -> str:
        """What runs, in one phrase."""
        return _WHERE[self.name].format(_NAMES.get(self.variant, ""))

    @property
    def options(self) -> tuple[str, ...]:
        """The options of ``spintile verify`` that choose it."""
        more = {"cocotb": ("--engine", self.variant), "netlist": ("--target", self.variant)}
        return ("--stage", self.name, *more.get(self.name, ()))

    @property
    def images_at_once(self) -> int:
        """Most images of a unit: some seconds or minutes of work."""
        slow = {"icarus": 25, "verilator": 250}
        return slow.get(self.variant, 10_000)

    @property
    def cost(self) -> float:
        """Time of an image, in those of the compiled engine: a guess, for the estimate of what is left."""
        guess = {"golden": 0.5, "twin": 2.0, "netlist": 10.0, "cocotb": 25.0}
        return 400.0 if self.variant == "icarus" else guess.get(self.name, 1.0)

    def cannot(self, job: CosimJob) -> str:
        """Why it cannot answer a job; empty if it can."""
        if self.name != "twin":
            return ""
        from spintile.cosim.twin import check_twin_job

        try:
            check_twin_job(job)
        except ValueError as error:
            return str(error)
        return ""


def verilog_of(stage: Stage, geometry: Geometry, gate_fault: int | None = None) -> str:
    """The design that a stage runs; none for ``golden``.

    Parameters
    ----------
    stage : Stage
    geometry : Geometry
        Of the chip.
    gate_fault : int or None
        Change one gate, chosen by this seed: a deliberate fault.
    """
    if stage.name == "golden":
        return ""
    from spintile.cosim.design import periphery_verilog
    from spintile.cosim.faults import gate_fault as change
    from spintile.cosim.signoff.netlist import synthesize
    from spintile.cosim.twin.design import twin_verilog

    text = twin_verilog(geometry) if stage.name == "twin" else periphery_verilog(geometry)
    if gate_fault is not None:
        text, _ = change(text, gate_fault)
    return synthesize(text, cast("Target", stage.variant)) if stage.name == "netlist" else text


def build(stage: Stage, verilog: str, geometry: Geometry) -> None:
    """Build what a stage needs now, so that its runs find it in the cache."""
    from spintile.cosim.build import build_simulator
    from spintile.cosim.compiled import build_library
    from spintile.cosim.design import TOP

    if stage.name == "cocotb":
        build_simulator(verilog, TOP, cast("Engine", stage.variant))
    elif stage.name != "golden":
        build_library(verilog, TOP, geometry)


def run_job(
    stage: Stage,
    job: CosimJob,
    verilog: str,
    *,
    seed: int,
    jobs: int,
    progress: Callable[[int, int], None] | None = None,
) -> CosimResult:
    """Run a job at a stage other than ``golden`` and compare everything with the golden model.

    Parameters
    ----------
    stage : Stage
    job : CosimJob
    verilog : str
        What :func:`verilog_of` gave.
    seed : int
        Of pauses and stalls; a job has none unless it says so.
    jobs : int
        Processes or threads.
    progress : function (images done, images in all), optional
    """
    from spintile.cosim.run import cosimulate
    from spintile.cosim.twin import run_twin

    if stage.name == "twin":
        return run_twin(job, "compiled", verilog=verilog, seed=seed, jobs=jobs, progress=progress)
    engine = cast("Engine", stage.variant) if stage.name == "cocotb" else "compiled"
    return cosimulate(job, engine, verilog=verilog, seed=seed, jobs=jobs, progress=progress)


def waves_of(stage: Stage, job: CosimJob, verilog: str, folder: Path, *, seed: int) -> CosimResult:
    """The same job and design in Verilator under cocotb, with waveforms in a folder."""
    from spintile.cosim.run import cosimulate
    from spintile.cosim.twin import run_twin

    if stage.name == "twin":
        return run_twin(job, "verilator", verilog=verilog, out=folder, waves="vcd", seed=seed)
    engine = cast("Engine", stage.variant) if stage.name == "cocotb" else "verilator"
    return cosimulate(job, engine, verilog=verilog, out=folder, waves="vcd", seed=seed)
