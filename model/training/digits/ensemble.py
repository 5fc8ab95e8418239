# SPDX-License-Identifier: BSD-3-Clause
"""Many stuck devices: copies of layers averaged, training at that rate, mapping; a task of a sweep.

Devices are stuck in P or in AP, half of them each, and there are no other defects, no repair and no wires. Every method
has the same 32 kernels. An ensemble of layers needs several times the kernels of a network, so it has fewer inputs: the
10 x 10 pixels in the middle of the image, which hold 97 % of what is drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...chip import Chip
from ...data import Dataset
from ...dies import DefectStatistics, sample_population
from ...evaluation import compile_for, evaluate_on_dies
from ...network import Network, software_classes
from ...programming import self_test_reads
from ...remapping import remap
from ..fitting import train
from ..spec import LayerSpec, NetworkSpec
from .conditions import DIE_SEED, SPREAD
from .experiment import digits
from .recipes import HIDDEN

#: Side of the middle of the image that ensembles see.
MIDDLE = 10
_EPOCHS, _BATCH, _LEARNING_RATE, _DIES = 40, 500, 0.03, 4


@dataclass(frozen=True)
class EnsembleMethod:
    """A way to live with stuck devices.

    Parameters
    ----------
    words : str
        What it is.
    copies : tuple of int
        How often each of the two layers is placed; copies are averaged.
    aware : bool
        Whether training meets dies of that rate.
    remapped : bool
        Whether each die's mapping is chosen from what its self-test reads.
    """

    words: str
    copies: tuple[int, int] = (1, 1)
    aware: bool = False
    remapped: bool = False

    @property
    def middle(self) -> bool:
        """Whether it sees the middle of the image alone."""
        return self.copies[0] > 1


ENSEMBLE_METHODS = {
    "single": EnsembleMethod("one copy of each layer, trained in software"),
    "aware": EnsembleMethod("one copy of each layer, trained at that rate", aware=True),
    "ensemble": EnsembleMethod("hidden layer twice and output four times, averaged; trained in software", (2, 4)),
    "ensemble_aware": EnsembleMethod("the same, trained at that rate", (2, 4), aware=True),
    "remapped": EnsembleMethod("one copy, trained in software, mapped for each die", remapped=True),
}


def ensemble_task(
    method: str,
    seed: int,
    rate: float,
    data: str,
    dies: int | Sequence[int],
    images: int | None,
    epochs: int | None = None,
) -> dict[str, Any]:
    """Train one network, and ask it on dies of which so many devices are stuck.

    Parameters
    ----------
    method : str
        One of ``ENSEMBLE_METHODS``.
    seed : int
        Of training.
    rate : float
        Stuck devices [%].
    data : str
        As ``experiment.digits``.
    dies : int or sequence of int
        Number of dies, or their identifiers.
    images : int or None
        Only the first test images; None: all.
    epochs : int or None
        Passes over the training images; None: 40.

    Returns
    -------
    dict
        ``accuracies`` float64 array (dies,) [%]; ``software``, of the network of the same shape that was trained in
        software: what the method is held against [%]; ``own_software``, of the network itself; ``kernels`` used.

    Raises
    ------
    ValueError
        If there is no such method, or the rate is not from 0 to 100.
    """
    if method not in ENSEMBLE_METHODS:
        raise ValueError(f"method must be one of {', '.join(ENSEMBLE_METHODS)}, not {method!r}")
    if isinstance(rate, bool) or not 0 <= rate <= 100:
        raise ValueError(f"rate must be from 0 to 100 percent, not {rate!r}")
    chosen, chip = ENSEMBLE_METHODS[method], stuck_chip(rate)
    dataset = _pictures(data, chosen.middle)
    baseline = _software(seed, data, chosen.copies, epochs or _EPOCHS)
    network = _trained(seed, data, chosen, chip, epochs or _EPOCHS) if chosen.aware else baseline
    learned, asked = dataset.inputs(network.input_bits)
    inputs, labels = asked[:images], dataset.test_labels[:images]
    population = sample_population(chip.geometry, chip.cell, chip.statistics, dies, DIE_SEED)
    if chosen.remapped:
        found = []
        for position in range(population.dies):
            die = population.select([position])
            mapped = remap(network, chip, self_test_reads(die, chip), learned, seed=seed)
            answers = evaluate_on_dies(mapped.network, chip, die, inputs, labels, placement=mapped.placement)
            found.append(float(answers.accuracies[0]))
        accuracies = np.array(found, np.float64)
    else:
        accuracies = evaluate_on_dies(network, chip, population, inputs, labels).accuracies
    return {
        "accuracies": accuracies,
        "software": _accuracy(baseline, inputs, labels),
        "own_software": _accuracy(network, inputs, labels),
        "kernels": compile_for(network, chip).placement.kernels_used,
    }


def stuck_chip(rate: float) -> Chip:
    """The chip preset ``borders`` with stuck devices [%], half in each state, and the usual spread."""
    share = rate / 200
    statistics = DefectStatistics(spread=SPREAD, stuck_p=share, stuck_ap=share)
    return Chip.preset("borders").with_repair("none").replace(statistics=statistics)


def middle_of(dataset: Dataset, side: int = MIDDLE) -> Dataset:
    """The middle of every image.

    Raises
    ------
    ValueError
        If there are no images of at least that side.
    """
    if len(dataset.shape) != 2 or min(dataset.shape) < side:
        raise ValueError(f"{dataset.name}: images must be at least {side} x {side}, not {dataset.shape}")
    y, x = ((size - side) // 2 for size in dataset.shape)

    def cut(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(images[:, y : y + side, x : x + side])

    return dataclasses.replace(dataset, train_images=cut(dataset.train_images), test_images=cut(dataset.test_images))


@lru_cache(maxsize=2)
def _pictures(data: str, middle: bool) -> Dataset:
    return middle_of(digits(data)) if middle else digits(data)


@lru_cache(maxsize=4)
def _software(seed: int, data: str, copies: tuple[int, int], epochs: int) -> Network:
    """The network of that shape that knows no devices, kept from task to task."""
    return _trained(seed, data, EnsembleMethod("", copies), stuck_chip(0.0), epochs)


def _trained(seed: int, data: str, method: EnsembleMethod, chip: Chip, epochs: int) -> Network:
    hidden, output = method.copies
    return train(
        _pictures(data, method.middle),
        NetworkSpec((LayerSpec(HIDDEN, copies=hidden), LayerSpec(10, copies=output))),
        "statistics_aware" if method.aware else "software",
        chip,
        epochs=epochs,
        learning_rate=_LEARNING_RATE,
        batch=_BATCH,
        dies_per_batch=_DIES if method.aware else 1,
        seed=seed,
    )


def _accuracy(network: Network, inputs: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    return 100 * float(np.mean(software_classes(network, inputs) == labels))
