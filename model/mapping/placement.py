# SPDX-License-Identifier: BSD-3-Clause
"""Which weight sits on which pair: the placement of a network on the kernels of a die."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Geometry


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


@dataclass(frozen=True)
class Placement:
    """Placements of all layers on one geometry."""

    geometry: Geometry
    layers: tuple[LayerPlacement, ...]

    @property
    def kernels_used(self) -> int:
        return len({int(k) for layer in self.layers for k in layer.kernels.ravel()})
