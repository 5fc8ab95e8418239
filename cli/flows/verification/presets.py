# SPDX-License-Identifier: BSD-3-Clause
"""Subjects for whole data sets: networks of the project trained here in seconds, or one of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...console import Progress
from ...errors import BadInput
from ..data import flag_examples, network_images
from ..files import source_digest
from ..steps import Step, StepProgress, run_steps
from .subjects import Images, Subject

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.network import Network

    from ...options import FlagsName

__all__ = ["PRESETS", "Preset", "chosen_images", "network_subject", "train_preset"]

_SOURCES = ("spintile.model.training", "spintile.model.network", "spintile.model.data")


@dataclass(frozen=True)
class Preset:
    """A network of the project and what it is verified on.

    Parameters
    ----------
    name, reaches : str
        Short name, and what of the RTL it reaches.
    hidden, filters : tuple of int
        Neurons of dense layers; filters of convolutions of 5x5 with pooling of 2x2.
    output_copies : int
        How often the output layer is placed.
    epochs : int
        Of training in software: a few, since the answers must be equal, not right.
    train_images : int
        Only the first; 0: all.
    images : int
        Test images on each die, unless told.
    dies : int
        Dies, unless told.
    """

    name: str
    reaches: str
    hidden: tuple[int, ...] = ()
    filters: tuple[int, ...] = ()
    output_copies: int = 1
    epochs: int = 3
    train_images: int = 0
    images: int = 10_000
    dies: int = 36


PRESETS = {
    "dense": Preset(
        "dense-mnist", "196-36-10 on handwritten digits, output placed three times", (36,), output_copies=3
    ),
    "conv": Preset(
        "conv-mnist", "24 filters of 5x5, pooling, 600-10 on handwritten digits", filters=(24,), epochs=1, images=1000
    ),
}


def train_preset(preset: Preset, folder: Path, *, seed: int, progress: Progress) -> Network:
    """The network of a preset, from the run folder or trained now in a process of its own.

    Parameters
    ----------
    preset : Preset
    folder : Path
        The run folder; the network is kept there.
    seed : int
        Of training.
    progress : Progress
    """
    from spintile.model.network import load_network

    name = f"network-{preset.name}.safetensors"
    arguments = {
        "name": name,
        "hidden": list(preset.hidden),
        "filters": list(preset.filters),
        "output_copies": preset.output_copies,
        "epochs": preset.epochs,
        "train_images": preset.train_images,
        "seed": seed,
    }
    step = Step(f"train-{preset.name}", f"train {preset.name}", f"{__name__}:train_network", arguments, outputs=(name,))
    run_steps([step], folder, jobs=1, progress=progress, source=source_digest(*_SOURCES))
    return load_network(folder / name)


def train_network(
    folder: Path,
    progress: StepProgress,
    *,
    name: str,
    hidden: list[int],
    filters: list[int],
    output_copies: int,
    epochs: int,
    train_images: int,
    seed: int,
) -> dict[str, Any]:
    """Step: train a network on MNIST in software and write it."""
    from spintile.model.chip import Chip
    from spintile.model.network import save_network
    from spintile.model.training import LayerSpec, NetworkSpec

    from ..training import train_on

    layers = [LayerSpec(count, 5, 2) for count in filters] + [LayerSpec(count) for count in hidden]
    network = train_on(
        data="mnist",
        spec=NetworkSpec((*layers, LayerSpec(10, copies=output_copies))),
        chip=Chip.preset("borders"),
        regime="software",
        epochs=epochs,
        train_images=train_images,
        seed=seed,
        progress=progress,
    )
    save_network(network, folder / name)
    return dict(network.metadata)


def network_subject(
    name: str,
    network: Network,
    chip: Chip,
    population: Population,
    images: Images,
    *,
    seed: int,
    options: Sequence[str],
    reaches: str,
    flags: FlagsName = "none",
    data: str = "mnist",
) -> Subject:
    """A trained network on dies as a subject; parameters as of :class:`Subject`, ``data`` as of ``load_data``."""
    examples = flag_examples(flags, data, network)
    return Subject(name, reaches, tuple(options), chip, network, population, images, seed, flags != "none", examples)


def chosen_images(data: str, network: Network, first: int, count: int | None, usual: int = 0) -> Images:
    """Test images of a data set, with labels.

    Parameters
    ----------
    data : str
        Data set by name or folder.
    network : Network
        Says what inputs there must be.
    first : int
        The first one.
    count : int or None
        How many; None: the usual number, or as many as there are.
    usual : int
        0: all of them.

    Raises
    ------
    BadInput
        If there are fewer, or they do not fit the network.
    """
    values, labels, name = network_images(data, network)
    if count is None:
        count = min(usual or len(values), len(values) - first)
    if first + count > len(values) or count < 1:
        raise BadInput(f"--first plus --images must be at most {len(values)} for {name}, not {first + count}")
    part = slice(first, first + count)
    return Images(values[part], first, labels[part])
