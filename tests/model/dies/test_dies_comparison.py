# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, Population, ideal_population, sample_population
from spintile.model.dies.fitting import compare_populations, draw_comparison
from spintile.model.geometry import preset

CHIP, CELL = preset("demo"), Cell.preset("demo")
PROCESS = DefectStatistics(
    spread=0.05, die_spread=0.02, tmr_spread=0.02, short=0.01, open=0.005, stuck_p=0.005, stuck_ap=0.003
).with_rate_spread(0.3)


def draw(statistics: DefectStatistics, dies: int, seed: int, cell: Cell = CELL) -> Population:
    return sample_population(CHIP, cell, statistics, dies, seed)


def test_dies_of_one_process_are_called_different_as_rarely_as_promised() -> None:
    told = 0
    for seed in range(60):
        first, second = draw(PROCESS, 12, 2 * seed), draw(PROCESS, 18, 2 * seed + 1)
        told += bool(compare_populations(first, second, r_access=CELL.r_access, level=0.9, permutations=199).different)
    # One in ten at most is promised: of 60, 6; more than 15 come once in 5,000.
    assert told <= 15


@pytest.mark.parametrize(
    ("changed", "cell", "name"),
    [
        (PROCESS.replace(short=0.02), CELL, "short"),
        (PROCESS.replace(stuck_p=0.015), CELL, "stuck_p"),
        (PROCESS.replace(spread=0.06), CELL, "spread"),
        (PROCESS.replace(tmr_spread=0.04), CELL, "tmr_spread"),
        (PROCESS.replace(open_row=0.02), CELL, "broken_lines"),
        (PROCESS.replace(spatial_clustering=1.5), CELL, "near_pairs"),
        (PROCESS, CELL.replace(r_p=2800.0), "r_p"),
        (PROCESS, CELL.replace(tmr=1.1), "tmr"),
    ],
)
def test_each_property_that_differs_is_named(changed: DefectStatistics, cell: Cell, name: str) -> None:
    found = compare_populations(
        draw(PROCESS, 30, 1), draw(changed, 30, 2, cell), r_access=CELL.r_access, permutations=999
    )
    assert name in found.different


def test_a_population_equals_itself() -> None:
    population = draw(PROCESS, 8, 3)
    found = compare_populations(population, population, r_access=CELL.r_access, permutations=99)
    assert found.different == ()
    assert all(each.p_value == 1 and each.first == each.second for each in found.differences)


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = draw(PROCESS, 6, 4), draw(PROCESS, 7, 5)
    answers = [compare_populations(first, second, r_access=CELL.r_access, permutations=99, seed=1) for _ in range(2)]
    assert answers[0] == answers[1]


def test_too_few_dies_are_said_to_be_too_few() -> None:
    found = compare_populations(draw(PROCESS, 1, 6), draw(PROCESS, 2, 7), r_access=CELL.r_access, permutations=99)
    assert found.different == ()
    assert found.notes == ("1 and 2 dies are too few to be told apart: only 3 divisions",)


def test_dies_without_defects_or_spread_can_be_compared() -> None:
    ideal = ideal_population(CHIP, CELL, 4)
    assert compare_populations(ideal, ideal, r_access=CELL.r_access, permutations=49).different == ()


def test_chips_of_different_shapes_are_compared_per_device() -> None:
    large = sample_population(preset("borders"), CELL, PROCESS, 10, 8)
    found = compare_populations(large, draw(PROCESS, 20, 9), r_access=CELL.r_access, permutations=199, level=0.999)
    assert found.different == ()


def test_the_picture_shows_every_property() -> None:
    found = compare_populations(draw(PROCESS, 5, 1), draw(PROCESS, 5, 2), r_access=CELL.r_access, permutations=19)
    figure = draw_comparison(found, ("a", "b"))
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == [each.name.replace("_", "-") for each in found.differences]
    properties = found.as_dict()["properties"]
    assert np.isfinite([properties["short"][key] for key in ("first", "second", "p_value")]).all()


def nudged(population: Population, size: float) -> Population:
    """The same dies with every conductance moved by about that share, as a file of few digits does."""
    noise = 1 + size * np.random.default_rng(3).standard_normal(population.shape)
    return dataclasses.replace(population, g_p=population.g_p * noise, g_ap=population.g_ap * noise[::-1])


@pytest.mark.parametrize(("size", "differs"), [(1e-15, False), (1e-7, False), (1e-3, True)])
def test_rounding_is_no_difference_and_a_thousandth_is_one(size: float, differs: bool) -> None:
    ideal = ideal_population(CHIP, CELL, 6)
    found = compare_populations(ideal, nudged(ideal, size), r_access=CELL.r_access, permutations=999)
    assert ("spread" in found.different, "tmr_spread" in found.different) == (differs, differs)


def test_the_bar_of_near_pairs_shows_their_change_itself_and_not_a_ratio_to_nothing() -> None:
    found = compare_populations(draw(PROCESS, 5, 1), draw(PROCESS, 5, 2), r_access=CELL.r_access, permutations=19)
    each = {one.name: one for one in found.differences}["near_pairs"]
    tiny = dataclasses.replace(each, first=1e-9, second=0.02)
    others = tuple(tiny if one.name == "near_pairs" else one for one in found.differences)
    axes = draw_comparison(dataclasses.replace(found, differences=others)).axes[0]
    place = [one.name for one in others].index("near_pairs")
    ends = [float(line.get_xdata()[-1]) for line in axes.get_lines() if list(line.get_ydata()) == [place, place]]
    assert ends == [pytest.approx(2.0)]


def test_requests_that_make_no_sense_are_refused() -> None:
    population = draw(PROCESS, 2, 1)
    with pytest.raises(ValueError, match=r"^level must be above 0 and below 1, not 0$"):
        compare_populations(population, population, r_access=0.0, level=0)
    with pytest.raises(ValueError, match=r"^permutations must be at least 1, not 0$"):
        compare_populations(population, population, r_access=0.0, permutations=0)
    with pytest.raises(ValueError, match=r"^populations: both must hold at least one die$"):
        compare_populations(population, population.select([]), r_access=0.0)
