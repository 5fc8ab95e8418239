# SPDX-License-Identifier: BSD-3-Clause
"""Placing a network: neurons in groups of a kernel's pairs, inputs in slices of its rows, each block on a kernel.

A block is one group's weights for one slice, once per copy. Blocks take a kernel each while there are enough;
otherwise blocks with few rows share kernels on disjoint rows (rows that a read does not drive add nothing).
"""

from __future__ import annotations

import numpy as np

from ..geometry import Geometry
from ..network import Network, check_network
from .errors import DoesNotFit
from .memory import MemoryLayout
from .placement import LayerPlacement, Placement


def _runs(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def place(network: Network, geometry: Geometry) -> Placement:
    """Place every layer, each of its pairs ``layer.copies`` times.

    Raises
    ------
    DoesNotFit
        If kernels, layers, input bits, activation bits or activation memory do not suffice.
    ValueError
        If the network is not one.
    """
    check_network(network)
    _check_limits(network, geometry)
    MemoryLayout.of(network, geometry)
    groups = [_runs(layer.neurons, geometry.pairs) for layer in network.layers]
    slices = [_runs(layer.inputs, geometry.rows) for layer in network.layers]
    blocks = [len(g) * len(s) * layer.copies for g, s, layer in zip(groups, slices, network.layers, strict=True)]
    if sum(blocks) <= geometry.kernels:
        offsets = [[0] * len(s) for s in slices]
        starts = np.cumsum([0, *blocks[:-1]])
        kernels = [
            start + np.arange(count).reshape(len(g), len(s), -1)
            for start, count, g, s in zip(starts, blocks, groups, slices, strict=True)
        ]
    else:
        offsets, kernels = _share(network, geometry, groups, slices)
    return Placement(
        geometry,
        tuple(
            LayerPlacement(
                groups=tuple(tuple(g) for g in groups[index]),
                slices=tuple((-1,) * row + tuple(s) for row, s in zip(offsets[index], slices[index], strict=True)),
                kernels=kernels[index].astype(np.int64),
            )
            for index in range(len(network.layers))
        ),
    )


def _check_limits(network: Network, geometry: Geometry) -> None:
    if len(network.layers) > geometry.layer_limit:
        most = f"geometry {geometry.name!r} at most {geometry.layer_limit}"
        raise DoesNotFit(f"network has {len(network.layers)} layers, {most}")
    for index, layer in enumerate(network.layers):
        if layer.input_bits > geometry.input_bits:
            most = f"geometry {geometry.name!r} at most {geometry.input_bits}"
            raise DoesNotFit(f"layer {index} has {layer.input_bits} input bits, {most}")
        if not layer.is_output and layer.activation_bits > geometry.activation_bits:
            most = f"geometry {geometry.name!r} at most {geometry.activation_bits}"
            raise DoesNotFit(f"layer {index} has {layer.activation_bits} activation bits, {most}")


def _share(
    network: Network, geometry: Geometry, groups: list[list[range]], slices: list[list[range]]
) -> tuple[list[list[int]], list[np.ndarray]]:
    """Rows and kernels when blocks must share kernels: the tallest slices first, each where it opens fewest kernels.

    All blocks of a slice start at the same row, so that one pattern of addresses serves every group.
    """
    kernels = [
        np.zeros((len(g), len(s), layer.copies), np.int64)
        for g, s, layer in zip(groups, slices, network.layers, strict=True)
    ]
    offsets = [[0] * len(s) for s in slices]
    filled: list[int] = []  # rows taken from row 0 in each kernel, without limit on their number
    order = sorted(
        ((layer, s) for layer in range(len(slices)) for s in range(len(slices[layer]))),
        key=lambda item: (-len(slices[item[0]][item[1]]), item),
    )
    for layer, index in order:
        height = len(slices[layer][index])
        needed = len(groups[layer]) * network.layers[layer].copies
        candidates = [row for row in sorted({0, *filled}) if row + height <= geometry.rows]
        opened = {row: max(0, needed - sum(fill <= row for fill in filled)) for row in candidates}
        row = min(candidates, key=lambda row: (opened[row], row))
        filled += [0] * opened[row]
        fitting = sorted((k for k, fill in enumerate(filled) if fill <= row), key=lambda k: (-filled[k], k))[:needed]
        for kernel in fitting:
            filled[kernel] = row + height
        offsets[layer][index] = row
        kernels[layer][:, index, :] = np.array(sorted(fitting)).reshape(len(groups[layer]), -1)
    if len(filled) > geometry.kernels:
        raise DoesNotFit(
            f"network needs {len(filled)} kernels of {geometry.rows} x {geometry.cols}, blocks sharing rows included; "
            f"geometry {geometry.name!r} has {geometry.kernels}"
        )
    return offsets, kernels
