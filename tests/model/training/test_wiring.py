# SPDX-License-Identifier: BSD-3-Clause
"""Inputs, weights and devices meet in the same place: a layer through its wiring is the layer."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from spintile.model.mapping import Placement, device_states
from spintile.model.network import Network
from spintile.model.network.software import layer_sums
from spintile.model.training import LayerSpec, NetworkSpec
from spintile.model.training.wiring import Wiring

from .array_networks import small_chip

SPECS = {
    "dense": (NetworkSpec.dense((11,), 5, output_copies=2), (23,), 96),
    "convolution": (NetworkSpec((LayerSpec(6, 2, 2), LayerSpec(3, 2), LayerSpec(4))), (8, 7, 2), 96),
    "shared kernels": (NetworkSpec.dense((5, 4), 3), (9,), 4),
}


def wired(name: str) -> tuple[Network, Placement, list[Wiring]]:
    """A network of random weights, placed, and its wiring."""
    spec, shape, kernels = SPECS[name]
    geometry = small_chip(kernels=kernels).geometry
    rng = np.random.default_rng(1)
    template = spec.template(shape)
    layers = tuple(
        dataclasses.replace(layer, weights=rng.choice(np.array([-1, 1], np.int8), layer.weights.shape))
        for layer in template.layers
    )
    network, placement = Network(layers), spec.placed(shape, geometry)
    return network, placement, [Wiring.of(*pair, geometry) for pair in zip(layers, placement.layers, strict=True)]


@pytest.mark.parametrize("name", SPECS)
def test_products_of_wired_inputs_and_weights_are_the_layers_sums(name: str) -> None:
    network, _, wirings = wired(name)
    rng = np.random.default_rng(2)
    for layer, wiring in zip(network.layers, wirings, strict=True):
        inputs = rng.integers(0, 4, (6, int(np.prod(layer.input_shape)))).astype(np.float64)
        weights = torch.from_numpy(layer.weights.reshape(layer.neurons, -1).astype(np.float64))
        products = torch.bmm(wiring.driven(torch.from_numpy(inputs)), wiring.weights(weights)).sum(0)
        found = products.view(6, wiring.positions, layer.copies, layer.neurons).sum(2).numpy() / layer.copies
        height, width, _ = layer.output_shape
        pool = layer.pool
        sums = layer_sums(inputs, layer)[:, : height * pool, : width * pool]
        windows = sums.reshape(6, height, pool, width, pool, -1).transpose(0, 1, 3, 2, 4, 5)
        assert np.array_equal(found, windows.reshape(found.shape))


@pytest.mark.parametrize("name", SPECS)
def test_devices_carry_the_weights_that_placement_gave_them(name: str) -> None:
    network, placement, wirings = wired(name)
    states = device_states(network, placement).astype(np.float64)
    for layer, placed, wiring in zip(network.layers, placement.layers, wirings, strict=True):
        plus, minus = wiring.devices(states)
        weights = torch.from_numpy(layer.weights.reshape(layer.neurons, -1).astype(np.float64))
        laid = wiring.weights(weights).numpy()
        rows = [[source >= 0 for source in inputs] for inputs in placed.slices]
        for index, driven in enumerate(rows):
            used = np.isin(wiring.row_index[index], np.flatnonzero(driven))
            assert np.array_equal((plus - minus)[index, used], laid[index, used])


def test_columns_belong_to_the_kernels_of_their_pairs() -> None:
    _, placement, wirings = wired("dense")
    geometry = placement.geometry
    values = np.arange(geometry.kernels * geometry.cols, dtype=np.float64).reshape(geometry.kernels, geometry.cols)
    for placed, wiring in zip(placement.layers, wirings, strict=True):
        plus, minus = wiring.columns(values)
        assert np.array_equal(minus, plus + 1)
        for (group, part, copy), kernel in np.ndenumerate(placed.kernels):
            for lane, neuron in enumerate(placed.groups[group]):
                assert plus[part, 0, copy * wiring.neurons + neuron] == kernel * geometry.cols + 2 * lane
