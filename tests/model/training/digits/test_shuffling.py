# SPDX-License-Identifier: BSD-3-Clause
"""Shuffled inputs: the same function, other rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.network import Network, software_scores
from spintile.model.remapping import INPUT_ORDER, ordered_inputs
from spintile.model.training.digits.experiment import digits
from spintile.model.training.digits.recipes import dense_spec
from spintile.model.training.digits.shuffling import marked_shuffled, shuffled_images, shuffled_network, shuffled_order
from spintile.model.training.spec import LayerSpec, NetworkSpec


def random_dense(seed: int = 0) -> Network:
    """The dense network with random weights."""
    generator = np.random.default_rng(seed)
    layers = tuple(
        dataclasses.replace(layer, weights=generator.choice(np.array([-1, 1], np.int8), layer.weights.shape))
        for layer in dense_spec(False).template((196,)).layers
    )
    return Network(layers)


def test_a_shuffled_network_answers_as_before_where_the_host_orders_the_images() -> None:
    network = random_dense()
    shuffled = shuffled_network(network)
    inputs = np.random.default_rng(1).integers(0, 2, (50, 196), np.uint8)
    scores = software_scores(network, inputs)
    np.testing.assert_array_equal(software_scores(shuffled, ordered_inputs(shuffled, inputs)), scores)
    assert not np.array_equal(software_scores(shuffled, inputs), scores)


def test_it_is_shuffled_only_once() -> None:
    once = shuffled_network(random_dense())
    assert shuffled_network(once) is once


def test_a_network_trained_on_shuffled_images_is_told_the_same_order() -> None:
    dataset = digits("mnist").take(train=5, test=7)
    network = marked_shuffled(random_dense())
    assert INPUT_ORDER in network.metadata
    shown = shuffled_images(dataset)
    assert shown.shape == dataset.shape
    np.testing.assert_array_equal(ordered_inputs(network, dataset.inputs(1)[1]), shown.inputs(1)[1].reshape(7, -1))
    assert not np.array_equal(shown.test_images, dataset.test_images)


def test_the_order_holds_every_input_once_and_parts_neighbours() -> None:
    order = shuffled_order(196)
    assert sorted(order.tolist()) == list(range(196))
    assert np.count_nonzero(np.abs(np.diff(order)) == 1) < 10


def test_a_convolution_is_refused() -> None:
    network = NetworkSpec((LayerSpec(2, 3), LayerSpec(3))).template((6, 6))
    with pytest.raises(ValueError, match="the first layer must be dense"):
        shuffled_network(network)
