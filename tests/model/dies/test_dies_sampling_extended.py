# SPDX-License-Identifier: BSD-3-Clause
"""Over-dispersion, clusters, broken lines and TMR spread of drawn dies; and that without them nothing changed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.model.device import Cell
from spintile.model.dies import Defect, DefectStatistics, Population, sample_population
from spintile.model.dies.sampling import draw_rates
from spintile.model.geometry import preset

BORDERS, CELL = preset("borders"), Cell.preset("borders")
PLAIN = DefectStatistics(spread=0.05, die_spread=0.03, short=0.01, open=0.008, stuck_p=0.006, stuck_ap=0.004)


def first_version(statistics: DefectStatistics, seed: int, die: int) -> tuple[NDArray[np.float64], ...]:
    """A die as the first version of the sampler drew it: what published populations were made with."""
    generator = np.random.default_rng([seed, die])
    shape = (BORDERS.kernels, BORDERS.rows, BORDERS.cols)
    die_factor = statistics.die_spread * generator.standard_normal()
    factor = np.exp(die_factor + statistics.spread * generator.standard_normal(shape))
    lot = generator.random(shape)
    g_p, g_ap = 1 / (CELL.r_p * factor + CELL.r_access), 1 / (CELL.r_ap * factor + CELL.r_access)
    edges = np.cumsum([statistics.short, statistics.open, statistics.stuck_p, statistics.stuck_ap])
    defect = np.array([1, 2, 3, 4, 0], np.uint8)[np.searchsorted(edges, lot, side="right")]
    written_p, written_ap = np.where(defect == 4, g_ap, g_p), np.where(defect == 3, g_p, g_ap)
    for written in (written_p, written_ap):
        written[defect == 1] = statistics.short_strength * CELL.g_p
        written[defect == 2] = 0.0
    return written_p, written_ap, defect


def same(population: Population, die: int, seed: int, statistics: DefectStatistics) -> bool:
    g_p, g_ap, defect = first_version(statistics, seed, die)
    found = population.g_p[die], population.g_ap[die], population.defect[die]
    return all(np.array_equal(a, b) for a, b in zip(found, (g_p, g_ap, defect), strict=True))


@pytest.mark.parametrize(
    "statistics", [PLAIN, DefectStatistics.demo(), DefectStatistics(short_strength=2.3, short=0.2)]
)
def test_without_the_extensions_a_seed_draws_bit_for_bit_what_it_always_drew(statistics: DefectStatistics) -> None:
    population = sample_population(BORDERS, CELL, statistics, 2, seed=17)
    assert all(same(population, die, 17, statistics) for die in range(2))


@pytest.mark.parametrize(
    "changes",
    [
        {"short_rate_spread": 0.5},
        {"spatial_clustering": 0.5},
        {"open_row": 0.05},
        {"tmr_spread": 0.1},
        {"short_spread": 0.1},
    ],
)
def test_that_comparison_notices_each_extension(changes: dict[str, float]) -> None:
    assert not same(sample_population(BORDERS, CELL, PLAIN.replace(**changes), 1, seed=17), 0, 17, PLAIN)


def test_an_extension_leaves_what_it_does_not_concern() -> None:
    plain = sample_population(BORDERS, CELL, PLAIN, 1, seed=4)
    lines = sample_population(BORDERS, CELL, PLAIN.replace(open_row=0.02, open_col=0.02), 1, seed=4)
    kept = lines.defect == plain.defect
    assert np.array_equal(lines.g_p[kept], plain.g_p[kept])
    assert set(lines.defect[~kept].tolist()) == {Defect.OPEN}


def test_over_dispersed_dies_keep_their_mean_rate_and_gain_the_asked_variation() -> None:
    statistics = PLAIN.with_rate_spread(0.6)
    rates = np.array([draw_rates(statistics, np.random.default_rng([3, die])) for die in range(20_000)])
    expected = np.array([0.01, 0.008, 0.006, 0.004])
    # Of 20,000 draws the mean is known to 0.4 % and the coefficient of variation to 0.9 %: five of each.
    assert np.allclose(rates.mean(axis=0), expected, rtol=0.021)
    assert np.allclose(rates.std(axis=0) / rates.mean(axis=0), 0.6, rtol=0.045)
    assert np.all(np.abs(np.corrcoef(rates.T)[np.triu_indices(4, 1)]) < 5 / np.sqrt(20_000))


@pytest.mark.parametrize("correlation", [0.5, 1.0])
def test_classes_vary_together_as_far_as_asked(correlation: float) -> None:
    statistics = PLAIN.with_rate_spread(0.4, correlation)
    rates = np.array([draw_rates(statistics, np.random.default_rng([5, die])) for die in range(5_000)])
    found = np.corrcoef(rates.T)[np.triu_indices(4, 1)]
    assert np.allclose(found, correlation, atol=5 / np.sqrt(5_000))


def test_only_the_classes_that_are_asked_to_vary_do() -> None:
    statistics = PLAIN.replace(short_rate_spread=0.5, stuck_p_rate_spread=0.2, rate_correlation=1.0)
    rates = np.array([draw_rates(statistics, np.random.default_rng([6, die])) for die in range(5_000)])
    assert np.all(rates[:, [1, 3]] == [0.008, 0.004])
    assert np.allclose((rates.std(axis=0) / rates.mean(axis=0))[[0, 2]], [0.5, 0.2], rtol=0.1)


def test_rates_that_would_add_up_to_more_than_one_are_held_there() -> None:
    statistics = DefectStatistics(short=0.5, open=0.5).with_rate_spread(1.0)
    rates = np.array([draw_rates(statistics, np.random.default_rng([7, die])) for die in range(200)])
    assert rates.sum(axis=1).max() <= 1 + 1e-12


def test_clusters_keep_the_rate_of_every_class_everywhere_in_a_kernel() -> None:
    statistics = DefectStatistics(short=0.01, open=0.005, stuck_ap=0.003, spatial_clustering=1.5, spatial_range=1.5)
    defect = sample_population(BORDERS, CELL, statistics, 60, seed=8).defect
    border = np.ones((25, 25), bool)
    border[2:-2, 2:-2] = False
    for kind, rate in ((Defect.SHORT, 0.01), (Defect.OPEN, 0.005), (Defect.STUCK_AP, 0.003)):
        for part in (border, ~border):
            cells = defect[:, :, part]
            # A cluster's defects come 2.5 at a time: the variance of a count is 2.5 times that of lone ones.
            assert abs(np.mean(cells == kind) - rate) < 5 * np.sqrt(2.5 * rate / cells.size)
    assert not np.any(defect == Defect.STUCK_P)


def test_clusters_put_defects_of_one_class_side_by_side() -> None:
    def neighbours(clustering: float) -> float:
        statistics = DefectStatistics(short=0.01, spatial_clustering=clustering)
        shorts = sample_population(BORDERS, CELL, statistics, 10, seed=9).defect == Defect.SHORT
        return float(np.mean((shorts[..., 1:] & shorts[..., :-1]).sum() / shorts.sum()))

    assert neighbours(1.0) > 4 * neighbours(0.0)


def test_a_broken_line_opens_all_of_its_cells() -> None:
    statistics = DefectStatistics(spread=0.05, open_row=0.05, open_col=0.03)
    population = sample_population(BORDERS, CELL, statistics, 20, seed=10)
    is_open = population.defect == Defect.OPEN
    rows, cols = is_open.all(axis=3), is_open.all(axis=2)
    assert np.array_equal(is_open, rows[..., None] | cols[..., None, :])
    assert not population.g_p[is_open].any()
    assert abs(rows.mean() - 0.05) < 5 * np.sqrt(0.05 / rows.size)
    assert abs(cols.mean() - 0.03) < 5 * np.sqrt(0.03 / cols.size)


def test_tmr_spreads_within_and_between_dies_and_never_below_zero() -> None:
    statistics = DefectStatistics(spread=0.05, tmr_spread=0.08, die_tmr_spread=0.1)
    population = sample_population(BORDERS, CELL, statistics, 40, seed=11)
    r_p, r_ap = 1 / population.g_p - CELL.r_access, 1 / population.g_ap - CELL.r_access
    logarithm = np.log((r_ap / r_p - 1) / CELL.tmr)
    assert np.allclose(logarithm.std(axis=(1, 2, 3)), 0.08, rtol=0.03)
    assert abs(logarithm.mean(axis=(1, 2, 3)).std() / 0.1 - 1) < 0.45  # four deviations of one from 40 dies


def test_shorts_differ_about_their_median_strength() -> None:
    statistics = DefectStatistics(short=0.05, short_strength=2.3, short_spread=0.2)
    population = sample_population(BORDERS, CELL, statistics, 2, seed=12)
    shorts = population.defect == Defect.SHORT
    strengths = np.log(population.g_p[shorts] / CELL.g_p)
    assert np.array_equal(population.g_p[shorts], population.g_ap[shorts])
    assert abs(strengths.mean() - np.log(2.3)) < 0.03
    assert abs(strengths.std() / 0.2 - 1) < 0.1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"short_rate_spread": -0.1}, "short_rate_spread must be a non-negative number, not -0.1"),
        ({"rate_correlation": 1.5}, "rate_correlation must be a rate from 0 to 1, not 1.5"),
        ({"open_row": -1.0}, "open_row must be a rate from 0 to 1, not -1.0"),
        ({"spatial_range": 0.0}, "spatial_range must be above 0 and at most 16, not 0.0"),
        (
            {"spatial_clustering": 9.0, "spatial_range": 0.5},
            "spatial_clustering must be from 0 to 0.951 at a spatial_range of 0.5, not 9.0",
        ),
        ({"tmr_spread": float("nan")}, "tmr_spread must be a non-negative number, not nan"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(changes: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^defect statistics: {re.escape(sentence)}"):
        DefectStatistics(**changes)


def test_a_cluster_as_dense_as_can_be_is_drawn() -> None:
    statistics = DefectStatistics(short=0.01, spatial_range=1.0, spatial_clustering=5.7)
    assert sample_population(BORDERS, CELL, statistics, 1, seed=13).counts()["short"][0] > 0
