# SPDX-License-Identifier: BSD-3-Clause
"""Later writes are those of the same array, in the stated order."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.training.moons import LayerArrays, later_writes


def written_one_by_one(pairs: int, rows: int, arrays: LayerArrays) -> np.ndarray:
    """By writing: every write counts for all devices of its array that were written before."""
    later = np.zeros((pairs, rows, 2), int)
    for columns in range(0, pairs, arrays.pairs):
        for lines in range(0, rows, arrays.rows):
            done: list[tuple[int, int, int]] = []
            for row in range(lines, min(lines + arrays.rows, rows)):
                for pair in range(columns, min(columns + arrays.pairs, pairs)):
                    for device in (0, 1):
                        for before in done:
                            later[before] += 1
                        done.append((pair, row, device))
    return later


@pytest.mark.parametrize(("pairs", "rows"), [(8, 3), (1, 9), (48, 3), (1, 49), (5, 11), (1, 1)])
@pytest.mark.parametrize("arrays", [LayerArrays(), LayerArrays(9, 8), LayerArrays(1, 1)])
def test_later_writes_are_those_that_follow_in_the_same_array(pairs: int, rows: int, arrays: LayerArrays) -> None:
    assert np.array_equal(later_writes(pairs, rows, arrays), written_one_by_one(pairs, rows, arrays))


def test_another_cut_gives_other_counts() -> None:
    assert not np.array_equal(later_writes(8, 3, LayerArrays()), written_one_by_one(8, 3, LayerArrays(9, 8)))


def test_a_layer_of_eight_neurons_takes_two_arrays_and_the_first_device_sees_23_writes() -> None:
    assert LayerArrays().count(8, 3) == 2
    assert LayerArrays().count(1, 9) == 2
    assert later_writes(8, 3, LayerArrays()).max() == 23


def test_an_array_has_rows_and_pairs() -> None:
    with pytest.raises(ValueError, match="rows must be at least 1, not 0"):
        LayerArrays(rows=0)
