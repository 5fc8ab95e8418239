# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import Defect, DefectStatistics, sample_population
from spintile.model.dies.measured import ClassLimits, classify_cells, healthy_medians
from spintile.model.geometry import preset

BORDERS, CELL = preset("borders"), Cell.preset("borders")
STATISTICS = DefectStatistics(
    spread=0.05, die_spread=0.1, short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01, short_strength=2.0, tmr_spread=0.03
)


def test_every_defect_of_drawn_dies_is_found_in_its_class() -> None:
    population = sample_population(BORDERS, CELL, STATISTICS, 4, seed=1)
    assert np.array_equal(classify_cells(population.g_p, population.g_ap), population.defect)


def test_reading_noise_and_a_wrong_scale_change_nothing() -> None:
    population = sample_population(BORDERS, CELL, STATISTICS, 2, seed=2)
    generator = np.random.default_rng(3)
    noisy = [0.7 * np.maximum(g * generator.normal(1, 0.02, g.shape), 0) for g in (population.g_p, population.g_ap)]
    assert np.array_equal(classify_cells(noisy[0], noisy[1]), population.defect)


def test_a_cell_moved_into_another_class_is_noticed() -> None:
    population = sample_population(BORDERS, CELL, DefectStatistics(spread=0.05), 1, seed=4)
    g_p, g_ap = population.g_p.copy(), population.g_ap.copy()
    g_ap[0, 3, 4, 5] = g_p[0, 3, 4, 5]
    g_p[0, 6, 7, 8] = g_ap[0, 6, 7, 8]
    g_p[0, 1, 1, 1] = g_ap[0, 1, 1, 1] = 1e-6
    g_p[0, 2, 2, 2] = 5e-4
    found = classify_cells(g_p, g_ap)
    places = {tuple(int(i) for i in place): int(found[tuple(place)]) for place in np.argwhere(found)}
    assert places == {
        (0, 3, 4, 5): Defect.STUCK_P,
        (0, 6, 7, 8): Defect.STUCK_AP,
        (0, 1, 1, 1): Defect.OPEN,
        (0, 2, 2, 2): Defect.SHORT,
    }


def test_a_third_of_stuck_cells_does_not_move_the_medians() -> None:
    statistics = STATISTICS.replace(stuck_p=0.2, stuck_ap=0.1)
    population = sample_population(BORDERS, CELL, statistics, 1, seed=5)
    found = classify_cells(population.g_p, population.g_ap)
    assert np.array_equal(found, population.defect)
    healthy = population.defect[0] == Defect.NONE
    on, off = healthy_medians(population.g_p, population.g_ap, found)
    assert on[0] == np.median(population.g_p[0][healthy])
    assert off[0] == np.median(population.g_ap[0][healthy])


def test_a_die_without_healthy_cells_has_no_medians() -> None:
    g = np.ones((1, 1, 2, 2))
    assert np.isnan(healthy_medians(g, g, np.full((1, 1, 2, 2), 2, np.uint8))).all()


def test_swapped_states_are_refused() -> None:
    population = sample_population(preset("demo"), CELL, DefectStatistics(), 1, seed=6)
    sentence = (
        r"^die 0 \(by position\): the median conductance must be higher after writing P than after AP, and above 0"
    )
    with pytest.raises(ValueError, match=sentence):
        classify_cells(population.g_ap, population.g_p)


def test_arrays_of_wrong_shapes_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"must both have axes \(dies, kernels, rows, cols\), not \(2, 2\) and \(2, 2\)$"
    ):
        classify_cells(np.ones((2, 2)), np.ones((2, 2)))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"open_below": 0.0}, "class limits: open_below must be above 0 and below 1, not 0.0"),
        ({"short_above": 1.0}, "class limits: short_above must be a number above 1, not 1.0"),
        ({"switch_below": 1.0}, "class limits: switch_below must be above 0 and below 1, not 1.0"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        ClassLimits(**limits)
