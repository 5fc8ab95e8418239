# SPDX-License-Identifier: BSD-3-Clause
"""Conductances as the columns see them through resistive lines: the exact transfer matrix of every array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...array import Wires, transfer_matrix
from .crossbar import WINDOW
from .layout import LayerArrays


def array_conductance(
    conductance: NDArray[np.float32], arrays: LayerArrays, rows: int, cols: int
) -> NDArray[np.float64]:
    """A layer in its arrays: (transfers, arrays, rows, cols) [S].

    Blocks begin at row 0 and column 0; plus and minus columns alternate. Devices that carry no weight were never
    written and have the lowest conductance of the window.

    Parameters
    ----------
    conductance : float array (transfers, neurons, inputs + 1, 2)
        Of a layer [uS].
    arrays : LayerArrays
        How the layer is cut.
    rows, cols : int
        Size of an array.
    """
    transfers, pairs, lines, _ = conductance.shape
    blocks = list(arrays.blocks(pairs, lines))
    placed = np.full((transfers, len(blocks), rows, cols), WINDOW[0] * 1e-6)
    for index, (columns, wires) in enumerate(blocks):
        block = conductance[:, columns, wires].swapaxes(1, 2)
        placed[:, index, : block.shape[1], : 2 * block.shape[2]] = block.reshape(*block.shape[:2], -1) * 1e-6
    return placed


def through_lines(conductance: NDArray[np.float32], arrays: LayerArrays, wires: Wires) -> NDArray[np.float32]:
    """What each device adds to its own column, (transfers, neurons, inputs + 1, 2) [uS].

    Rows that are not driven are held, so that currents add and this is all there is to know of the lines.
    """
    if wires.ideal:
        return conductance
    _, pairs, lines, _ = conductance.shape
    seen = transfer_matrix(array_conductance(conductance, arrays, arrays.rows, 2 * arrays.pairs), wires) * 1e6
    result = np.empty_like(conductance)
    for index, (columns, rows) in enumerate(arrays.blocks(pairs, lines)):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        block = seen[:, index, :height, : 2 * width].reshape(len(seen), height, width, 2)
        result[:, columns, rows] = block.swapaxes(1, 2)
    return result
