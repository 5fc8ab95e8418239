# SPDX-License-Identifier: BSD-3-Clause
"""Networks that are the same in software, bit for bit: signs of neurons turned, inputs in another order.

The gatherer of the chip addresses a run of inputs in each cycle. Inputs in any order are as many runs as inputs, and a
read of 25 rows then waits 25 cycles where its conversion takes 9. Where the host sends images in the order of the rows
instead (``host_order``), a slice is one run again, but for gaps.
"""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from numpy.typing import NDArray

from ..mapping import Placement
from ..network import Layer, Network

#: Entry of a network's metadata: the input of the trained network that stands at each place of an image, as JSON.
INPUT_ORDER = "input_order"


def turn_signs(network: Network, signs: list[NDArray[np.int8]]) -> Network:
    """The same network in software, bit for bit, with the weights of some hidden neurons of the opposite sign.

    A neuron counts the thresholds T that its sum meets. With its weights turned the sum s becomes -s, and s >= T is
    where -s >= 1 - T is not: thresholds 1 - T in reverse order, and the count subtracted from their number, which is
    what the invert bit does.

    Parameters
    ----------
    network : Network
        As trained.
    signs : list of int8 arrays (neurons,)
        Of every layer: -1 where weights are turned.

    Raises
    ------
    ValueError
        If an output neuron is to be turned: scores are compared as they are.
    """
    if len(signs) != len(network.layers):
        raise ValueError(f"signs must be of {len(network.layers)} layers, not {len(signs)}")
    layers = [
        _turned(layer, sign, index) for index, (layer, sign) in enumerate(zip(network.layers, signs, strict=True))
    ]
    return dataclasses.replace(network, layers=tuple(layers))


def _turned(layer: Layer, sign: NDArray[np.int8], index: int) -> Layer:
    if sign.shape != (layer.neurons,) or not np.isin(sign, (-1, 1)).all():
        raise ValueError(f"signs of layer {index} must be +1 or -1 for each of {layer.neurons} neurons, not {sign}")
    turned = sign < 0
    if not turned.any():
        return layer
    if layer.thresholds is None:
        raise ValueError(f"signs of layer {index} must be +1: scores of the output layer are compared as they are")
    weights = layer.weights * sign.reshape(-1, *[1] * (layer.weights.ndim - 1))
    invert = np.zeros(layer.neurons, np.bool_) if layer.invert is None else layer.invert
    opposite = _opposite(layer.thresholds, layer.unit)[:, ::-1]
    return dataclasses.replace(
        layer,
        weights=weights.astype(layer.weights.dtype),
        thresholds=np.where(turned[:, np.newaxis], opposite, layer.thresholds),
        invert=invert ^ turned,
    )


def _opposite(thresholds: NDArray[np.int64], unit: float) -> NDArray[np.int64]:
    """1 - T, and where thresholds are finer than sums, no more than what the sum below T/unit still meets."""
    below = np.ceil(thresholds / unit) - 1  # largest sum, in weights, that does not meet T
    return np.minimum(1 - thresholds, np.floor(-below * unit).astype(np.int64))


def host_order(network: Network, placement: Placement) -> tuple[Network, Placement]:
    """The network with the inputs of its first layer in the order of their rows, and its placement.

    Raises
    ------
    ValueError
        If the first layer is a convolution, whose inputs are a map.
    """
    first, placed = network.layers[0], placement.layers[0]
    if first.kind != "dense":
        raise ValueError("the first layer must be dense for its inputs to come in another order, not a convolution")
    order = np.array([source for rows in placed.slices for source in rows if source >= 0], np.int64)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    slices = tuple(tuple(int(places[source]) if source >= 0 else -1 for source in rows) for rows in placed.slices)
    before = np.array(json.loads(network.metadata.get(INPUT_ORDER, "null")) or range(len(order)), np.int64)
    metadata = {**network.metadata, INPUT_ORDER: json.dumps(before[order].tolist())}
    layers = (dataclasses.replace(first, weights=np.ascontiguousarray(first.weights[:, order])), *network.layers[1:])
    return (
        dataclasses.replace(network, layers=layers, metadata=metadata),
        dataclasses.replace(placement, layers=(dataclasses.replace(placed, slices=slices), *placement.layers[1:])),
    )


def ordered_inputs(network: Network, inputs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (images, ...) in the order that a network asks for; as they are, if it asks for none.

    Raises
    ------
    ValueError
        If the order is not one of so many inputs.
    """
    text = network.metadata.get(INPUT_ORDER)
    if text is None:
        return inputs
    order = np.array(json.loads(text), np.int64)
    flat = inputs.reshape(len(inputs), -1)
    if not np.array_equal(np.sort(order), np.arange(flat.shape[1])):
        raise ValueError(f"{INPUT_ORDER} must hold each of {flat.shape[1]} inputs once, not {len(order)} numbers")
    return np.ascontiguousarray(flat[:, order])
