# SPDX-License-Identifier: BSD-3-Clause
"""From the options of ``spintile verify`` to stages and subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ...console import Progress
from ...errors import BadInput
from ..dies import choose_dies, warn_of_other_dies
from .cases import CASES
from .presets import PRESETS, chosen_images, network_subject, train_preset
from .stages import STAGES, Stage, StageName
from .subjects import Subject, case_subject

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population

    from ...options import FlagsName

__all__ = ["Selection", "stages_of", "subjects_of"]

#: Dies and images of a random case, and dies of a network, unless told.
_CASE_DIES, _CASE_IMAGES, _DIES = 2, 10, 36


@dataclass(frozen=True)
class Selection:
    """What is to be verified.

    Parameters
    ----------
    cases, presets : tuple of str
        Random cases and networks of the project, by name.
    network, data, population
        A network of the user, its data set, and dies from a file.
    dies : tuple of int or None
        Their numbers; None: the usual ones.
    first : int
        The first image.
    images : int or None
        How many; None: as many as usual.
    flags : {"none", "self-test", "chosen"}
        How the columns of preset's and network's dies are flagged.
    """

    cases: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    network: Path | None = None
    data: str = "mnist"
    population: Path | None = None
    dies: tuple[int, ...] | None = None
    first: int = 0
    images: int | None = None
    flags: FlagsName = "none"

    @property
    def random_cases(self) -> tuple[str, ...]:
        """Names of the random cases: all of them, if nothing was chosen."""
        if self.cases or self.presets or self.network is not None:
            return self.cases
        return tuple(case.name for case in CASES)

    def check(self) -> None:
        """BadInput if options contradict each other."""
        _check_names("--case", self.cases, [case.name for case in CASES])
        _check_names("--preset", self.presets, list(PRESETS))
        if not self.presets and self.network is None:
            for option, given in (("--population", self.population), (f"--flags {self.flags}", self.flags != "none")):
                if given:
                    raise BadInput(f"{option} must go with --preset or --network: random cases have their own")
        if self.network is None and self.data != "mnist":
            raise BadInput(f"--data must go with --network, not {self.data!r} without one")
        if self.dies is not None and len(set(self.dies)) != len(self.dies):
            twice_die = next(number for number in self.dies if self.dies.count(number) > 1)
            raise BadInput(f"--dies must name every die once, not die {twice_die} twice")


def _check_names(option: str, given: Sequence[str], known: Sequence[str]) -> None:
    """BadInput if an option that may be given again has an unknown value, or one twice."""
    for name in given:
        if name not in known:
            raise BadInput(f"{option} must be one of {', '.join(known)}, not {name!r}")
        if given.count(name) > 1:
            raise BadInput(f"{option} must name each once, not {name!r} twice")


def stages_of(names: Sequence[str], engines: Sequence[str], targets: Sequence[str]) -> list[Stage]:
    """The stages of the options ``--stage``, ``--engine`` and ``--target``.

    Raises
    ------
    BadInput
        If a value is unknown or given twice, or an option is given whose stage is not.
    """
    _check_names("--stage", names, STAGES)
    _check_names("--engine", engines, ("verilator", "icarus"))
    _check_names("--target", targets, ("generic", "ice40", "ecp5"))
    for option, given, name in (("--engine", engines, "cocotb"), ("--target", targets, "netlist")):
        if given and name not in names:
            raise BadInput(f"{option} must go with --stage {name}, which is not among {', '.join(names)}")
    variants = {"cocotb": engines or ["verilator"], "netlist": targets or ["generic"]}
    return [Stage(cast("StageName", name), variant) for name in names for variant in variants.get(name, [""])]


def subjects_of(selection: Selection, chip: Chip, folder: Path, *, seed: int, progress: Progress) -> list[Subject]:
    """Everything that was chosen, ready for every stage.

    Parameters
    ----------
    selection : Selection
    chip : Chip
        Its cells, statistics and converters; random cases have converters and repairs of their own.
    folder : Path
        The run folder.
    seed : int
        Of networks, dies and noise.
    progress : Progress
    """
    numbers = selection.dies or tuple(range(_CASE_DIES))
    count = selection.images or _CASE_IMAGES
    subjects = [
        case_subject(case, chip, numbers, selection.first, count, seed)
        for case in CASES
        if case.name in selection.random_cases
    ]
    where = () if selection.population is None else ("--population", str(selection.population))
    for name in selection.presets:
        preset = PRESETS[name]
        network = train_preset(preset, folder, seed=seed, progress=progress)
        subjects.append(
            network_subject(
                preset.name,
                network,
                chip,
                _dies(selection, chip, seed),
                chosen_images("mnist", network, selection.first, selection.images, preset.images),
                seed=seed,
                options=("--preset", name, *where),
                reaches=preset.reaches,
                flags=selection.flags,
            )
        )
    if selection.network is not None:
        subjects.append(_user_network(selection, selection.network, chip, seed, where))
    return subjects


def _user_network(selection: Selection, path: Path, chip: Chip, seed: int, where: tuple[str, ...]) -> Subject:
    from spintile.model.network import load_network

    network = load_network(path)
    data = () if selection.data == "mnist" else ("--data", selection.data)
    layers = "-".join(str(layer.neurons) for layer in network.layers)
    return network_subject(
        path.stem,
        network,
        chip,
        _dies(selection, chip, seed),
        chosen_images(selection.data, network, selection.first, selection.images),
        seed=seed,
        options=("--network", str(path), *data, *where),
        reaches=f"{len(network.layers)} layers of {layers} neurons",
        flags=selection.flags,
        data=selection.data,
    )


def _dies(selection: Selection, chip: Chip, seed: int) -> Population:
    """Dies of the file, or drawn from the chip's statistics."""
    from spintile.model.dies import load_population, sample_population

    if selection.population is None:
        numbers = selection.dies or tuple(range(_DIES))
        return sample_population(chip.geometry, chip.cell, chip.statistics, numbers, seed)
    loaded = load_population(selection.population)
    numbers = selection.dies or tuple(loaded.die_ids.tolist())
    chosen = choose_dies(loaded, numbers, selection.population)
    warn_of_other_dies(chosen, chip, selection.population)
    return chosen
