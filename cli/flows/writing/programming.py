# SPDX-License-Identifier: BSD-3-Clause
"""Commands of the write controller on dies: by the golden model, or by the RTL held against it word for word."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...console import Progress
from ...errors import BadInput
from ...options import ChosenEngineName, WriteEngineName, WriteFaultName

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.programming import Report, WriteCommand

#: Who runs the commands: the golden model alone, or a simulator with the RTL; "auto" takes the one there is.

PATTERNS = ("checkerboard", "all-p", "all-ap", "random")
STATES_FORMAT = "spintile states"
_STATES_VERSION = 1


@dataclass(frozen=True, eq=False)
class Programmed:
    """What some commands did to some dies.

    Parameters
    ----------
    reports : sequence of Report
        One per command: from the words that the RTL streamed, where it ran.
    initial, states : bool arrays (dies, kernels, rows, cols)
        Before the first command, and after the last.
    engine : str
        "model", or the simulator.
    compared : int
        Report words and states held against the golden model; 0 without the RTL.
    difference : str or None
        The first difference, named.
    cycles : int
        Clock cycles simulated, all dies.
    seconds : float
        Wall-clock time.
    """

    reports: Sequence[Report]
    initial: NDArray[np.bool_]
    states: NDArray[np.bool_]
    engine: str
    compared: int
    difference: str | None
    cycles: int
    seconds: float

    def comparison(self) -> dict[str, Any]:
        """For reports: what was compared with what result."""
        return {
            "engine": self.engine,
            "compared": self.compared,
            "mismatches": int(self.difference is not None),
            "first_difference": self.difference,
            "cycles": self.cycles,
            "seconds": self.seconds,
        }


def resolve_engine(engine: WriteEngineName) -> ChosenEngineName:
    """ "auto" as Verilator, else Icarus, if the machine has what they need; BadInput if it has neither."""
    if engine != "auto":
        return engine
    from spintile.cosim.tools import find_compiler, find_icarus, find_make, find_verilator

    if all(find().usable for find in (find_verilator, find_compiler, find_make)):
        return "verilator"
    if find_icarus().usable:
        return "icarus"
    raise BadInput("--engine auto must find a simulator and found none: see spintile doctor, or give --engine model")


def run_commands(
    chip: Chip,
    population: Population,
    commands: Sequence[WriteCommand],
    *,
    seed: int,
    engine: ChosenEngineName,
    jobs: int = 1,
    folder: Path | None = None,
    initial: NDArray[np.bool_] | None = None,
    waves: bool = False,
    fault: WriteFaultName | None = None,
    progress: Progress,
) -> Programmed:
    """Run commands one after the other on every die.

    Parameters
    ----------
    chip : Chip
        Read with as many bits as its sensing says.
    population : Population
        The dies.
    commands : sequence of WriteCommand
        In order, each on the states that the one before left.
    seed : int
        Of initial states, pulses, column errors and noise.
    engine : {"model", "verilator", "icarus"}
        Who runs them.
    jobs : int
        Simulations at once.
    folder : Path or None
        For logs and waveforms of the simulation.
    initial : bool array (dies, kernels, rows, cols) or None
        States before; random unless given.
    waves : bool
        Write waveforms.
    fault : {"step", "target", "gate", "comparator"} or None
        One thing to break in what the simulator runs: the comparison must then end red.
    progress : Progress
        Told of the steps.
    """
    began = time.monotonic()
    if engine == "model":
        return _by_model(chip, population, commands, seed, initial, began, progress)
    from spintile.cosim.writing import ProgramJob, run_program

    name = f"program and read on {engine}"
    progress(name, 0.0, f"{population.dies} dies")
    job = ProgramJob(chip=chip, population=population, seed=seed, commands=tuple(commands), initial=initial)
    verilog = None
    if fault is not None:
        from spintile.cosim.writing.faults import inject

        faulty = inject(job, fault, seed)
        job, verilog = faulty.job, faulty.verilog
        progress("deliberate fault", 1.0, faulty.description)
    outcome = run_program(
        job,
        engine,
        jobs=min(jobs, population.dies),
        folder=folder,
        waves=waves,
        verilog=verilog,
        progress=lambda done, total: progress(name, min(done / total, 0.999), f"{done} of {total} commands"),
    )
    progress(name, 1.0, f"{population.dies} dies")
    # A run that hung or broke the protocol has not shown equality, even where no word differs.
    difference = None if outcome.passed else outcome.message
    return Programmed(
        # Words that are not the golden model's may make no sense.
        reports=outcome.reports if outcome.passed else (),
        initial=outcome.initial_states,
        states=outcome.states,
        engine=engine,
        compared=int(outcome.compared["total"]),
        difference=difference,
        cycles=int(outcome.cycles),
        seconds=time.monotonic() - began,
    )


def _by_model(
    chip: Chip,
    population: Population,
    commands: Sequence[WriteCommand],
    seed: int,
    initial: NDArray[np.bool_] | None,
    began: float,
    progress: Progress,
) -> Programmed:
    from spintile.model.programming import make_array, program

    array = make_array(chip, population, seed, initial)
    reports = []
    for number, command in enumerate(commands):
        name = f"{command.op.replace('_', ' ')}, golden model"
        progress(name, 0.0, f"{population.dies} dies")

        def tell(done: int, total: int, name: str = name) -> None:
            progress(name, min(done / max(total, 1), 0.999), f"{done} of {total} kernels")

        reports.append(program(array, chip, command.op, command.targets, command.region, number, progress=tell))
        progress(name, 1.0, f"{population.dies} dies")
    return Programmed(
        reports=reports,
        initial=array.initial,
        states=array.state,
        engine="model",
        compared=0,
        difference=None,
        cycles=0,
        seconds=time.monotonic() - began,
    )


def prepare_writing_simulator(chip: Chip, engine: ChosenEngineName) -> None:
    """Export the RTL and build its simulator now, so that later runs find them in the cache."""
    if engine != "model":
        from ..cosimulation import prepare_simulator

        prepare_simulator(chip.geometry, engine)


def make_targets(what: str, chip: Chip, dies: int, seed: int) -> tuple[NDArray[np.bool_], str]:
    """Target states (kernels, rows, cols), or (dies, kernels, rows, cols), and what they are in words.

    Parameters
    ----------
    what : str
        A pattern of ``PATTERNS``; a network file (.safetensors), placed on the chip; or .npy with 0 and 1.
    chip : Chip
        Gives the shape.
    dies : int
        How many dies a file of targets of its own for every die must have.
    seed : int
        Of the random pattern.
    """
    shape = (chip.geometry.kernels, chip.geometry.rows, chip.geometry.cols)
    if what in PATTERNS:
        return _pattern(what, shape, seed), what
    path = Path(what)
    if path.suffix == ".safetensors":
        from spintile.model.evaluation import compile_for
        from spintile.model.network import load_network

        return np.asarray(compile_for(load_network(path), chip).states, np.bool_), f"network {path.name}"
    if path.suffix == ".npy":
        return _targets_of_file(path, shape, dies), f"targets of {path.name}"
    raise BadInput(f"targets must be {', '.join(PATTERNS)}, a network (.safetensors) or an array (.npy), not {what!r}")


def _pattern(name: str, shape: tuple[int, int, int], seed: int) -> NDArray[np.bool_]:
    if name == "random":
        return np.random.default_rng([seed, 0x7A67]).random(shape) < 0.5
    if name == "checkerboard":
        kernel, row, col = np.indices(shape)
        return np.asarray((kernel + row + col) % 2 == 0)
    return np.full(shape, name == "all-p")


def _targets_of_file(path: Path, shape: tuple[int, int, int], dies: int) -> NDArray[np.bool_]:
    from spintile.model.npy_file import read_npy

    try:
        given = read_npy(path)
    except ValueError as error:
        raise BadInput(str(error)) from None
    if given.shape not in (shape, (dies, *shape)):
        wanted = f"{shape} or (dies, ...) = {(dies, *shape)}"
        raise BadInput(f"{path}: targets must have (kernels, rows, cols) = {wanted}, not {given.shape}")
    if given.dtype.kind not in "buif" or not np.isin(given, (0, 1)).all():
        raise BadInput(f"{path}: targets must be 0 (AP) or 1 (P) everywhere, and some are not")
    return given.astype(np.bool_)


def save_states(path: Path, population: Population, states: NDArray[np.bool_], about: dict[str, Any]) -> None:
    """Write the states that dies were left in: safetensors, with the hash of every die's devices."""
    from spintile.model.network import save_tensors

    header = {"format": STATES_FORMAT, "version": _STATES_VERSION, "dies": list(_digests(population).items()), **about}
    save_tensors(path, {"states": states.astype(np.uint8)}, header)


def load_states(path: Path, population: Population) -> NDArray[np.bool_]:
    """States (dies, kernels, rows, cols) of exactly these dies.

    Raises
    ------
    BadInput, ValueError
        If the file is no such file, or its dies are others.
    """
    from spintile.model.network import load_tensors

    tensors, header = load_tensors(path, STATES_FORMAT, _STATES_VERSION)
    states = tensors.get("states")
    try:
        dies = {str(int(die)): str(digest) for die, digest in header["dies"]}
        if len(dies) != len(header["dies"]):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise BadInput(f"{path}: dies must be pairs of a number and a hash, each die once, and are not") from None
    if states is None or states.shape != (len(dies), *population.shape[1:]):
        raise BadInput(f"{path}: states must be of kernels, rows and columns {population.shape[1:]}, and are not")
    if states.dtype != np.uint8 or states.max(initial=0) > 1:
        raise BadInput(f"{path}: states must be 0 (AP) or 1 (P) everywhere, and some are not")
    places = {int(die): place for place, die in enumerate(dies)}
    for die, digest in _digests(population).items():
        if die not in dies:
            raise BadInput(f"{path}: states must be of every die that is asked for, and die {die} was not written")
        if dies[die] != digest:
            raise BadInput(f"{path}: states must be of these dies; the devices of die {die} are others")
    return np.asarray(states[[places[int(die)] for die in population.die_ids]], np.bool_)


def _digests(population: Population) -> dict[str, str]:
    """SHA-256 of the devices of each die, by its number."""
    from spintile.model.dies.fitting import population_digest

    return {
        str(int(die)): population_digest(population.select([place])) for place, die in enumerate(population.die_ids)
    }
