# SPDX-License-Identifier: BSD-3-Clause
"""Index arrays that lay a layer's inputs, weights and devices out the way it is read: (slices, rows, columns)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..geometry import Geometry
from ..mapping import LayerPlacement, schedule_layer
from ..network import Layer


@dataclass(frozen=True)
class Wiring:
    """How one layer is read.

    Parameters
    ----------
    layer : Layer
        Its shape; the weights do not matter.
    slices, rows : int
        Reads of one accumulation (before copies and bit planes), and rows of each.
    patch_inputs : int64 tensor (slices * rows,)
        Input of the flattened patch on each row. Rows that are never driven have a place holder.
    sources : int64 tensor (positions * slices * rows,)
        Flattened input of the layer on each row of each position that is read, ordered as (pooled position, position in
        the pooling window); one past the last input for rows that are never driven.
    kernel, column : int64 arrays (slices, copies, neurons) and (neurons,)
        The kernel of each neuron's pair, and its G+ column; G- is the next one.
    row_index : int64 array (slices, rows)
        The row of the kernel.
    """

    layer: Layer
    slices: int
    rows: int
    patch_inputs: Tensor
    sources: Tensor
    kernel: NDArray[np.int64]
    column: NDArray[np.int64]
    row_index: NDArray[np.int64]

    @classmethod
    def of(cls, layer: Layer, placement: LayerPlacement, geometry: Geometry) -> Wiring:
        """The wiring of a placed layer."""
        plan = schedule_layer(layer, placement, geometry.rows, geometry.pairs)
        used = np.flatnonzero((plan.row_inputs >= 0).any(axis=0))
        row_inputs = plan.row_inputs[:, used]
        first_group = plan.emit_group == 0
        positions = plan.emit_position[first_group]
        sources = plan.patches[positions][:, np.maximum(row_inputs, 0)]
        sources = np.where(row_inputs >= 0, sources, int(np.prod(layer.input_shape)))
        group, lane = np.nonzero(plan.lane_neurons >= 0)
        order = np.argsort(plan.lane_neurons[group, lane])
        return cls(
            layer=layer,
            slices=len(row_inputs),
            rows=len(used),
            patch_inputs=torch.from_numpy(np.maximum(row_inputs, 0).ravel()),
            sources=torch.from_numpy(sources.ravel()),
            kernel=placement.kernels[group[order]].transpose(1, 2, 0),
            column=2 * lane[order],
            row_index=np.broadcast_to(used, row_inputs.shape).copy(),
        )

    @property
    def neurons(self) -> int:
        return self.layer.neurons

    @property
    def copies(self) -> int:
        return self.layer.copies

    @property
    def positions(self) -> int:
        """Positions of the map that are read."""
        return self.sources.numel() // (self.slices * self.rows)

    def weights(self, weights: Tensor) -> Tensor:
        """Weights (neurons, inputs) laid out as (slices, rows, copies * neurons)."""
        spread = weights.index_select(1, self.patch_inputs).t().reshape(self.slices, self.rows, self.neurons)
        return spread.repeat(1, 1, self.copies) if self.copies > 1 else spread

    def weights_of_pairs(self, weights: Tensor) -> Tensor:
        """Weights (neurons, inputs) laid out as (slices, neurons, rows), once for all copies."""
        spread = weights.index_select(1, self.patch_inputs).view(self.neurons, self.slices, self.rows)
        return spread.transpose(0, 1)

    def gathered(self, activations: Tensor) -> Tensor:
        """Inputs of each read (images * positions, slices * rows) of activations (images, inputs of the layer)."""
        padded = torch.nn.functional.pad(activations, (0, 1))
        return padded.index_select(1, self.sources).view(-1, self.slices * self.rows)

    def driven(self, activations: Tensor) -> Tensor:
        """The same as (slices, images * positions, rows)."""
        return self.gathered(activations).view(-1, self.slices, self.rows).transpose(0, 1)

    def devices(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """G+ and G- devices (slices, rows, copies * neurons) of one value for each cell (kernels, rows, cols)."""
        kernel = self.kernel[:, np.newaxis]
        row = self.row_index[:, :, np.newaxis, np.newaxis]
        shape = (self.slices, self.rows, self.copies * self.neurons)
        plus, minus = (values[kernel, row, self.column + side].reshape(shape) for side in (0, 1))
        return plus, minus

    def columns(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """G+ and G- columns (slices, 1, copies * neurons) of one value for each column (kernels, cols)."""
        shape = (self.slices, 1, self.copies * self.neurons)
        plus, minus = (values[self.kernel, self.column + side].reshape(shape) for side in (0, 1))
        return plus, minus
