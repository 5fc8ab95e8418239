# SPDX-License-Identifier: BSD-3-Clause
"""What is programmed: dies, commands, disturbances; and the files that carry it into the simulator and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.dies import Population
from spintile.model.network import load_tensors, save_tensors
from spintile.model.programming import WriteCommand
from spintile.model.writing import Writing

from ..job import Disturbance
from .array import DEFAULT_ARRAY

__all__ = ["ProgramJob", "WritingBenchJob", "WritingOutcome"]

_FORMAT, _OUTCOME_FORMAT = "spintile-writing-job", "spintile-writing-outcome"
_VERSION = 1
_DEVICES = ("g_p", "g_ap", "defect", "die_ids")
_BREAKS = ("row_breaks", "col_breaks")


@dataclass(frozen=True, eq=False)
class ProgramJob:
    """Commands of the write controller for some dies, to be compared with the golden model.

    Parameters
    ----------
    chip : Chip
        The chip; ``chip.writing`` and ``chip.wires`` are how its cells are written.
    population : Population
        The dies.
    seed : int
        Of the initial states, the outcomes of pulses, the columns' errors and the read noise.
    commands : tuple of WriteCommand
        Given one after the other to every die, on the states that the one before left.
    adc_bits : int or None
        Bits of the reads; the chip's unless given.
    disturbance : Disturbance
        ``result_pause`` pauses the report stream, ``stall`` takes ``ready`` away; with ``reset_after``,
        ``soft_reset_after`` or ``abort_after`` a first attempt at the first command is dropped after that many cycles
        and the die put back.
    settle : int or None
        Cycles that a row is driven before a sample; the geometry's unless given.
    initial : bool array (dies, kernels, rows, cols) or None
        States before the first command; random unless given.
    array : str
        ``module:callable`` of what stands at the pins: called with a :class:`WriteArray` of one die and the chip.
    loaded_writing : Writing or None
        What is loaded into the registers, if not the chip's (deliberate faults).
    loaded_targets : tuple of (bool array or None) or None
        What is loaded into the target memory for each command, if not its targets (deliberate faults).
    stuck : (die, column, level) or None
        Position of a die one of whose comparators always gives that level (deliberate faults).

    Raises
    ------
    ValueError
        If there is no command, or something is out of range or of another shape.
    """

    chip: Chip
    population: Population
    seed: int
    commands: tuple[WriteCommand, ...]
    adc_bits: int | None = None
    disturbance: Disturbance = field(default_factory=Disturbance)
    settle: int | None = None
    initial: NDArray[np.bool_] | None = None
    array: str = DEFAULT_ARRAY
    loaded_writing: Writing | None = None
    loaded_targets: tuple[NDArray[np.bool_] | None, ...] | None = None
    stuck: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        geometry = self.chip.geometry
        shape = (geometry.kernels, geometry.rows, geometry.cols)
        if not self.commands:
            raise ValueError("job: commands must be at least 1, not 0")
        if not self.chip.writing.junction and any(command.op != "read" for command in self.commands):
            raise ValueError(
                f"job: the chip {geometry.name!r} must have devices that pulses write (writing.junction), and has not"
            )
        if self.population.shape[1:] != shape:
            raise ValueError(
                f"job: population must have (kernels, rows, cols) = {shape}, not {self.population.shape[1:]}"
            )
        if self.settle is not None and not 0 <= self.settle <= 255:
            raise ValueError(f"job: settle must be from 0 to 255, not {self.settle}")
        if self.initial is not None and self.initial.shape != self.population.shape:
            raise ValueError(f"job: initial must have shape {self.population.shape}, not {self.initial.shape}")
        if self.stuck is not None and not all(
            0 <= value < size for value, size in zip(self.stuck, (self.dies, geometry.cols, 2), strict=True)
        ):
            raise ValueError(f"job: stuck must be a die, a column and a level of this chip, not {self.stuck}")
        for number, command in enumerate(self.commands):
            command.region.of(geometry)
            if command.targets is not None and command.targets.shape not in (shape, self.population.shape):
                raise ValueError(
                    f"job: targets of command {number} must have shape {shape} or {self.population.shape}, not "
                    f"{command.targets.shape}"
                )
        if self.adc_bits is not None:
            # The chip as it is read says what is wrong with it.
            object.__setattr__(
                self, "chip", self.chip.replace(sensing=self.chip.sensing.replace(adc_bits=self.adc_bits))
            )
        self.chip.writing.windows(geometry, self.chip.cell, self.chip.sensing, self.chip.wires)

    @property
    def dies(self) -> int:
        return self.population.dies

    @property
    def first_number(self) -> int:
        """Number of the first command that counts: those that were dropped before it had numbers too, since reset."""
        return int(bool(self.disturbance.soft_reset_after)) + int(bool(self.disturbance.abort_after))

    def replace(self, **changes: Any) -> ProgramJob:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def bench_job(self, dies: Sequence[int]) -> WritingBenchJob:
        """The part of the job that one simulation runs: the dies at these positions."""
        index = list(dies)
        writing = self.chip.writing if self.loaded_writing is None else self.loaded_writing
        given = self.loaded_targets or tuple(command.targets for command in self.commands)
        targets = tuple(part[index] if part is not None and part.ndim == 4 else part for part in given)
        stuck = None
        if self.stuck is not None and self.stuck[0] in index:
            stuck = (index.index(self.stuck[0]), self.stuck[1], self.stuck[2])
        return WritingBenchJob(
            chip=self.chip,
            loaded=self.chip.replace(writing=writing),
            population=self.population.select(index),
            seed=self.seed,
            commands=tuple(
                dataclasses.replace(command, targets=part) for command, part in zip(self.commands, targets, strict=True)
            ),
            disturbance=self.disturbance,
            settle=self.chip.geometry.settle_cycles if self.settle is None else self.settle,
            initial=None if self.initial is None else self.initial[index],
            array=self.array,
            stuck=stuck,
        )


@dataclass(frozen=True, eq=False)
class WritingBenchJob:
    """Everything that the bench inside the simulator needs; fields as those of :class:`ProgramJob`.

    Parameters
    ----------
    chip, loaded : Chip
        What stands at the pins, and what the registers are loaded from.
    """

    chip: Chip
    loaded: Chip
    population: Population
    seed: int
    commands: tuple[WriteCommand, ...]
    disturbance: Disturbance
    settle: int
    initial: NDArray[np.bool_] | None
    array: str
    stuck: tuple[int, int, int] | None

    def save(self, folder: Path) -> None:
        """Write ``job.safetensors`` and the chips beside it."""
        self.chip.save(folder / "chip.toml")
        self.loaded.save(folder / "loaded.toml")
        tensors: dict[str, NDArray[Any]] = {f"devices.{name}": getattr(self.population, name) for name in _DEVICES}
        for name in _BREAKS:
            if getattr(self.population, name) is not None:
                tensors[f"devices.{name}"] = getattr(self.population, name)
        if self.initial is not None:
            tensors["initial"] = self.initial
        for number, command in enumerate(self.commands):
            if command.targets is not None:
                tensors[f"targets.{number}"] = command.targets
        header = {
            "format": _FORMAT,
            "version": _VERSION,
            "seed": self.seed,
            "commands": [
                {"op": command.op, "kernels": command.kernels, "rows": command.rows, "cols": command.cols}
                for command in self.commands
            ],
            "disturbance": dataclasses.asdict(self.disturbance),
            "settle": self.settle,
            "array": self.array,
            "stuck": self.stuck,
        }
        save_tensors(folder / "job.safetensors", tensors, header)

    @classmethod
    def load(cls, folder: Path) -> WritingBenchJob:
        """Read what ``save`` wrote; ValueError for a file that is missing, truncated or foreign."""
        tensors, header = load_tensors(folder / "job.safetensors", _FORMAT, _VERSION)
        devices: dict[str, Any] = {name: tensors.get(f"devices.{name}") for name in (*_DEVICES, *_BREAKS)}
        commands = []
        for number, entry in enumerate(header["commands"]):
            region = {name: tuple(entry[name]) if entry[name] else None for name in ("kernels", "rows", "cols")}
            commands.append(WriteCommand(entry["op"], tensors.get(f"targets.{number}"), **region))
        return cls(
            chip=Chip.load(folder / "chip.toml"),
            loaded=Chip.load(folder / "loaded.toml"),
            population=Population(**devices),
            seed=header["seed"],
            commands=tuple(commands),
            disturbance=Disturbance(**header["disturbance"]),
            settle=header["settle"],
            initial=tensors.get("initial"),
            array=header["array"],
            stuck=tuple(header["stuck"]) if header["stuck"] else None,
        )


@dataclass(frozen=True, eq=False)
class WritingOutcome:
    """What one simulation found on its dies.

    Parameters
    ----------
    words : list of list of uint64 array (words,)
        By die and command: what the report stream carried; commands that were not reached are missing.
    times : list of list of float array (words,)
        When each was taken [ns].
    counters : list of list of (int, int)
        WRITE_FAILED and WRITE_PULSES after each command.
    states, initial : bool array (dies reached, kernels, rows, cols)
        Left at the pins, and before.
    error : str
        What went wrong; empty if nothing.
    cycles, pulses, reads : int
        Clock cycles, pulses and samples at the pins.
    seconds : float
        Wall-clock time of the bench.
    """

    words: list[list[NDArray[np.uint64]]]
    times: list[list[NDArray[np.float64]]]
    counters: list[list[tuple[int, int]]]
    states: NDArray[np.bool_]
    initial: NDArray[np.bool_]
    error: str
    cycles: int
    pulses: int
    reads: int
    seconds: float

    def save(self, path: Path) -> None:
        """Write as safetensors with a JSON header."""
        tensors: dict[str, NDArray[Any]] = {"states": self.states, "initial": self.initial}
        for name in ("words", "times"):
            for die, commands in enumerate(getattr(self, name)):
                tensors |= {f"{name}.{die}.{command}": part for command, part in enumerate(commands)}
        header = {
            "format": _OUTCOME_FORMAT,
            "version": _VERSION,
            "commands": [len(commands) for commands in self.words],
            **{name: getattr(self, name) for name in ("counters", "error", "cycles", "pulses", "reads", "seconds")},
        }
        save_tensors(path, tensors, header)

    @classmethod
    def load(cls, path: Path) -> WritingOutcome:
        """Read what ``save`` wrote; ValueError for a file that is missing, truncated or foreign."""
        tensors, header = load_tensors(path, _OUTCOME_FORMAT, _VERSION)
        words, times = (
            [[tensors[f"{name}.{die}.{i}"] for i in range(count)] for die, count in enumerate(header["commands"])]
            for name in ("words", "times")
        )
        counters = [[(failed, pulses) for failed, pulses in commands] for commands in header["counters"]]
        rest = {name: header[name] for name in ("error", "cycles", "pulses", "reads", "seconds")}
        return cls(words, times, counters, tensors["states"], tensors["initial"], **rest)
