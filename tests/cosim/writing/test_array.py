# SPDX-License-Identifier: BSD-3-Clause
"""The array at the pins: reads follow the states that pulses leave, by the contract and to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spintile.cosim.writing.array import DEFAULT_ARRAY, WrittenDie, array_factory
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.dies import sample_population
from spintile.model.golden import column_sums, make_die_image
from spintile.model.programming import make_array
from writing_cases import SHARED, chip

ROWS = np.eye(SHARED.rows, dtype=np.bool_)
EVERY = np.ones(SHARED.cols, np.bool_)


def written(on: Chip) -> WrittenDie:
    population = sample_population(on.geometry, on.cell, on.statistics, 3, 3).select([2])
    return WrittenDie(make_array(on, population, 7), on)


def by_contract(die: WrittenDie, on: Chip, kernel: int, row: int) -> np.ndarray:
    array = die.array
    image = make_die_image(array.population, die.states, on.geometry, on.cell, on.sensing, 7, wires=on.wires)
    return column_sums(image, 0, kernel, ROWS[row], 11, 13)


@pytest.mark.parametrize("wires", [Wires(), Wires(2.0, 2.0, 10.0, 10.0)], ids=["ideal", "wires"])
def test_sums_are_those_of_a_die_image_of_the_present_states(wires: Wires) -> None:
    on = chip(SHARED, noise=1.0).replace(wires=wires)
    die = written(on)
    for toward_p in (True, False, True):
        before = die.states.copy()
        sums = die.sample(3, ROWS[1], 11, 13)
        assert np.array_equal(sums, by_contract(die, on, 3, 1))
        die.pulse(3, ROWS[1], EVERY, toward_p, 2.0, 100.0)
        assert not np.array_equal(die.states[3, 1], before[3, 1])
        assert np.array_equal(die.states[:3], before[:3])
        after = die.sample(3, ROWS[1], 11, 13)
        assert np.array_equal(after, by_contract(die, on, 3, 1))
        assert not np.array_equal(after, sums)
        assert np.array_equal(die.sample(2, ROWS[0], 11, 13), by_contract(die, on, 2, 0))


def test_integers_are_made_again_only_for_a_read_after_a_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    die = written(chip(SHARED))
    made: list[int] = []
    again = WrittenDie._round
    monkeypatch.setattr(WrittenDie, "_round", lambda self, kernel: (made.append(kernel), again(self, kernel))[1])
    for _ in range(2):
        die.sample(1, ROWS[0], 0, 0)
    for kernel in (1, 1, 2):
        die.pulse(kernel, ROWS[0], EVERY, True, 2.0, 100.0)
    for kernel in (1, 1, 2, 3):
        die.sample(kernel, ROWS[0], 0, 0)
    assert made == [1, 2]


def test_pulses_of_each_cell_are_counted() -> None:
    die = written(chip(SHARED))
    some = np.zeros(SHARED.cols, np.bool_)
    some[[0, 3]] = True
    die.pulse(1, ROWS[2], some, True, 2.0, 10.0)
    assert die.pulses.sum() == 2
    assert die.pulses[1, 2, [0, 3]].tolist() == [1, 1]


def test_the_default_array_is_found_by_its_name() -> None:
    factory: Any = array_factory(DEFAULT_ARRAY)
    assert factory is WrittenDie
