# SPDX-License-Identifier: BSD-3-Clause
"""The reads and emits of a placed network in program order: what the golden model follows.

Reads of a layer nest as group, pooled position, position in the pooling window, slice, copy, bit plane; where the
median of three copies is taken the planes come before the copies, so that the three follow one another. An emit
follows the last read of each (group, pooled position, window position). The sequencer's program (``program``) says
the same in instructions; ``interpret`` expands them again, and both must agree read by read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Layer, Network
from .placement import LayerPlacement, Placement

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class LayerSchedule:
    """Reads and emits of one layer.

    Parameters
    ----------
    ordinal : int
        Ordinal of the layer's first read within an image.
    shape : tuple of int
        (groups, pooled positions, window positions, slices, copies, bit planes). Arrays over reads take it with
        ``nested``; arrays over emits reshape to its first three.
    patches : int64 array (positions, inputs)
        For each position of the map before pooling (row-major, positions that are never read included), the index
        of each patch input in the layer's flattened input.
    row_inputs : int64 array (slices, rows)
        Patch input on each row, -1 where the row is never driven.
    lane_neurons : int64 array (groups, pairs)
        Neuron of each lane, -1 for unused lanes.
    emit_group, emit_pooled, emit_window, emit_position : int64 arrays (emits,)
        Group, pooled position (row-major in the pooled map), position in the pooling window (row-major), and
        position in the map before pooling, which indexes ``patches``.
    read_emit, read_kernel, read_slice, read_copy, read_plane : int64 arrays (reads,)
        The emit a read belongs to, the kernel it selects, its slice, copy and bit plane.
    combine : {"sum", "median"}
        What becomes of the differences of a slice's copies.
    flagged : bool
        Whether the repair of these reads looks at the flags of self-test.
    """

    ordinal: int
    shape: tuple[int, int, int, int, int, int]
    patches: IntArray
    row_inputs: IntArray
    lane_neurons: IntArray
    emit_group: IntArray
    emit_pooled: IntArray
    emit_window: IntArray
    emit_position: IntArray
    read_emit: IntArray
    read_kernel: IntArray
    read_slice: IntArray
    read_copy: IntArray
    read_plane: IntArray
    combine: str = "sum"
    flagged: bool = False

    @property
    def reads(self) -> int:
        return int(self.read_emit.size)

    @property
    def emits(self) -> int:
        return int(self.emit_group.size)

    @property
    def reads_per_emit(self) -> int:
        return self.shape[3] * self.shape[4] * self.shape[5]

    @property
    def ordinals(self) -> IntArray:
        """Ordinal of each read within an image (reads,)."""
        return np.arange(self.ordinal, self.ordinal + self.reads, dtype=np.int64)

    @property
    def read_replica(self) -> IntArray:
        """Replica of each read (reads,): 0 is added at once; 1, 2, 3 are copies whose median is added after the third.

        As ``READ.replica`` says it.
        """
        return self.read_copy + 1 if self.combine == "median" else np.zeros_like(self.read_copy)

    def nested(self, values: NDArray[Any], axis: int = 0) -> NDArray[Any]:
        """Values with an axis of reads in program order, that axis split into the six of ``shape``: a view."""
        groups, pooled, window, slices, copies, planes = self.shape
        inner = (planes, copies) if self.combine == "median" else (copies, planes)
        before, after = values.shape[:axis], values.shape[axis + 1 :]
        split = values.reshape(*before, groups, pooled, window, slices, *inner, *after)
        return split.swapaxes(axis + 4, axis + 5) if self.combine == "median" else split

    def row_sources(self) -> IntArray:
        """Index in the layer's flattened input of each row (positions, slices, rows); -1 for rows never driven."""
        sources = self.patches[:, np.maximum(self.row_inputs, 0)]
        return np.where(self.row_inputs >= 0, sources, -1)

    def lanes(self, group: int) -> int:
        """Lanes of a group that carry neurons; they are lanes 0 .. lanes-1."""
        return int(np.count_nonzero(self.lane_neurons[group] >= 0))


@dataclass(frozen=True)
class Schedule:
    """Schedules of all layers; read ordinals run on from layer to layer."""

    layers: tuple[LayerSchedule, ...]

    @property
    def reads_per_image(self) -> int:
        return sum(layer.reads for layer in self.layers)


def patch_indices(layer: Layer) -> IntArray:
    """Index in the flattened input of each input of each patch (positions, inputs); one position for a dense layer."""
    if layer.kind == "dense":
        return np.arange(layer.inputs, dtype=np.int64)[None, :]
    height, width, channels = layer.input_shape
    map_height, map_width = layer.map_shape
    flat = np.arange(height * width * channels, dtype=np.int64).reshape(height, width, channels)
    window = layer.weights.shape[1:3]
    views = np.lib.stride_tricks.sliding_window_view(flat, window, axis=(0, 1))  # (y, x, c, ky, kx)
    return np.ascontiguousarray(views.transpose(0, 1, 3, 4, 2)).reshape(map_height * map_width, layer.inputs)


def schedule_layer(
    layer: Layer, placement: LayerPlacement, rows: int, pairs: int, ordinal: int = 0, flagged: bool = False
) -> LayerSchedule:
    """Reads and emits of one layer on kernels of ``rows`` rows and ``pairs`` pairs."""
    _, map_width = layer.map_shape
    pooled_height, pooled_width, _ = layer.output_shape
    pool = layer.pool
    shape = (
        len(placement.groups),
        pooled_height * pooled_width,
        pool * pool,
        len(placement.slices),
        int(placement.kernels.shape[2]),
        layer.input_bits,
    )
    row_inputs = np.full((len(placement.slices), rows), -1, dtype=np.int64)
    for index, inputs in enumerate(placement.slices):
        row_inputs[index, : len(inputs)] = inputs
    lane_neurons = np.full((len(placement.groups), pairs), -1, dtype=np.int64)
    for index, neurons in enumerate(placement.groups):
        lane_neurons[index, : len(neurons)] = neurons
    group, pooled, window = (axis.ravel() for axis in np.indices(shape[:3]))
    y = pooled // pooled_width * pool + window // pool
    x = pooled % pooled_width * pool + window % pool
    loops = [0, 1, 2, 3, 5, 4] if layer.combine == "median" else list(range(6))  # axes of shape, outermost first
    reads = [axis.transpose(loops).ravel() for axis in np.indices(shape)]
    emit = np.repeat(np.arange(group.size), shape[3] * shape[4] * shape[5])
    return LayerSchedule(
        ordinal=ordinal,
        shape=shape,
        patches=patch_indices(layer),
        row_inputs=row_inputs,
        lane_neurons=lane_neurons,
        emit_group=group,
        emit_pooled=pooled,
        emit_window=window,
        emit_position=y * map_width + x,
        read_emit=emit,
        read_kernel=placement.kernels[reads[0], reads[3], reads[4]].astype(np.int64),
        read_slice=reads[3],
        read_copy=reads[4],
        read_plane=reads[5],
        combine=layer.combine,
        flagged=flagged,
    )


def schedule(network: Network, placement: Placement, flagged: Sequence[bool] | None = None) -> Schedule:
    """Reads and emits of a whole network; ``flagged`` says of each layer whether its reads look at flags (None: no)."""
    geometry = placement.geometry
    layers: list[LayerSchedule] = []
    ordinal = 0
    looking = [False] * len(network.layers) if flagged is None else flagged
    for layer, placed, looks in zip(network.layers, placement.layers, looking, strict=True):
        layers.append(schedule_layer(layer, placed, geometry.rows, geometry.pairs, ordinal, looks))
        ordinal += layers[-1].reads
    return Schedule(tuple(layers))
