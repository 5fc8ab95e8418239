# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import Population, ideal_population
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


def test_states_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^states must have \(kernels, rows, cols\) = \(8, 16, 8\), not \(1, 2, 3\)$"):
        ideal().conductance(np.zeros((1, 2, 3), np.bool_))


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
    with pytest.raises(ValueError, match=r"^population: defect must be from 0 to 4, not 5$"):
        dataclasses.replace(ideal(), defect=np.full((2, 8, 16, 8), 5, np.uint8))
