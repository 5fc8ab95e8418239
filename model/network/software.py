# SPDX-License-Identifier: BSD-3-Clause
"""Inference without an array: sums of inputs times weights, the accuracy that arrays are held against."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .network import Layer, Network

#: Upper bound on the elements of one batch's patches.
_BATCH_ELEMENTS = 1 << 24


def _patches(activations: NDArray[np.float64], layer: Layer) -> NDArray[np.float64]:
    """Patches (images * positions, inputs) of flattened activations (images, size)."""
    if layer.kind == "dense":
        return activations
    images = activations.reshape(-1, *layer.input_shape)
    window = layer.weights.shape[1:3]
    views = np.lib.stride_tricks.sliding_window_view(images, window, axis=(1, 2))  # (n, y, x, c, ky, kx)
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(-1, layer.inputs)


def layer_sums(activations: NDArray[np.float64], layer: Layer) -> NDArray[np.float64]:
    """Sums of inputs times weights (images, height, width, neurons) before pooling; exact integers."""
    weights = layer.weights.reshape(layer.neurons, layer.inputs).astype(np.float64)
    return (_patches(activations, layer) @ weights.T).reshape(-1, *layer.map_shape, layer.neurons)


def activate(sums: NDArray[np.float64], layer: Layer) -> NDArray[np.float64]:
    """Activations (images, height, width, neurons), pooled, of a hidden layer's sums."""
    assert layer.thresholds is not None
    thresholds = np.ceil(layer.thresholds / layer.unit)
    met = np.zeros(sums.shape)
    for index in range(thresholds.shape[1]):
        met += sums >= thresholds[:, index]
    if layer.invert is not None:
        met = np.where(layer.invert, thresholds.shape[1] - met, met)
    height, width, neurons = layer.output_shape
    pool = layer.pool
    cropped = met[:, : height * pool, : width * pool]
    return cropped.reshape(-1, height, pool, width, pool, neurons).max(axis=(2, 4))


def software_scores(network: Network, images: ArrayLike) -> NDArray[np.int64]:
    """Scores (images, outputs) of ideal devices: accumulator plus bias, in the output layer's unit.

    Thresholds and biases of a layer whose ``unit`` is not 1 are compared with unit * sum(input * weight).

    Parameters
    ----------
    network : Network
        The network.
    images : integer array (images, ...)
        Values 0 .. 2**input_bits - 1, each image in the network's input shape or flat.

    Raises
    ------
    ValueError
        If images do not have the network's shape, or a value does not fit its input bits.
    """
    values = np.asarray(images)
    size = math.prod(network.input_shape)
    if values.ndim < 2 or math.prod(values.shape[1:]) != size:
        raise ValueError(
            f"images must have the shape (images, {', '.join(map(str, network.input_shape))}), not {values.shape}"
        )
    if values.size and (values.min() < 0 or values.max() >= 1 << network.input_bits):
        raise ValueError(
            f"images must hold 0 to {(1 << network.input_bits) - 1} ({network.input_bits} input bits), "
            f"not {values.min()} to {values.max()}"
        )
    widest = max(math.prod(layer.map_shape) * layer.inputs for layer in network.layers)
    batch = max(1, _BATCH_ELEMENTS // widest)
    scores = np.empty((len(values), network.layers[-1].neurons), np.int64)
    for start in range(0, len(values), batch):
        activations = values[start : start + batch].reshape(-1, size).astype(np.float64)
        for layer in network.layers[:-1]:
            activations = activate(layer_sums(activations, layer), layer).reshape(len(activations), -1)
        output = network.layers[-1]
        assert output.bias is not None
        sums = layer_sums(activations, output).reshape(len(activations), -1)
        scores[start : start + batch] = np.rint(sums * output.unit).astype(np.int64) + output.bias
    return scores


def classify(scores: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classes (...) of scores (..., outputs): lowest index of the largest, or score >= 0 where there is one output."""
    if scores.shape[-1] == 1:
        return (scores[..., 0] >= 0).astype(np.int64)
    return np.argmax(scores, axis=-1).astype(np.int64)


def software_classes(network: Network, images: ArrayLike) -> NDArray[np.int64]:
    """Classes (images,) of ideal devices; see ``software_scores``."""
    return classify(software_scores(network, images))
