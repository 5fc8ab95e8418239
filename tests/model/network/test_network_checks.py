# SPDX-License-Identifier: BSD-3-Clause
"""What is not a network is refused with the layer and the field named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.network import Layer, Network, check_network

RNG = np.random.default_rng(1)


def sign(*shape: int) -> np.ndarray:
    return RNG.choice(np.array([-1, 1], np.int8), shape)


CONV = Layer("conv", sign(3, 2, 2, 1), (5, 6, 1), thresholds=np.zeros((3, 3), np.int64), activation_bits=2, pool=2)
HIDDEN = Layer(
    "dense", sign(4, 12), (12,), input_bits=2, thresholds=np.zeros((4, 1), np.int64), invert=np.zeros(4, bool)
)
OUTPUT = Layer("dense", sign(2, 4), (4,), bias=np.zeros(2, np.int64))
NETWORK = Network((CONV, HIDDEN, OUTPUT))


def test_network_passes_and_has_the_shapes_of_its_layers() -> None:
    check_network(NETWORK)
    assert (CONV.map_shape, CONV.output_shape, CONV.inputs) == ((4, 5), (2, 2, 3), 4)
    assert (HIDDEN.map_shape, HIDDEN.output_shape) == ((1, 1), (1, 1, 4))
    assert (NETWORK.input_shape, NETWORK.input_bits, NETWORK.classes) == ((5, 6, 1), 1, 2)
    one = dataclasses.replace(OUTPUT, weights=sign(1, 4), bias=np.zeros(1, np.int64))
    assert Network((one,)).classes == 2


def test_convolution_may_follow_a_convolution() -> None:
    second = Layer("conv", sign(2, 2, 1, 3), (2, 2, 3), input_bits=2, thresholds=np.zeros((2, 1), np.int64))
    check_network(Network((CONV, second, dataclasses.replace(OUTPUT, weights=sign(2, 4)))))


@pytest.mark.parametrize(
    ("index", "fields", "message"),
    [
        (0, {"kind": "pool"}, "layer 0: kind must be 'dense' or 'conv', not 'pool'"),
        (0, {"weights": sign(3, 4)}, "layer 0: weights of a conv layer must have 4 dimensions"),
        (1, {"weights": sign(4, 0)}, "layer 1: weights of a dense layer must have 2 dimensions"),
        (1, {"weights": np.full((4, 12), 2, np.int8)}, r"layer 1: weights must be integers -1, 0 or \+1, not int8 2"),
        (1, {"weights": np.ones((4, 12))}, r"layer 1: weights must be integers -1, 0 or \+1, not float64 1.0"),
        (0, {"pool": 0}, "layer 0: pool must be a positive integer, not 0"),
        (0, {"pool": 5}, r"layer 0: pool must be at most the map \(4, 5\), not 5"),
        (1, {"pool": 2}, "layer 1: pool of a dense layer must be 1, not 2"),
        (0, {"combine": "mean"}, "layer 0: combine must be 'sum' or 'median', not 'mean'"),
        (0, {"combine": "median", "copies": 2}, "layer 0: copies must be 3 for a median, not 2"),
        (0, {"copies": 1.0}, "layer 0: copies must be a positive integer, not 1.0"),
        (0, {"unit": float("nan")}, "layer 0: unit must be positive and finite, not nan"),
        (0, {"input_shape": (5, 6)}, r"input_shape must be \(height, width, 1\) like its weights, not \(5, 6\)"),
        (0, {"input_shape": (1, 6, 1)}, r"input_shape must be at least the window \(2, 2\), not \(1, 6\)"),
        (1, {"input_shape": (11,)}, r"layer 1: input_shape must be \(12,\) like its weights, not \(11,\)"),
        (1, {"input_bits": 1}, r"layer 1: input_bits must be 2 \(activation_bits of layer 0\), not 1"),
        (1, {"thresholds": None}, "layer 1: a hidden layer must have thresholds and no bias"),
        (1, {"bias": np.zeros(4, np.int64)}, "layer 1: a hidden layer must have thresholds and no bias"),
        (
            0,
            {"thresholds": np.zeros((3, 1), np.int64)},
            r"layer 0: thresholds must be integers \(3, 3\), not int64 \(3, 1\)",
        ),
        (0, {"thresholds": np.zeros((3, 3))}, r"layer 0: thresholds must be integers \(3, 3\), not float64 \(3, 3\)"),
        (0, {"thresholds": np.array([[2, 1, 3]] * 3)}, "layer 0: thresholds of a neuron must not decrease"),
        (1, {"invert": np.zeros(3, bool)}, r"layer 1: invert must be bool \(4,\), not bool \(3,\)"),
        (2, {"bias": None}, "layer 2: the output layer must have a bias and no thresholds"),
        (2, {"bias": np.zeros(3, np.int64)}, r"layer 2: bias must be integers \(2,\), not int64 \(3,\)"),
        (2, {"bias": np.zeros(2)}, r"layer 2: bias must be integers \(2,\), not float64 \(2,\)"),
    ],
)
def test_wrong_field_is_named(index: int, fields: dict[str, object], message: str) -> None:
    layers = list(NETWORK.layers)
    layers[index] = dataclasses.replace(layers[index], **fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        check_network(Network(tuple(layers)))


def test_layers_that_do_not_chain_are_refused() -> None:
    with pytest.raises(ValueError, match=r"layer 1: input_shape must be \(12,\) \(output of layer 0\), not \(4,\)"):
        check_network(Network((CONV, OUTPUT)))
    with pytest.raises(ValueError, match="network must have at least one layer, not none"):
        check_network(Network(()))
    wide = Layer("conv", sign(2, 1, 1, 1), (2, 2, 1), bias=np.zeros(2, np.int64))
    with pytest.raises(ValueError, match=r"the output layer must have one position, not \(2, 2\)"):
        check_network(Network((wide,)))
