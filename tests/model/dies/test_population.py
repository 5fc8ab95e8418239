# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, Population, ideal_population, sample_population
from spintile.model.geometry import preset

CELL = Cell.preset("demo")


def ideal(dies: int = 2) -> Population:
    return ideal_population(preset("demo"), CELL, dies)


def test_states_choose_between_the_two_conductances() -> None:
    population = ideal()
    states = np.random.default_rng(0).random(population.shape[1:]) < 0.5
    conductance = population.conductance(states)
    assert conductance.shape == population.shape
    assert np.all(conductance[:, states] == CELL.g_p)
    assert np.all(conductance[:, ~states] == CELL.g_ap)


def test_selected_dies_keep_their_identifiers() -> None:
    chosen = ideal(5).select([4, 1])
    assert chosen.dies == 2
    assert chosen.die_ids.tolist() == [4, 1]


def test_each_die_may_have_states_of_its_own() -> None:
    population = sample_population(preset("demo"), CELL, DefectStatistics.demo(), 3, 5)
    states = np.random.default_rng(0).random(population.shape) < 0.5
    conductance = population.conductance(states)
    for die in range(3):
        assert np.array_equal(conductance[die], population.select([die]).conductance(states[die])[0])
    # Written with the states of another die, a die conducts otherwise.
    assert not np.array_equal(population.conductance(states[::-1])[0], conductance[0])


@pytest.mark.parametrize("shape", [(1, 2, 3), (3, 8, 16, 8), (1, 8, 16, 8)])
def test_states_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    sentence = f"states must have (kernels, rows, cols) = (8, 16, 8) or (dies, ...) = (2, 8, 16, 8), not {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ideal().conductance(np.zeros(shape, np.bool_))


def test_broken_lines_stay_with_their_die_and_must_fit_the_devices() -> None:
    breaks = np.zeros(ideal().shape, np.bool_)
    breaks[1, 2, 3, 4] = True
    population = dataclasses.replace(ideal(), row_breaks=breaks)
    chosen = population.select([1])
    assert chosen.row_breaks is not None
    assert np.argwhere(chosen.row_breaks).tolist() == [[0, 2, 3, 4]]
    assert chosen.col_breaks is None
    with pytest.raises(ValueError, match=r"^population: col_breaks must be bools in the shape of g_p .* not uint8 in"):
        dataclasses.replace(ideal(), col_breaks=breaks.astype(np.uint8))
    with pytest.raises(ValueError, match=r"^population: row_breaks must be bools .* not bool in \(2,\)$"):
        dataclasses.replace(ideal(), row_breaks=breaks[:, 0, 0, 0])


@pytest.mark.parametrize("name", ["g_p", "g_ap"])
@pytest.mark.parametrize("value", [-1e-6, float("nan"), float("inf")])
def test_a_conductance_that_cannot_be_is_refused_with_its_place(name: str, value: float) -> None:
    conductance = getattr(ideal(), name).copy()
    conductance[1, 2, 3, 4] = value
    sentence = rf"^population: {name} must be finite and not negative \[S\], not {value} at .* = \(1, 2, 3, 4\)$"
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(ideal(), **{name: conductance})


def test_arrays_that_disagree_in_shape_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^population: defect must have the shape of g_p \(2, 8, 16, 8\), not \(2, 8\)$"
    ):
        dataclasses.replace(ideal(), defect=np.zeros((2, 8), np.uint8))
    with pytest.raises(ValueError, match=r"^population: die_ids must have shape \(2,\), not \(3,\)$"):
        dataclasses.replace(ideal(), die_ids=np.arange(3))
    with pytest.raises(
        ValueError, match=r"^population: g_p must have axes \(dies, kernels, rows, cols\), not shape \(2,\)$"
    ):
        dataclasses.replace(ideal(), g_p=np.zeros(2))


def test_an_unknown_defect_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^population: defect must be from 0 to 5, not 6$"):
        dataclasses.replace(ideal(), defect=np.full((2, 8, 16, 8), 6, np.uint8))
