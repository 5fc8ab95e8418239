# SPDX-License-Identifier: BSD-3-Clause
"""Neurons to lanes, with their signs, and blocks to kernels, by the assignment solver."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ..network import Layer, Network
from .activity import Activity
from .damage import Price
from .knowledge import KnownDie
from .layout import LayerLayout
from .reads import block_differences, blocks, combined, lane_differences

Floats = NDArray[np.float64]


def assign_lanes(known: KnownDie, layer: Layer, layout: LayerLayout, activity: Activity, price: Price) -> LayerLayout:
    """The layout with its neurons, each with one sign or the other, on the lanes where they cost least.

    Exact for the cost as it is defined: a neuron's sum is what one lane reads in every slice, whatever the others are.
    The output layer stays as it is.
    """
    if layer.is_output:
        return layout
    weights = layer.weights.reshape(layer.neurons, layer.inputs)
    cost, signs, lanes = [], [], []
    for group in range(len(layout.neurons)):
        count = int((layout.neurons[group] >= 0).sum())
        read = np.zeros((2, layer.neurons, count, activity.bits.shape[1]), np.float32)
        for index in range(layout.kernels.shape[1]):
            rows = np.flatnonzero(layout.inputs[index] >= 0)
            sources = layout.inputs[index][rows]
            for plane, bits in enumerate(activity.bits):
                copies = [
                    lane_differences(known, int(kernel), rows, count, weights[:, sources], bits[:, sources])
                    for kernel in layout.kernels[group, index]
                ]
                read += combined(copies, layer) * np.float32(1 << plane)
        wanted = activity.sums.T.astype(np.float32)[np.newaxis, :, np.newaxis]
        squared = np.square(read - wanted).mean(axis=3, dtype=np.float64)
        cost.append(price.of(squared.min(axis=0)))
        signs.append(np.where(squared[1] < squared[0], -1, 1))
        lanes += [(group, lane) for lane in range(count)]
    every, sign = np.concatenate(cost, axis=1), np.concatenate(signs, axis=1)
    chosen, places = linear_sum_assignment(every)
    neurons = np.full_like(layout.neurons, -1)
    turned = layout.sign.copy()
    for neuron, place in zip(chosen, places, strict=True):
        neurons[lanes[place]] = neuron
        turned[neuron] = sign[neuron, place]
    return layout.replace(neurons=neurons, sign=turned)


def assign_kernels(
    known: KnownDie,
    network: Network,
    layouts: Sequence[LayerLayout],
    active: Sequence[Activity],
    slopes: Sequence[Floats],
) -> list[LayerLayout]:
    """The layouts with every block, of all layers together, on the kernel where it costs least; the rest stay unused.

    A block's cost is its own squared error, as if slices erred apart from each other.
    """
    cost = []
    for layer, layout, activity, slope in zip(network.layers, layouts, active, slopes, strict=True):
        signed, every = layout.signed(layer), np.arange(known.kernels)
        share = 1 / layout.kernels.shape[2]
        for (group, index), kernels in blocks(layout):
            members = layout.neurons[group][layout.neurons[group] >= 0]
            rows = np.flatnonzero(layout.inputs[index] >= 0)
            sources = layout.inputs[index][rows]
            total = np.zeros(known.kernels)
            for plane, bits in enumerate(activity.bits):
                chosen = bits[:, sources]
                read = block_differences(known, every, rows, signed[members][:, sources], chosen)
                wanted = signed[members][:, sources].astype(np.float32) @ chosen.T
                total += 4**plane * np.square(read - wanted).mean(axis=2) @ slope[members]
            cost += [total * share] * len(kernels)
    _, kernels = linear_sum_assignment(np.array(cost))
    found, first = [], 0
    for layout in layouts:
        count = layout.kernels.size
        found.append(layout.replace(kernels=kernels[first : first + count].reshape(layout.kernels.shape)))
        first += count
    return found
