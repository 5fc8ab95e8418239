# SPDX-License-Identifier: BSD-3-Clause
"""Runs subjects through stages, unit by unit; what a killed run had finished is not run again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...console import Progress
from ..files import source_digest
from ..steps import StepProgress
from .stages import Stage, build, verilog_of
from .units import Unit, UnitResult, added, divide, keep, kept, run_unit, unit_key

if TYPE_CHECKING:
    from spintile.cosim.faults import FaultKind
    from spintile.cosim.job import CosimJob
    from spintile.model.mapping import Program

    from .subjects import Subject

__all__ = ["FAULTS", "Finding", "Task", "plan", "run_tasks", "verification_source"]

#: Deliberate faults that do not depend on dies and images, so that a part of a run shows the same one.
FAULTS: tuple[FaultKind, ...] = ("threshold", "instruction", "gate")
#: Code that the result of a unit follows from.
_SOURCES = ("spintile.model", "spintile.rtl", "spintile.cosim")
_HARNESS = ("*.py", "*.cpp", "*.h")


@dataclass(frozen=True, eq=False)
class Task:
    """A subject at a stage.

    Parameters
    ----------
    subject, stage
        What runs where.
    seed : int
        Of the run.
    fault : {"threshold", "instruction", "gate"} or None
        What is broken on purpose.
    not_run : str
        Why it cannot run; empty if it can.
    """

    subject: Subject
    stage: Stage
    seed: int = 0
    fault: FaultKind | None = None
    not_run: str = ""

    @property
    def title(self) -> str:
        """For progress and tables."""
        return f"{self.subject.name}: {self.stage.label}"

    @property
    def cost(self) -> float:
        """A guess at its time, in any unit."""
        images = len(self.subject.dies) * self.subject.count
        return 0.0 if self.not_run else images * self.subject.compiled.reads_per_image * self.stage.cost

    def verilog(self) -> str:
        """The design that it runs."""
        gate = self.seed if self.fault == "gate" else None
        return verilog_of(self.stage, self.subject.chip.geometry, gate)

    def job(self, unit: Unit, program: Program | None) -> CosimJob:
        """The job of a unit; with another program than the golden model's, if that is the fault."""
        return self.subject.job(unit.positions, unit.images).replace(program=program)

    def program(self) -> Program | None:
        """The broken program; None: the sound one."""
        if self.fault in (None, "gate") or self.stage.name == "golden":
            return None
        from spintile.cosim.faults import inject

        assert self.fault is not None
        return inject(self.subject.job((0,), slice(0, 1)), self.fault, self.seed).job.program


@dataclass
class Finding:
    """What a task showed, unit by unit."""

    task: Task
    units: list[UnitResult] = field(default_factory=list)

    @property
    def images(self) -> int:
        """Images, each on one die."""
        return sum(unit.images for unit in self.units)

    @property
    def compared(self) -> dict[str, int]:
        """Values by point of comparison."""
        return added(unit.compared for unit in self.units)

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Dies that failed, those first that name the smallest image, then the smallest die."""
        failures = [failure for unit in self.units for failure in unit.failures]
        return sorted(failures, key=lambda each: (each["image"] is None, each["image"] or 0, each["die"]))

    @property
    def mismatches(self) -> dict[str, int]:
        """Values that differ, by point of comparison."""
        return added(unit.mismatches for unit in self.units)

    @property
    def differing(self) -> int:
        """Values that differ; a hang or a broken protocol counts as one."""
        errors = sum(not sum(unit.mismatches.values()) and bool(unit.failures) for unit in self.units)
        return sum(self.mismatches.values()) + errors

    @property
    def holds(self) -> bool:
        """Whether something was compared and nothing differs."""
        return not self.failures and sum(self.compared.values()) > 0

    @property
    def cycles_per_image(self) -> float | None:
        """At saturation, mean over units weighted by their images."""
        rates = [(unit.cycles_per_image, unit.images) for unit in self.units if unit.cycles_per_image is not None]
        images = sum(count for _, count in rates)
        return sum(rate * count for rate, count in rates) / images if images else None

    @property
    def correct(self) -> int | None:
        """Images answered as their labels say; None: not known."""
        counts = [unit.correct for unit in self.units if unit.correct is not None]
        return sum(counts) if counts else None

    def total(self, what: str) -> float:
        """Sum of ``seconds`` or ``processor``."""
        return float(sum(getattr(unit, what) for unit in self.units))


def verification_source() -> str:
    """Hash of the code that results follow from."""
    return source_digest(*_SOURCES, patterns=_HARNESS)


def plan(
    subjects: Sequence[Subject], stages: Sequence[Stage], seed: int = 0, fault: FaultKind | None = None
) -> list[Task]:
    """Every subject at every stage, with the reason where that cannot be."""
    return [
        Task(subject, stage, seed, fault, stage.cannot(subject.job(range(len(subject.dies)), slice(0, 1))))
        for subject in subjects
        for stage in stages
    ]


def run_tasks(tasks: Sequence[Task], folder: Path, *, jobs: int, progress: Progress) -> list[Finding]:
    """Run tasks one after the other.

    Parameters
    ----------
    tasks : sequence of Task
    folder : Path
        The run folder; finished units are kept in ``units/``.
    jobs : int
        Processes or threads of each unit.
    progress : Progress
        Told of each task, and of all of them together.
    """
    source = verification_source()
    whole = sum(task.cost for task in tasks) or 1.0
    before = 0.0
    findings = []
    for task in tasks:
        finding = Finding(task)
        findings.append(finding)
        if task.not_run:
            progress(task.title, 1.0, f"not run: {task.not_run}")
            continue

        def tell(done: float, remark: str = "", task: Task = task, before: float = before) -> None:
            progress(task.title, min(done, 0.999), remark)
            if len(tasks) > 1:
                progress("verification", min(0.999, (before + done * task.cost) / whole), f"{len(tasks)} parts")

        reused = _run_task(finding, folder / "units", source, jobs, tell)
        before += task.cost
        remark = f"{finding.differing:,} of {sum(finding.compared.values()):,} differ"
        progress(task.title, 1.0, f"{remark}; {reused} of {len(finding.units)} units known" if reused else remark)
    if len(tasks) > 1:
        progress("verification", 1.0, f"{len(tasks)} parts")
    return findings


def _run_task(finding: Finding, folder: Path, source: str, jobs: int, tell: StepProgress) -> int:
    """Run the units of a task into a finding; how many were known."""
    task = finding.task
    subject, stage = task.subject, task.stage
    tell(0.0, "building")
    verilog, program = task.verilog(), task.program()
    total = len(subject.dies) * subject.count
    built = False
    done = reused = 0
    for unit in divide(len(subject.dies), subject.count, stage):
        job = task.job(unit, program)
        key = unit_key(stage, job, verilog, task.seed, source)
        path = folder / f"{subject.name}-{stage.key}" / f"{unit.name(subject)}.json"
        result = kept(path, key)
        if result is not None:
            reused += 1
        else:
            if not built:
                build(stage, verilog, subject.chip.geometry)
                built = True
            labels = subject.images.labels

            def images_done(now: int, _: int, done: int = done) -> None:
                tell((done + now) / total, f"{done + now:,} of {total:,} images")

            result = run_unit(
                stage,
                job,
                verilog,
                seed=task.seed,
                jobs=jobs,
                labels=None if labels is None else labels[unit.images],
                progress=images_done,
            )
            keep(path, key, result)
        finding.units.append(result)
        done += unit.amount
        tell(done / total, f"{done:,} of {total:,} images")
    return reused
