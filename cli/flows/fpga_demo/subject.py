# SPDX-License-Identifier: BSD-3-Clause
"""What a demonstration runs: a network and dies for a board, from files, or made at first use and kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...console import Progress
from ...errors import BadInput
from ..boards import Prepared, prepare
from ..data import load_data, side_of
from ..demo import steps as demo_steps
from ..dies import check_shape, choose_dies
from ..files import exclusive, source_digest
from ..steps import Step, run_steps

if TYPE_CHECKING:
    from spintile.fpga.boards import Board as BoardDescription
    from spintile.model.chip import Chip
    from spintile.model.data import Dataset
    from spintile.model.dies import Population
    from spintile.model.network import Network

__all__ = ["DIES", "Subject", "load_subject", "trained"]

#: Dies that are drawn where none are given.
DIES = 8
#: Passes over the training images: in software, and then through drawn dies. Enough for a demonstration.
_EPOCHS, _TUNING_EPOCHS = 20, 8
_STEPS = demo_steps.__name__
_START, _NETWORK = "software", "statistics-aware"


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, the dies that it may run on, and the digits that it knows.

    Parameters
    ----------
    network : Network
    population : Population
    dataset : Dataset
        Digits, of as many pixels as the network has inputs.
    chip : Chip
        What the dies are dies of.
    source : Path
        File of the population.
    seed : int
        Of the dies' column errors.
    """

    network: Network
    population: Population
    dataset: Dataset
    chip: Chip
    source: Path
    seed: int

    @property
    def shape(self) -> str:
        """Inputs and neurons, like 196-36-10."""
        layers = self.network.layers
        return "-".join(str(size) for size in (layers[0].inputs, *(layer.neurons for layer in layers)))

    @property
    def dies(self) -> list[int]:
        """Numbers of all dies."""
        return [int(die) for die in self.population.die_ids]

    def die(self, number: int) -> Population:
        """One of them; BadInput if there is none of that number."""
        return choose_dies(self.population, [number], self.source, "--die")

    def prepared(self, number: int) -> Prepared:
        """The network on one die, for the board and for the golden model alike."""
        return prepare(self.network, self.chip, self.die(number), self.seed)


def trained(board: BoardDescription, chip: Chip, folder: Path, *, seed: int, progress: Progress) -> tuple[Path, Path]:
    """Files of a network for a board's chip, trained on digits, and of some dies; made unless they are there already.

    Parameters
    ----------
    board : Board
        Its ``layers`` are the network's shape.
    chip : Chip
        What training knows of the devices, and what the dies are drawn from.
    folder : Path
        Where they are kept; it must exist.
    seed : int
        Of training and dies.
    progress : Progress

    Raises
    ------
    BadInput
        If no bundled digits have as many pixels as the board's network has inputs.
    """
    from spintile.model.data import digits_for

    inputs, *hidden, classes = board.layers
    data = digits_for(inputs)
    if data is None:
        raise BadInput(f"--network must be given for {board.name}: no bundled digits have {inputs} pixels")
    with exclusive(folder):
        chip.save(folder / demo_steps.CHIP)
        common = {
            "data": data,
            "hidden": hidden,
            "output_copies": _copies(hidden, classes, data, chip),
            "input_bits": 1,
            "train_images": 0,
            "seed": seed,
        }
        steps = [
            Step(
                "population",
                "draw the dies",
                f"{_STEPS}:draw_population",
                {"dies": DIES, "seed": seed},
                inputs=(demo_steps.CHIP,),
                outputs=(demo_steps.POPULATION,),
            ),
            Step(
                "train-software",
                "train in software",
                f"{_STEPS}:train_network",
                {**common, "name": _START, "regime": "software", "repair": "none", "epochs": _EPOCHS},
                inputs=(demo_steps.CHIP,),
                outputs=(demo_steps.network_file(_START),),
            ),
            Step(
                "train",
                "train for defective dies",
                f"{_STEPS}:train_network",
                {
                    **common,
                    "name": _NETWORK,
                    "regime": "statistics_aware",
                    "repair": chip.repair_mode,
                    "epochs": _TUNING_EPOCHS,
                    "start": _START,
                },
                after=("train-software",),
                inputs=(demo_steps.CHIP, demo_steps.network_file(_START)),
                outputs=(demo_steps.network_file(_NETWORK),),
            ),
        ]
        run_steps(steps, folder, jobs=1, progress=progress, source=source_digest("spintile.model"))
    return folder / demo_steps.network_file(_NETWORK), folder / demo_steps.POPULATION


def _copies(hidden: list[int], classes: int, data: str, chip: Chip) -> int:
    """How often the output is placed: thrice where there is room, since the worst dies are bad there."""
    from spintile.model.mapping import DoesNotFit

    from ..training import dense_spec

    try:
        dense_spec(hidden, classes, output_copies=3).placed(load_data(data).shape, chip.geometry)
    except DoesNotFit:
        return 1
    return 3


def load_subject(
    board: BoardDescription,
    chip: Chip,
    folder: Path,
    *,
    network: Path | None,
    population: Path | None,
    data: str | None,
    seed: int,
    progress: Progress,
) -> Subject:
    """A network and dies from files; what is not given is made, and kept in a folder.

    Raises
    ------
    ValueError, BadInput
        If a file cannot be used, or the network is not one for images of digits.
    """
    from spintile.model.data import digits_for
    from spintile.model.dies import load_population
    from spintile.model.network import load_network

    if network is None or population is None:
        own_network, own_population = trained(board, chip, folder, seed=seed, progress=progress)
        network, population = network or own_network, population or own_population
    net, dies = load_network(network), load_population(population)
    check_shape(dies, chip, population)
    inputs = math.prod(net.input_shape)
    name = data or digits_for(inputs) or net.metadata.get("dataset")
    if name is None:
        raise BadInput(f"--data must be given for {network}: no bundled digits have {inputs} pixels")
    dataset = load_data(name, side_of(net))
    if len(dataset.shape) != 2 or math.prod(dataset.shape) != inputs or dataset.classes > net.classes:
        raise BadInput(
            f"{network}: must be a network for images like those of {dataset.name}, {_size(dataset)}, not for "
            f"{inputs} inputs and {net.classes} classes"
        )
    return Subject(net, dies, dataset, chip, population, seed)


def _size(dataset: Dataset) -> str:
    return f"{' x '.join(str(size) for size in dataset.shape)} and {dataset.classes} classes"
