# SPDX-License-Identifier: BSD-3-Clause
"""Whether a network is one: shapes that chain, weights that exist, thresholds in order."""

from __future__ import annotations

import math

import numpy as np

from ..reading import shown
from .network import Layer, Network

_LARGEST = {"input_bits": 16, "activation_bits": 16, "pool": 4096, "copies": 4096}


def check_network(network: Network) -> None:
    """Raise ValueError with the first thing that is wrong; the message names the layer.

    Checked: shapes of every array, weights of -1, 0 and +1 only, thresholds that do not decrease, an output layer
    that is the last and only one with a bias, and that each layer takes what the one before it gives.
    """
    if not network.layers:
        raise ValueError("network must have at least one layer, not none")
    for index, layer in enumerate(network.layers):
        _check_layer(layer, f"layer {index}", last=index == len(network.layers) - 1)
    for index, (before, layer) in enumerate(zip(network.layers, network.layers[1:], strict=False), start=1):
        shape = before.output_shape
        wanted = shape if layer.kind == "conv" else (math.prod(shape),)
        if tuple(layer.input_shape) != wanted:
            raise ValueError(
                f"layer {index}: input_shape must be {wanted} (output of layer {index - 1}), not {layer.input_shape}"
            )
        if layer.input_bits != before.activation_bits:
            raise ValueError(
                f"layer {index}: input_bits must be {before.activation_bits} (activation_bits of layer {index - 1}), "
                f"not {layer.input_bits}"
            )


def _check_layer(layer: Layer, name: str, *, last: bool) -> None:
    if layer.kind not in ("dense", "conv"):
        raise ValueError(f"{name}: kind must be 'dense' or 'conv', not {shown(layer.kind)}")
    dimensions = 2 if layer.kind == "dense" else 4
    if layer.weights.ndim != dimensions or 0 in layer.weights.shape:
        raise ValueError(
            f"{name}: weights of a {layer.kind} layer must have {dimensions} dimensions, not {layer.weights.shape}"
        )
    if layer.weights.dtype.kind not in "iu" or not bool(np.isin(layer.weights, (-1, 0, 1)).all()):
        raise ValueError(f"{name}: weights must be integers -1, 0 or +1, not {_offender(layer.weights)}")
    for field, value in (
        ("input_bits", layer.input_bits),
        ("activation_bits", layer.activation_bits),
        ("pool", layer.pool),
        ("copies", layer.copies),
    ):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name}: {field} must be a positive integer, not {shown(value)}")
        if value > _LARGEST[field]:  # beyond it, tables made from it would fill the memory
            raise ValueError(f"{name}: {field} must be at most {_LARGEST[field]}, not {shown(value)}")
    if layer.combine not in ("sum", "median"):
        raise ValueError(f"{name}: combine must be 'sum' or 'median', not {shown(layer.combine)}")
    if layer.combine == "median" and layer.copies != 3:
        raise ValueError(f"{name}: copies must be 3 for a median, not {layer.copies}")
    if not (math.isfinite(layer.unit) and layer.unit > 0):
        raise ValueError(f"{name}: unit must be positive and finite, not {layer.unit}")
    _check_shapes(layer, name)
    _check_decisions(layer, name, last=last)


def _offender(weights: np.ndarray) -> str:
    wrong = weights[~np.isin(weights, (-1, 0, 1))]
    return f"{weights.dtype} {wrong.ravel()[0] if wrong.size else weights.ravel()[0]}"


def _check_shapes(layer: Layer, name: str) -> None:
    shape = layer.input_shape
    if layer.kind == "dense":
        if tuple(shape) != (layer.inputs,):
            raise ValueError(f"{name}: input_shape must be ({layer.inputs},) like its weights, not {shape}")
        if layer.pool != 1:
            raise ValueError(f"{name}: pool of a dense layer must be 1, not {layer.pool}")
        return
    _, window_height, window_width, channels = layer.weights.shape
    if len(shape) != 3 or shape[2] != channels:
        raise ValueError(f"{name}: input_shape must be (height, width, {channels}) like its weights, not {shape}")
    if shape[0] < window_height or shape[1] < window_width:
        raise ValueError(
            f"{name}: input_shape must be at least the window ({window_height}, {window_width}), not {tuple(shape[:2])}"
        )
    if min(layer.map_shape) < layer.pool:
        raise ValueError(f"{name}: pool must be at most the map {layer.map_shape}, not {layer.pool}")


def _check_decisions(layer: Layer, name: str, *, last: bool) -> None:
    if last:
        if layer.bias is None or layer.thresholds is not None:
            raise ValueError(f"{name}: the output layer must have a bias and no thresholds")
        if layer.bias.shape != (layer.neurons,) or layer.bias.dtype.kind != "i":
            raise ValueError(
                f"{name}: bias must be integers ({layer.neurons},), not {layer.bias.dtype} {layer.bias.shape}"
            )
        if layer.output_shape[:2] != (1, 1):
            raise ValueError(f"{name}: the output layer must have one position, not {layer.output_shape[:2]}")
        return
    if layer.thresholds is None or layer.bias is not None:
        raise ValueError(f"{name}: a hidden layer must have thresholds and no bias")
    wanted = (layer.neurons, (1 << layer.activation_bits) - 1)
    if layer.thresholds.shape != wanted or layer.thresholds.dtype.kind != "i":
        raise ValueError(
            f"{name}: thresholds must be integers {wanted}, not {layer.thresholds.dtype} {layer.thresholds.shape}"
        )
    if np.any(np.diff(layer.thresholds, axis=1) < 0):
        raise ValueError(f"{name}: thresholds of a neuron must not decrease")
    if layer.invert is not None and (layer.invert.shape != (layer.neurons,) or layer.invert.dtype != np.bool_):
        raise ValueError(
            f"{name}: invert must be bool ({layer.neurons},), not {layer.invert.dtype} {layer.invert.shape}"
        )
