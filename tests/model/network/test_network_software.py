# SPDX-License-Identifier: BSD-3-Clause
"""Software inference is the sum of inputs times weights, spelled out here once more without vectors."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spintile.model.network import Layer, Network, classify, software, software_classes, software_scores


def slow_layer(values: np.ndarray, layer: Layer) -> np.ndarray:
    """Scores of an output layer, or activations (height, width, neurons) after pooling, of one image."""
    window = layer.weights.reshape(layer.neurons, 1, 1, -1) if layer.kind == "dense" else layer.weights
    image = values.reshape(1, 1, -1) if layer.kind == "dense" else values.reshape(layer.input_shape)
    height, width, _ = layer.output_shape
    result = np.zeros((height, width, layer.neurons), dtype=np.int64)
    for py, px, neuron, wy, wx in np.ndindex(height, width, layer.neurons, layer.pool, layer.pool):
        y, x = py * layer.pool + wy, px * layer.pool + wx
        patch = image[y : y + window.shape[1], x : x + window.shape[2]]
        total = int((patch * window[neuron]).sum())
        if layer.bias is not None:
            result[py, px, neuron] = total + layer.bias[neuron]
            continue
        assert layer.thresholds is not None
        met = sum(total >= int(threshold) for threshold in layer.thresholds[neuron])
        if layer.invert is not None and layer.invert[neuron]:
            met = layer.thresholds.shape[1] - met
        result[py, px, neuron] = max(int(result[py, px, neuron]), met)
    return result


def network_of(rng: np.random.Generator, pool: int, bits: int, activation_bits: int) -> Network:
    first = Layer(
        "conv",
        rng.integers(-1, 2, (3, 2, 3, 2)).astype(np.int8),
        (5, 6, 2),
        input_bits=bits,
        thresholds=np.sort(rng.integers(-5, 6, (3, (1 << activation_bits) - 1)), axis=1),
        invert=rng.integers(0, 2, 3).astype(bool),
        activation_bits=activation_bits,
        pool=pool,
    )
    size = math.prod(first.output_shape)
    second = Layer(
        "dense",
        rng.integers(-1, 2, (4, size)).astype(np.int8),
        (size,),
        input_bits=activation_bits,
        thresholds=rng.integers(-3, 4, (4, 1)),
    )
    weights = rng.integers(-1, 2, (3, 4)).astype(np.int8)
    return Network((first, second, Layer("dense", weights, (4,), bias=rng.integers(-2, 3, 3))))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 32), pool=st.integers(1, 3), bits=st.integers(1, 4), activation_bits=st.integers(1, 2))
def test_scores_equal_the_plain_loops(seed: int, pool: int, bits: int, activation_bits: int) -> None:
    rng = np.random.default_rng(seed)
    network = network_of(rng, pool, bits, activation_bits)
    images = rng.integers(0, 1 << bits, (3, 5, 6, 2))
    scores = software_scores(network, images)
    for image, found in zip(images, scores, strict=True):
        values = image
        for layer in network.layers:
            values = slow_layer(values, layer)
        assert found.tolist() == values.ravel().tolist()


def test_flipped_weight_shows() -> None:
    rng = np.random.default_rng(0)
    network = network_of(rng, 1, 2, 1)
    images = rng.integers(0, 4, (20, 5, 6, 2))
    output = network.layers[2]
    faulty = dataclasses.replace(
        output, weights=np.where(np.arange(4) == 1, -1 - output.weights, output.weights).astype(np.int8)
    )
    changed = Network((*network.layers[:2], faulty))
    assert not np.array_equal(software_scores(network, images), software_scores(changed, images))


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    network = network_of(rng, 2, 1, 1)
    images = rng.integers(0, 2, (17, 5, 6, 2))
    whole = software_scores(network, images)
    monkeypatch.setattr(software, "_BATCH_ELEMENTS", 1000)
    assert np.array_equal(software_scores(network, images), whole)
    assert np.array_equal(software_scores(network, images.reshape(17, -1)), whole)


def test_thresholds_in_codes_mean_the_same_sums() -> None:
    rng = np.random.default_rng(2)
    network = network_of(rng, 1, 1, 1)
    images = rng.integers(0, 2, (30, 5, 6, 2))
    layers = []
    for layer in network.layers:
        assert layer.thresholds is not None or layer.bias is not None
        thresholds = None if layer.thresholds is None else np.ceil((layer.thresholds - 0.5) * 3.7).astype(np.int64)
        bias = None if layer.bias is None else np.rint(layer.bias * 3.7).astype(np.int64)
        layers.append(dataclasses.replace(layer, thresholds=thresholds, bias=bias, unit=3.7))
    scaled = software_scores(Network(tuple(layers)), images)
    assert np.abs(scaled - 3.7 * software_scores(network, images)).max() <= 1  # two roundings of one half each


def test_lowest_index_wins_a_tie_and_one_output_is_a_sign() -> None:
    assert classify(np.array([[1, 3, 3], [2, 2, 0]])).tolist() == [1, 0]
    assert classify(np.array([[0], [-1], [5]])).tolist() == [1, 0, 1]
    layer = Layer("dense", np.array([[1, -1]], np.int8), (2,), bias=np.array([0]))
    assert software_classes(Network((layer,)), [[0, 0], [0, 1], [1, 0]]).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 5, 6), int), r"images must have the shape \(images, 5, 6, 2\), not \(2, 5, 6\)"),
        (np.zeros(60, int), r"images must have the shape \(images, 5, 6, 2\), not \(60,\)"),
        (np.full((1, 60), 2), r"images must hold 0 to 1 \(1 input bits\), not 2 to 2"),
        (np.full((1, 60), -1), r"images must hold 0 to 1 \(1 input bits\), not -1 to -1"),
    ],
)
def test_what_is_no_image_is_refused(images: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        software_scores(network_of(np.random.default_rng(3), 1, 1, 1), images)
