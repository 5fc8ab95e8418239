# SPDX-License-Identifier: BSD-3-Clause
"""What wires leave of a cell's current is nearly the same whatever the weights: a table does for solving."""

from __future__ import annotations

import numpy as np
from spintile.model.array import Wires, transfer_matrix
from spintile.model.device import Cell
from spintile.model.sensing import transmission

CELL = Cell.preset("borders")
WIRES = Wires(row_segment=2.0, col_segment=2.0)


def kernels(count: int, seed: int) -> np.ndarray:
    """Conductances of 25 x 25 devices whose pairs hold random weights."""
    states = np.random.default_rng(seed).random((count, 25, 25)) < 0.5
    states[..., 1:24:2] = ~states[..., 0:24:2]
    return np.where(states, CELL.g_p, CELL.g_ap)


def left_over(table: np.ndarray) -> float:
    """Standard deviation of what fresh kernels transmit about a table."""
    fresh = kernels(6, 7)
    return float((transfer_matrix(fresh, WIRES) / fresh - table).std())


def test_ideal_wires_leave_everything() -> None:
    assert np.array_equal(transmission(4, 5, CELL, Wires()), np.ones((4, 5)))


def test_fresh_kernels_transmit_what_the_table_says() -> None:
    table = transmission(25, 25, CELL, WIRES)
    assert 0.8 < table.min() < table.max() <= 1
    assert left_over(table) < 0.006


def test_without_the_table_the_same_comparison_is_far_off() -> None:
    assert left_over(np.full((25, 25), transmission(25, 25, CELL, WIRES).mean())) > 0.02


def test_the_table_cannot_be_written_to() -> None:
    assert not transmission(25, 25, CELL, WIRES).flags.writeable
