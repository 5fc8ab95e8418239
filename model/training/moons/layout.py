# SPDX-License-Identifier: BSD-3-Clause
"""How layers are cut into arrays, and in which order their devices are written.

A layer is a matrix of pairs: one row for each input and a last one, driven with 1, for the bias; one pair of columns
for each neuron. It is cut into arrays of at most ``rows`` x ``pairs``. An array is written row by row, in a row pair by
pair, plus before minus. Each write disturbs what was written before it in the same array, and nothing in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LayerArrays:
    """Largest block of a layer in one array: rows and pairs of columns. (8, 4) fills an 8 x 8 crossbar."""

    rows: int = 8
    pairs: int = 4

    def __post_init__(self) -> None:
        for name in ("rows", "pairs"):
            if getattr(self, name) < 1:
                raise ValueError(f"arrays: {name} must be at least 1, not {getattr(self, name)}")

    def blocks(self, pairs: int, rows: int) -> Iterator[tuple[slice, slice]]:
        """(pairs, rows) of each array of a layer; groups of neurons first, as a chip's placement has them."""
        for pair in range(0, pairs, self.pairs):
            for row in range(0, rows, self.rows):
                yield slice(pair, min(pair + self.pairs, pairs)), slice(row, min(row + self.rows, rows))

    def count(self, pairs: int, rows: int) -> int:
        """Arrays that a layer takes."""
        return sum(1 for _ in self.blocks(pairs, rows))


def later_writes(pairs: int, rows: int, arrays: LayerArrays) -> NDArray[np.int64]:
    """Writes that each device of a layer still sees in its array after its own, (pairs, rows, 2)."""
    later = np.zeros((pairs, rows, 2), np.int64)
    for columns, lines in arrays.blocks(pairs, rows):
        height, width = lines.stop - lines.start, columns.stop - columns.start
        order = np.arange(height * width * 2).reshape(height, width, 2)
        later[columns, lines] = (order.size - 1 - order).swapaxes(0, 1)
    return later


@dataclass(frozen=True, eq=False)
class Written:
    """A network as conductances to be written.

    Parameters
    ----------
    targets : tuple of float32 arrays (neurons, inputs + 1, 2)
        Wanted conductance of every device [uS], layer by layer; the last row is the bias, the last axis plus and minus.
    scales : tuple of float
        Weight of a pair across the whole window, layer by layer: w = scale * (G+ - G-) / window.
    arrays : LayerArrays
        How layers are cut.
    """

    targets: tuple[NDArray[np.float32], ...]
    scales: tuple[float, ...]
    arrays: LayerArrays

    @property
    def later(self) -> tuple[NDArray[np.int64], ...]:
        """Later writes of every device."""
        return tuple(later_writes(target.shape[0], target.shape[1], self.arrays) for target in self.targets)

    @property
    def array_count(self) -> tuple[int, ...]:
        """Arrays of each layer."""
        return tuple(self.arrays.count(target.shape[0], target.shape[1]) for target in self.targets)

    @property
    def shape(self) -> str:
        """As ``2-8-1``."""
        return "-".join(str(n) for n in (self.targets[0].shape[1] - 1, *(target.shape[0] for target in self.targets)))
