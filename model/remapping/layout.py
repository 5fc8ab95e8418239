# SPDX-License-Identifier: BSD-3-Clause
"""A placement that can still be changed: neurons on lanes with their signs, inputs on rows, blocks on kernels.

What of it may move on a chip, and one by chance, which a chosen one is held against.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import Geometry
from ..mapping import LayerPlacement, Placement, place
from ..mapping.assemble import runs
from ..network import Layer, Network

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LayerLayout:
    """One layer on its kernels.

    Parameters
    ----------
    neurons : int64 array (groups, lanes)
        Neuron of each lane; -1 where a group has fewer.
    sign : int8 array (neurons,)
        -1: the neuron's weights are placed with their signs turned, its two columns in each other's place.
    inputs : int64 array (slices, rows)
        Input on each row; -1 where none is driven.
    kernels : int64 array (groups, slices, copies)
        Kernel of each block.
    """

    neurons: IntArray
    sign: NDArray[np.int8]
    inputs: IntArray
    kernels: IntArray

    def replace(self, **changes: Any) -> LayerLayout:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def signed(self, layer: Layer) -> NDArray[np.int8]:
        """Weights as they are placed (neurons, inputs)."""
        weights = layer.weights.reshape(layer.neurons, layer.inputs)
        return np.asarray(weights * self.sign[:, np.newaxis], np.int8)


def layouts_of(placement: Placement, network: Network) -> list[LayerLayout]:
    """The layouts of a placement, no sign turned."""
    found = []
    for layer, placed in zip(network.layers, placement.layers, strict=True):
        neurons = np.full((len(placed.groups), max(map(len, placed.groups))), -1, np.int64)
        for group, members in enumerate(placed.groups):
            neurons[group, : len(members)] = members
        inputs = np.full((len(placed.slices), placement.geometry.rows), -1, np.int64)
        for index, rows in enumerate(placed.slices):
            inputs[index, : len(rows)] = rows
        found.append(LayerLayout(neurons, np.ones(layer.neurons, np.int8), inputs, placed.kernels.copy()))
    return found


def placement_of(layouts: Sequence[LayerLayout], geometry: Geometry) -> Placement:
    """The placement that layouts describe; their signs are the network's (``turn_signs``)."""
    layers = []
    for layout in layouts:
        groups = tuple(tuple(int(neuron) for neuron in group if neuron >= 0) for group in layout.neurons)
        slices = tuple(tuple(int(source) for source in rows) for rows in layout.inputs)
        layers.append(LayerPlacement(groups, slices, layout.kernels.copy()))
    return Placement(geometry, tuple(layers))


def share_kernels(layouts: Sequence[LayerLayout]) -> bool:
    """Whether blocks share kernels, on rows of their own."""
    kernels = np.concatenate([layout.kernels.ravel() for layout in layouts])
    return len(np.unique(kernels)) < len(kernels)


def follow(plain: LayerLayout, before: LayerLayout) -> NDArray[np.int64]:
    """Inputs on the rows of a layer in the order in which the layer before leaves its neurons in memory."""
    order = before.neurons[before.neurons >= 0]
    position, channel = np.divmod(plain.inputs, len(order))
    return np.where(plain.inputs >= 0, position * len(order) + order[channel], -1)


def free_layers(network: Network, layouts: Sequence[LayerLayout], geometry: Geometry) -> list[bool]:
    """Layers whose inputs may go to any rows: as many as the segment memory has room for, small layers first.

    Inputs in any order take a segment each; in the order in which they are in memory, one for each run of them.
    """
    words = [_segments(layer, layout) for layer, layout in zip(network.layers, layouts, strict=True)]
    free = [False] * len(words)
    for index in sorted(range(len(words)), key=lambda index: network.layers[index].inputs):
        wanted = network.layers[index].inputs
        if sum(words) - words[index] + wanted <= geometry.segment_depth:
            free[index], words[index] = True, wanted
    return free


def _segments(layer: Layer, layout: LayerLayout) -> int:
    """Segments that gather a layer's inputs as they are placed, every slice for itself."""
    addresses = np.arange(layer.inputs)
    if layer.kind == "conv":
        _, width, channels = layer.input_shape
        y, x, channel = np.unravel_index(addresses, layer.weights.shape[1:])
        addresses = (y * width + x) * channels + channel
    rows = [[int(addresses[source]) if source >= 0 else -1 for source in row] for row in layout.inputs]
    return sum(len(runs(row)[1]) for row in rows)


def random_placement(network: Network, geometry: Geometry, seed: int) -> Placement:
    """Neurons of hidden layers on any lanes, inputs on any rows, blocks on any kernels.

    What must stay stays: the order of output neurons, inputs of layers that the segment memory has no room to gather in
    any order, and kernels that blocks share.

    Raises
    ------
    DoesNotFit
        If the network does not fit the geometry.
    """
    generator = np.random.default_rng([seed, 0x504C])
    plain = layouts_of(place(network, geometry), network)
    apart = not share_kernels(plain)
    sizes = [layout.kernels.size for layout in plain]
    kernels = np.split(generator.permutation(geometry.kernels)[: sum(sizes)], np.cumsum(sizes)[:-1])
    found: list[LayerLayout] = []
    for layer, layout, free, chosen in zip(
        network.layers, plain, free_layers(network, plain, geometry), kernels, strict=True
    ):
        if apart:
            layout = layout.replace(kernels=chosen.reshape(layout.kernels.shape))
        if not layer.is_output:
            neurons = layout.neurons.copy()
            neurons[neurons >= 0] = generator.permutation(layer.neurons)
            layout = layout.replace(neurons=neurons)
        if free:
            inputs = np.full_like(layout.inputs, -1)
            inputs[layout.inputs >= 0] = generator.permutation(layer.inputs)
            layout = layout.replace(inputs=inputs)
        elif found:
            layout = layout.replace(inputs=follow(layout, found[-1]))
        found.append(layout)
    return placement_of(found, geometry)
