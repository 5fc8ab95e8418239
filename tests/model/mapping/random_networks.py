# SPDX-License-Identifier: BSD-3-Clause
"""Random geometries, networks and placements for the tests of this folder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from spintile.model.geometry import Geometry
from spintile.model.mapping import LayerPlacement, Placement, place
from spintile.model.network import Layer, Network


def hidden(rng: np.random.Generator, shape: tuple[int, ...], input_shape: tuple[int, ...], **fields: Any) -> Layer:
    """A hidden layer with weights of that shape, thresholds near the middle of its sums."""
    weights = rng.integers(-1, 2, shape).astype(np.int8)
    count = (1 << fields.get("activation_bits", 1)) - 1
    thresholds = np.sort(rng.integers(-4, 5, (shape[0], count)), axis=1)
    kind = "dense" if len(shape) == 2 else "conv"
    invert = rng.integers(0, 2, shape[0]).astype(np.bool_)
    return Layer(kind, weights, input_shape, thresholds=thresholds, invert=invert, **fields)


def output(rng: np.random.Generator, neurons: int, inputs: int, **fields: Any) -> Layer:
    """A dense output layer."""
    weights = rng.integers(-1, 2, (neurons, inputs)).astype(np.int8)
    return Layer("dense", weights, (inputs,), bias=rng.integers(-3, 4, neurons), **fields)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Small kernels with room for every network of ``networks``."""
    return Geometry(
        name="random",
        rows=draw(st.integers(1, 12)),
        cols=draw(st.integers(2, 9)),
        kernels=256,
        activation_depth=1 << 16,
        instruction_depth=1 << 12,
        segment_depth=1 << 10,
        threshold_depth=1 << 12,
        loop_depth=draw(st.integers(1, 3)),
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Up to three layers, dense after at most two convolutions, every option used."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    bits = draw(st.integers(1, 3))
    shape: tuple[int, ...] = draw(st.sampled_from([(5, 6, 1), (4, 4, 2), (6, 5, 3), (1, 7, 1), (11,), (1,)]))
    layers: list[Layer] = []
    for _ in range(draw(st.integers(0, 2))):
        neurons, activation_bits, copies = draw(st.integers(1, 7)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
        fields: dict[str, Any] = {"input_bits": bits, "activation_bits": activation_bits, "copies": copies}
        if copies == 2 and draw(st.booleans()):
            fields |= {"copies": 3, "combine": "median"}
        if len(shape) == 3 and draw(st.booleans()):
            window = draw(st.integers(1, min(3, shape[0]))), draw(st.integers(1, min(3, shape[1])))
            most = min(shape[0] - window[0], shape[1] - window[1]) + 1
            pool = draw(st.integers(1, min(2, most)))
            layers.append(hidden(rng, (neurons, *window, shape[2]), shape, pool=pool, **fields))
            shape = layers[-1].output_shape
        else:
            inputs = math.prod(shape)
            layers.append(hidden(rng, (neurons, inputs), (inputs,), **fields))
            shape = (neurons,)
        bits = activation_bits
    fields = {"input_bits": bits, "copies": draw(st.integers(1, 3))}
    if fields["copies"] == 3:
        fields["combine"] = draw(st.sampled_from(["sum", "median"]))
    layers.append(output(rng, draw(st.integers(1, 6)), math.prod(shape), **fields))
    return Network(tuple(layers))


def shuffled(network: Network, geometry: Geometry, rng: np.random.Generator) -> Placement:
    """A placement with inputs on any row of any slice, hidden neurons on any lane, blocks on any kernel."""
    plain = place(network, geometry)
    free = rng.permutation(geometry.kernels)
    layers = []
    for layer, placed in zip(network.layers, plain.layers, strict=True):
        order = np.arange(layer.neurons) if layer.is_output else rng.permutation(layer.neurons)
        inputs = rng.permutation(layer.inputs)
        slices = []
        for rows in placed.slices:
            used = [row for row in rows if row >= 0]
            places = np.sort(rng.choice(geometry.rows, len(used), replace=False))
            line = np.full(geometry.rows, -1)
            line[places] = inputs[used]
            slices.append(tuple(int(source) for source in line))
        kernels, free = free[: placed.kernels.size].reshape(placed.kernels.shape), free[placed.kernels.size :]
        groups = tuple(tuple(int(order[neuron]) for neuron in group) for group in placed.groups)
        layers.append(LayerPlacement(groups, tuple(slices), kernels))
    return Placement(geometry, tuple(layers))


def fits(network: Network, geometry: Geometry) -> bool:
    """Whether every block can have a kernel of its own, and the unrolled program stays small."""
    blocks = [
        -(-layer.neurons // geometry.pairs) * -(-layer.inputs // geometry.rows) * layer.copies
        for layer in network.layers
    ]
    reads = sum(
        count * math.prod(layer.map_shape) * layer.input_bits
        for count, layer in zip(blocks, network.layers, strict=True)
    )
    return sum(blocks) <= geometry.kernels and reads < 2000
