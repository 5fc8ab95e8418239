# SPDX-License-Identifier: BSD-3-Clause
"""Inputs on rows in a shuffled order, the same for all dies, brought so by the host.

In their own order neighbouring pixels share a slice and are driven together, so that two faults of a pair of columns
meet in one read, where no check can tell them apart; shuffled, they seldom do. Nothing on the chip changes.
"""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from numpy.typing import NDArray

from ...data import Dataset
from ...network import Network
from ...remapping import INPUT_ORDER

_SEED = 1


def shuffled_order(inputs: int) -> NDArray[np.int64]:
    """The input that stands at each place (inputs,)."""
    return np.random.default_rng(_SEED).permutation(inputs)


def shuffled_network(network: Network) -> Network:
    """A network of the same function that takes its inputs shuffled; as it is, if it already asks for an order.

    Raises
    ------
    ValueError
        If the first layer is a convolution, whose inputs are a map.
    """
    if INPUT_ORDER in network.metadata:
        return network
    first = network.layers[0]
    if first.kind != "dense":
        raise ValueError("the first layer must be dense for its inputs to be shuffled, not a convolution")
    order = shuffled_order(first.inputs)
    weights = np.ascontiguousarray(first.weights[:, order])
    return marked_shuffled(
        dataclasses.replace(network, layers=(dataclasses.replace(first, weights=weights), *network.layers[1:]))
    )


def marked_shuffled(network: Network) -> Network:
    """A network that was trained on shuffled images, with what tells the host so."""
    order = shuffled_order(network.layers[0].inputs)
    return dataclasses.replace(network, metadata={**network.metadata, INPUT_ORDER: json.dumps(order.tolist())})


def shuffled_images(dataset: Dataset) -> Dataset:
    """The data set with the pixels of every image shuffled."""
    order = shuffled_order(int(np.prod(dataset.shape)))
    train, test = (
        np.ascontiguousarray(images.reshape(len(images), -1)[:, order]).reshape(images.shape)
        for images in (dataset.train_images, dataset.test_images)
    )
    return dataclasses.replace(dataset, train_images=train, test_images=test)
