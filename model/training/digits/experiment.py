# SPDX-License-Identifier: BSD-3-Clause
"""The experiment as functions of plain settings, which a sweep calls: train a network, ask it on dies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...data import Dataset, load
from ...evaluation import evaluate_on_dies
from ...network import Network, software_classes
from ...programming.chosen_flags import PATTERNS
from ...remapping import ordered_inputs
from .conditions import Conditions
from .dense import train_dense
from .packing import pack_network, unpack_network
from .shuffling import marked_shuffled, shuffled_images, shuffled_network

#: What training knows: nothing of devices; the statistics of all dies; one die.
Knowledge = Literal["software", "statistics_aware", "die_aware"]


@lru_cache(maxsize=2)
def digits(source: str, side: int = 14) -> Dataset:
    """The data set, kept from task to task.

    Parameters
    ----------
    source : str
        "mnist": the bundled one of 14 x 14 pixels; else a folder of IDX files.
    side : int
        Height and width that a folder's images are averaged to.
    """
    return load(source, None if source == "mnist" else side)


def train_network(
    seed: int,
    regime: Knowledge,
    conditions: Mapping[str, Any],
    data: str,
    *,
    epochs: int | None = None,
    images: int | None = None,
    asked: int | None = None,
    start: dict[str, Any] | None = None,
    die: int | None = None,
    fitted: int | None = None,
) -> dict[str, Any]:
    """Train one network; where reads are repaired, for inputs in a shuffled order.

    Parameters
    ----------
    seed : int
        Of training.
    regime : {"software", "statistics_aware", "die_aware"}
    conditions : mapping
        Fields of the ``Conditions`` that are trained for.
    data : str
        As ``digits``.
    epochs : int or None
        Passes over the training images; None: as long as pays.
    images : int or None
        Only the first training images; None: all.
    asked : int or None
        Only the first test images give the accuracy; None: all.
    start : packed network or None
        Where training starts; None: at random.
    die : int or None
        Identifier of the die that die-aware training knows.
    fitted : int or None
        Statistics are those fitted to so many dies after self-test; None: the true ones.

    Returns
    -------
    dict
        ``network``, packed; ``software``, its accuracy without an array [%], and ``learned``, that on the training
        images.
    """
    given, dataset = Conditions(**conditions), digits(data).take(train=images, test=asked)
    first = None if start is None else unpack_network(start)
    shuffled = given.repair != "none"
    if shuffled:
        dataset = shuffled_images(dataset)
        first = None if first is None else shuffled_network(first)
    network = train_dense(
        seed,
        regime,
        given.chip() if fitted is None else given.fitted_chip(fitted),
        data=dataset,
        flags=given.flags,
        population=None if die is None else given.dies([die]),
        start=first,
        epochs=epochs,
    )
    if shuffled:
        network = marked_shuffled(network)
    learned, fresh = dataset.inputs(network.input_bits)
    return {
        "network": pack_network(network),
        "software": _share(network, fresh, dataset.test_labels),
        "learned": _share(network, learned, dataset.train_labels),
    }


def ask_on_dies(
    network: dict[str, Any],
    conditions: Mapping[str, Any],
    dies: int | Sequence[int],
    data: str,
    images: int | None,
    *,
    software: bool = False,
) -> dict[str, Any]:
    """Ask the test images on dies, by the golden model.

    Parameters
    ----------
    network : packed network
    conditions : mapping
        Fields of the ``Conditions`` of the dies.
    dies : int or sequence of int
        Number of dies, or their identifiers.
    data : str
        As ``digits``.
    images : int or None
        Only the first test images; None: all.
    software : bool
        Whether the same images are also asked without an array.

    Returns
    -------
    dict
        ``accuracies`` float64 array (dies,) [%]; ``software`` [%], if asked.
    """
    asked, unpacked = Conditions(**conditions), unpack_network(network)
    inputs, labels = fresh_images(unpacked, data, images)
    found = evaluate_on_dies(
        unpacked,
        asked.chip(),
        asked.dies(dies),
        inputs,
        labels,
        flags=asked.flags,
        examples=example_images(unpacked, data) if asked.flags else None,
    )
    result: dict[str, Any] = {"accuracies": found.accuracies}
    if software:
        result["software"] = _share(unpacked, inputs, labels)
    return result


def fresh_images(network: Network, data: str, images: int | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Test images with a network's input bits and side, in the order that it asks for, and their labels."""
    chosen = digits(data, _side(network)).take(test=images)
    return ordered_inputs(network, chosen.inputs(network.input_bits)[1]), chosen.test_labels


def example_images(network: Network, data: str) -> NDArray[np.uint8]:
    """The first training images, as ``fresh_images``: what flags of self-test are chosen by."""
    chosen = digits(data, _side(network)).take(train=PATTERNS)
    return ordered_inputs(network, chosen.inputs(network.input_bits)[0])


def _side(network: Network) -> int:
    return max(1, round(float(np.prod(network.input_shape)) ** 0.5))


def _share(network: Network, inputs: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    return 100 * float(np.mean(software_classes(network, inputs) == labels))
