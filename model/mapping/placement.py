# SPDX-License-Identifier: BSD-3-Clause
"""Which weight sits on which pair: the placement of a network on the kernels of a die."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Geometry
from ..network import Network


@dataclass(frozen=True)
class LayerPlacement:
    """Placement of one layer.

    Parameters
    ----------
    groups : tuple of tuple of int
        For each group of neurons read together, the neuron of each lane (pair), in lane order from lane 0 with no gaps.
    slices : tuple of tuple of int
        For each slice of the flattened patch, the input index (0 .. layer.inputs-1) on each row, from row 0; -1 for
        a row that is never driven. Every input appears in exactly one slice.
    kernels : int array (groups, slices, copies)
        The kernel that holds this group's weights for this slice.
    """

    groups: tuple[tuple[int, ...], ...]
    slices: tuple[tuple[int, ...], ...]
    kernels: NDArray[np.int64]

    def rows(self, slice_index: int) -> tuple[int, ...]:
        """Rows that a slice drives."""
        return tuple(row for row, source in enumerate(self.slices[slice_index]) if source >= 0)


@dataclass(frozen=True)
class Placement:
    """Placements of all layers on one geometry."""

    geometry: Geometry
    layers: tuple[LayerPlacement, ...]

    @property
    def kernels_used(self) -> int:
        return len({int(k) for layer in self.layers for k in layer.kernels.ravel()})

    def check(self, network: Network) -> None:
        """Raise ValueError unless every weight of the network has its own devices; the message names the layer."""
        if len(self.layers) != len(network.layers):
            wanted_layers = f"{len(network.layers)} layers like the network"
            raise ValueError(f"placement must have {wanted_layers}, not {len(self.layers)}")
        geometry = self.geometry
        taken: dict[tuple[int, int], int] = {}
        for index, (layer, placed) in enumerate(zip(network.layers, self.layers, strict=True)):
            name = f"placement of layer {index}"
            neurons = [neuron for group in placed.groups for neuron in group]
            if sorted(neurons) != list(range(layer.neurons)) or not all(placed.groups):
                raise ValueError(f"{name}: groups must hold each of {layer.neurons} neurons once, not {neurons}")
            if layer.is_output and neurons != sorted(neurons):
                raise ValueError(f"{name}: neurons of the output layer must be in order, not {neurons}")
            inputs = [source for rows in placed.slices for source in rows if source >= 0]
            empty = any(not placed.rows(s) for s in range(len(placed.slices)))
            if sorted(inputs) != list(range(layer.inputs)) or empty:
                raise ValueError(f"{name}: slices must hold each of {layer.inputs} inputs once, and none be empty")
            lanes, height = max(map(len, placed.groups)), max(map(len, placed.slices))
            if lanes > geometry.pairs or height > geometry.rows:
                raise ValueError(
                    f"{name}: groups must have at most {geometry.pairs} lanes and slices {geometry.rows} rows, "
                    f"not {lanes} and {height}"
                )
            wanted = (len(placed.groups), len(placed.slices), layer.copies)
            if placed.kernels.shape != wanted:
                raise ValueError(f"{name}: kernels must have the shape {wanted}, not {placed.kernels.shape}")
            for (_, slice_index, _), kernel in np.ndenumerate(placed.kernels):
                if not 0 <= kernel < geometry.kernels:
                    raise ValueError(f"{name}: kernels must be from 0 to {geometry.kernels - 1}, not {kernel}")
                for row in placed.rows(slice_index):
                    if (int(kernel), row) in taken:
                        owner = f"layer {taken[int(kernel), row]}"
                        raise ValueError(f"{name}: row {row} of kernel {kernel} must be free, not taken by {owner}")
                    taken[int(kernel), row] = index
