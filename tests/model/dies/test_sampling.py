# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import Defect, DefectStatistics, sample_population
from spintile.model.geometry import preset

BORDERS = preset("borders")
CELL = Cell.preset("borders")


def test_a_die_depends_only_on_seed_and_identifier() -> None:
    many = sample_population(BORDERS, CELL, DefectStatistics.demo(), 4, seed=5)
    one = sample_population(BORDERS, CELL, DefectStatistics.demo(), [3], seed=5)
    assert np.array_equal(many.g_p[3:], one.g_p)
    assert np.array_equal(many.g_ap[3:], one.g_ap)
    assert np.array_equal(many.defect[3:], one.defect)
    assert one.die_ids.tolist() == [3]


def test_other_seeds_and_other_dies_differ() -> None:
    first = sample_population(BORDERS, CELL, DefectStatistics.demo(), 2, seed=5)
    second = sample_population(BORDERS, CELL, DefectStatistics.demo(), 2, seed=6)
    assert not np.array_equal(first.g_p[0], first.g_p[1])
    assert not np.array_equal(first.g_p[0], second.g_p[0])


def test_defects_conduct_as_their_class_says() -> None:
    statistics = DefectStatistics(spread=0.05, short=0.1, open=0.1, stuck_p=0.1, stuck_ap=0.1, short_strength=2.5)
    population = sample_population(BORDERS, CELL, statistics, 1, seed=0)
    healthy = sample_population(BORDERS, CELL, statistics.replace(short=0, open=0, stuck_p=0, stuck_ap=0), 1, seed=0)
    kind = {defect: population.defect == defect for defect in Defect}
    for written in (population.g_p, population.g_ap):
        assert np.all(written[kind[Defect.SHORT]] == 2.5 * CELL.g_p)
        assert np.all(written[kind[Defect.OPEN]] == 0)
        assert np.array_equal(written[kind[Defect.STUCK_P]], healthy.g_p[kind[Defect.STUCK_P]])
        assert np.array_equal(written[kind[Defect.STUCK_AP]], healthy.g_ap[kind[Defect.STUCK_AP]])
    assert np.array_equal(population.g_p[kind[Defect.NONE]], healthy.g_p[kind[Defect.NONE]])
    assert np.array_equal(population.g_ap[kind[Defect.NONE]], healthy.g_ap[kind[Defect.NONE]])


def test_rates_are_met_within_five_standard_deviations() -> None:
    statistics = DefectStatistics(short=0.02, open=0.01, stuck_p=0.03, stuck_ap=0.005)
    population = sample_population(BORDERS, CELL, statistics, 10, seed=1)
    devices = population.defect.size
    for name in ("short", "open", "stuck_p", "stuck_ap"):
        rate = getattr(statistics, name)
        found = int(population.counts()[name].sum())
        # Binomial: five standard deviations miss once in two million; the seed is fixed anyway.
        assert abs(found - rate * devices) < 5 * np.sqrt(devices * rate * (1 - rate))


def test_spread_is_of_the_junction_and_within_a_die_and_between_dies() -> None:
    statistics = DefectStatistics(spread=0.05, die_spread=0.1)
    population = sample_population(BORDERS, CELL, statistics, 60, seed=2)
    log_ratio = np.log((1 / population.g_p - CELL.r_access) / CELL.r_p)
    within = log_ratio.std(axis=(1, 2, 3))
    # 20,000 devices estimate a deviation to 0.5 %, 60 dies to 9 %: four of each.
    assert np.all(np.abs(within / 0.05 - 1) < 0.02)
    assert abs(log_ratio.mean(axis=(1, 2, 3)).std() / 0.1 - 1) < 0.36
    assert np.allclose((1 / population.g_ap - CELL.r_access) / (1 / population.g_p - CELL.r_access), 1 + CELL.tmr)


def test_no_spread_and_no_defects_is_the_nominal_die() -> None:
    population = sample_population(BORDERS, CELL, DefectStatistics(), 1, seed=3)
    assert np.all(population.g_p == CELL.g_p)
    assert np.all(population.g_ap == CELL.g_ap)


def test_requests_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^dies must be at least one non-negative identifier, not 0$"):
        sample_population(BORDERS, CELL, DefectStatistics(), 0, seed=0)
    with pytest.raises(ValueError, match=r"^seed must be a non-negative integer, not -1$"):
        sample_population(BORDERS, CELL, DefectStatistics(), 1, seed=-1)
