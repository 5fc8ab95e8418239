# SPDX-License-Identifier: BSD-3-Clause
"""Networks as plain values, and back."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from spintile.model.network import Layer, Network, software_scores
from spintile.model.remapping import INPUT_ORDER
from spintile.model.training.digits import pack_network, unpack_network
from spintile.model.training.spec import LayerSpec, NetworkSpec


def random_network(seed: int = 0) -> Network:
    """A convolution of 2-bit values and a dense output, with random weights and thresholds."""
    generator = np.random.default_rng(seed)
    spec = NetworkSpec((LayerSpec(3, 3, 2, activation_bits=2), LayerSpec(4, copies=3, combine="median")), input_bits=2)

    def filled(layer: Layer) -> Layer:
        weights = generator.choice(np.array([-1, 1], np.int8), layer.weights.shape)
        if layer.is_output:
            return dataclasses.replace(layer, weights=weights, bias=generator.integers(-9, 9, layer.neurons), unit=1.5)
        thresholds = np.sort(generator.integers(-5, 5, (layer.neurons, 3)), axis=1)
        return dataclasses.replace(
            layer, weights=weights, thresholds=thresholds, invert=generator.random(layer.neurons) < 0.5
        )

    return Network(tuple(filled(layer) for layer in spec.template((8, 8)).layers))


def test_a_network_comes_back_as_it_was_through_json() -> None:
    network = random_network()
    again = unpack_network(json.loads(json.dumps(pack_network(network))))
    for layer, found in zip(network.layers, again.layers, strict=True):
        for field in dataclasses.fields(Layer):
            np.testing.assert_array_equal(getattr(found, field.name), getattr(layer, field.name), err_msg=field.name)
    inputs = np.random.default_rng(1).integers(0, 4, (20, 64), np.uint8)
    np.testing.assert_array_equal(software_scores(again, inputs), software_scores(network, inputs))


def test_one_other_weight_shows() -> None:
    network = random_network()
    packed = pack_network(network)
    text = packed["layers"][0]["weights"]
    packed["layers"][0]["weights"] = f"{int(text[0], 16) ^ 8:x}{text[1:]}"
    again = unpack_network(packed)
    assert np.count_nonzero(again.layers[0].weights != network.layers[0].weights) == 1


def test_the_order_of_inputs_stays_and_other_metadata_goes() -> None:
    network = dataclasses.replace(random_network(), metadata={INPUT_ORDER: "[1, 0]", "seed": "3"})
    assert unpack_network(pack_network(network)).metadata == {INPUT_ORDER: "[1, 0]"}
    assert unpack_network(pack_network(random_network())).metadata == {}


def test_ternary_weights_are_refused() -> None:
    network = random_network()
    first = network.layers[0]
    weights = first.weights.copy()
    weights[0, 0, 0, 0] = 0
    broken = Network((dataclasses.replace(first, weights=weights), *network.layers[1:]))
    with pytest.raises(ValueError, match=r"layer 0: weights must be -1 or \+1, not 0"):
        pack_network(broken)
