# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults of the write path: each must turn a run red, and the comparison must name the place.

They break one thing on one side only: what is loaded into the registers or the target memory, a comparator at the
pins, or the gates themselves; the golden model stays as it is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import ReportKind
from spintile.model.programming import Report, make_array, run_command

from ..design import periphery_verilog
from ..faults import gate_fault
from .job import ProgramJob
from .scoreboard import Comparison, Difference

__all__ = ["FaultyProgram", "WriteFaultKind", "inject"]

WriteFaultKind = Literal["step", "target", "gate", "comparator"]

_TRIES = 50


@dataclass(frozen=True, eq=False)
class FaultyProgram:
    """A job with one thing broken.

    Parameters
    ----------
    job : ProgramJob
        What to run.
    kind : str
        Which kind of fault.
    description : str
        What was broken, in one line.
    place : mapping
        Fields that the first :class:`Difference` must have.
    verilog : str or None
        The design, if its gates were changed.
    """

    job: ProgramJob
    kind: WriteFaultKind
    description: str
    place: Mapping[str, int | str]
    verilog: str | None = None


def inject(job: ProgramJob, kind: WriteFaultKind, seed: int = 0) -> FaultyProgram:
    """Break one thing of a job.

    Parameters
    ----------
    job : ProgramJob
        Sound.
    kind : {"step", "target", "gate", "comparator"}
        The level of one step in the registers, one bit of the target memory, one adder of the write controller, or a
        comparator of one column of one die that is stuck.
    seed : int
        Chooses which.

    Raises
    ------
    MissingTool
        For ``gate``, if the periphery cannot be exported.
    ValueError
        For an unknown kind, or if nothing can be broken so that these commands show it.
    """
    chooser = random.Random(seed)
    if kind == "step":
        return _step_fault(job, chooser)
    if kind == "target":
        return _target_fault(job, chooser)
    if kind == "comparator":
        return _comparator_fault(job, chooser)
    if kind == "gate":
        text, description = gate_fault(periphery_verilog(job.chip.geometry), seed, module="scan")
        first = _golden(job)[0].decode()
        place = {"die": int(job.population.die_ids[0]), "command": 0, "kernel": int(first.kernel[0])}
        return FaultyProgram(job, "gate", description, place, text)
    raise ValueError(f"fault must be one of {', '.join(get_args(WriteFaultKind))}, not {kind!r}")


def _golden(job: ProgramJob, loaded: ProgramJob | None = None) -> list[Report]:
    """What the golden model reports; with what another job's registers and target memory hold."""
    array = make_array(job.chip, job.population, job.seed, job.initial)
    chip = job.chip
    commands = job.commands
    if loaded is not None:
        if loaded.loaded_writing is not None:
            chip = chip.replace(writing=loaded.loaded_writing)
        if loaded.loaded_targets is not None:
            commands = tuple(
                type(command)(command.op, targets, command.kernels, command.rows, command.cols)
                for command, targets in zip(commands, loaded.loaded_targets, strict=True)
            )
    return [run_command(array, chip, command, job.first_number + i) for i, command in enumerate(commands)]


def _foreseen(job: ProgramJob, broken: ProgramJob) -> Difference | None:
    """The first difference that the golden model itself foresees between a job and its broken copy."""
    comparison = Comparison()
    sound, wrong = _golden(job), _golden(job, broken)
    for position, die in enumerate(job.population.die_ids.tolist()):
        for number, (expected, got) in enumerate(zip(sound, wrong, strict=True)):
            comparison.words(die, number, expected.words(position), got.words(position))
    return comparison.first


def _place(difference: Difference) -> dict[str, int | str]:
    names = ("die", "command", "kernel", "row", "col", "stage", "field", "expected", "got")
    return {name: value for name in names if (value := getattr(difference, name)) is not None}


def _step_fault(job: ProgramJob, chooser: random.Random) -> FaultyProgram:
    """One step at half its level."""
    writing = job.chip.writing
    for _ in range(_TRIES):
        name = chooser.choice(["levels_p", "levels_ap"])
        levels = list(getattr(writing, name))
        step = chooser.randrange(len(levels))
        levels[step] //= 2
        broken = job.replace(loaded_writing=writing.replace(**{name: tuple(levels)}))
        difference = _foreseen(job, broken)
        if difference is not None:
            register = f"STEP_{'P' if name == 'levels_p' else 'AP'}[{step}]"
            what = f"{register}: level is {levels[step]}, must be {getattr(writing, name)[step]}"
            return FaultyProgram(broken, "step", what, _place(difference))
    raise ValueError("step fault must have a step that these commands use, and none was found")


def _target_fault(job: ProgramJob, chooser: random.Random) -> FaultyProgram:
    """One bit of the target memory."""
    programs = [number for number, command in enumerate(job.commands) if command.targets is not None]
    if not programs:
        raise ValueError("target fault must have a command that programs targets, and there is none")
    number = chooser.choice(programs)
    command = job.commands[number]
    assert command.targets is not None
    kernel, row, col = (chooser.choice(part) for part in command.region.of(job.chip.geometry))
    targets: NDArray[np.bool_] = command.targets.copy()
    targets[..., kernel, row, col] ^= True
    loaded = tuple(targets if i == number else other.targets for i, other in enumerate(job.commands))
    broken = job.replace(loaded_targets=loaded)
    difference = _foreseen(job, broken)
    assert difference is not None  # the word of this cell has another target
    what = f"target of kernel {kernel}, row {row}, column {col} (command {number}) is the other state"
    return FaultyProgram(broken, "target", what, _place(difference))


def _comparator_fault(job: ProgramJob, chooser: random.Random) -> FaultyProgram:
    """A comparator that never answers, or always does: its column shows the same code whatever it carries."""
    table = _golden(job)[0].decode()
    for _ in range(_TRIES):
        die, level = chooser.randrange(job.dies), chooser.randrange(2)
        words = table.where((table.die == die) & (table.kind != ReportKind.REFERENCE))
        at = chooser.randrange(int(np.count_nonzero(words.row == words.row[0])))
        # Whatever the column is read at, no row adds anything to it.
        if words.value[at] == 0:
            continue
        column = int(words.col[at])
        place: dict[str, int | str] = {"die": int(job.population.die_ids[die]), "command": 0}
        place |= {"kernel": int(words.kernel[0]), "row": int(words.row[0]), "stage": int(words.stage[0])}
        if not job.chip.sensing.noise_sigma and job.chip.wires.ideal and not job.chip.writing.passive:
            # Its pulses and reads change nothing for the cells before it.
            place |= {"col": column, "field": "value", "expected": int(words.value[at]), "got": 0}
        what = f"die {place['die']}: the comparator of column {column} is stuck at {level}"
        return FaultyProgram(job.replace(stuck=(die, column, level)), "comparator", what, place)
    raise ValueError("comparator fault must have a cell in the first row that conducts, and none was found")
