# SPDX-License-Identifier: BSD-3-Clause
"""Statistics fitted back to drawn dies, and the intervals that say how surely."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spintile.model import files
from spintile.model.device import Cell
from spintile.model.dies import Defect, DefectStatistics, Population, ideal_population, sample_population
from spintile.model.dies.fitting import (
    Fit,
    coverage_campaign,
    draw_fit,
    fit_statistics,
    goodness_of_fit,
    load_fit,
    population_digest,
    save_fit,
)
from spintile.model.dies.fitting.spatial import cluster_estimates, count_pairs, find_broken_lines
from spintile.model.geometry import preset

BORDERS, CELL = preset("borders"), Cell.preset("borders")
#: A small chip of goodwill's size, drawn in a tenth of the time.
SMALL = preset("goodwill")
TRUTH = DefectStatistics(
    spread=0.05,
    die_spread=0.04,
    short=0.004,
    open=0.003,
    stuck_p=0.002,
    stuck_ap=0.001,
    short_strength=2.3,
    tmr_spread=0.03,
    die_tmr_spread=0.02,
    short_spread=0.15,
    spatial_clustering=0.8,
    spatial_range=1.5,
    open_row=0.004,
    open_col=0.002,
).with_rate_spread(0.4, 0.5)


@pytest.fixture(scope="module")
def population() -> Population:
    return sample_population(BORDERS, CELL, TRUTH, 36, seed=21)


@pytest.fixture(scope="module")
def fit(population: Population) -> Fit:
    return fit_statistics(population, r_access=CELL.r_access, level=0.999)


def test_every_field_of_the_statistics_is_recovered_within_its_interval(fit: Fit) -> None:
    truth = dataclasses.asdict(TRUTH) | {"r_p": CELL.r_p, "tmr": CELL.tmr}
    assert set(fit.estimates) == set(truth) - {"pinhole"}
    # 99.9 % intervals of 23 fields, one fixed seed.
    missed = [name for name, (_, low, high) in fit.estimates.items() if not low <= truth[name] <= high]
    assert missed == []


def test_the_rate_of_pinholes_is_fitted_where_some_are_marked_and_drawn_again(tmp_path: Path) -> None:
    truth = TRUTH.replace(pinhole=0.004)
    found = fit_statistics(sample_population(BORDERS, CELL, truth, 12, seed=22), r_access=CELL.r_access, level=0.999)
    _, low, high = found.estimates["pinhole"]
    assert 0.003 < low < 0.004 < high < 0.005
    save_fit(found, tmp_path / "fit.toml")
    assert load_fit(tmp_path / "fit.toml") == found
    assert load_fit(tmp_path / "fit.toml").statistics.pinhole == found.estimates["pinhole"].value


def test_a_rate_of_pinholes_that_is_half_is_outside_of_the_interval() -> None:
    dies = sample_population(BORDERS, CELL, TRUTH.replace(pinhole=0.002), 12, seed=22)
    found = fit_statistics(dies, r_access=CELL.r_access, level=0.999)
    assert not found.estimates["pinhole"].low <= 0.004 <= found.estimates["pinhole"].high


def test_a_fit_reads_its_file_once(fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fit.toml"
    save_fit(fit, path)
    reads = []
    plain = files.read_text

    def counted(path: Path, *args: Any) -> str:
        reads.append(path)
        return plain(path, *args)

    monkeypatch.setattr(files, "read_text", counted)
    assert load_fit(path) == fit
    assert reads == [path]


def test_the_intervals_exclude_other_processes(fit: Fit) -> None:
    for name, (value, low, high) in fit.estimates.items():
        if name == "rate_correlation":
            continue  # of 36 dies it is known to a third at best
        assert low <= value <= high
        assert high < 2.5 * value
        assert low > 0.3 * value


def test_a_defect_more_or_less_changes_its_rate_alone(population: Population, fit: Fit) -> None:
    defect = population.defect.copy()
    defect[np.unravel_index(np.flatnonzero(defect == Defect.STUCK_AP)[0], defect.shape)] = Defect.STUCK_P
    changed = fit_statistics(dataclasses.replace(population, defect=defect), r_access=CELL.r_access, level=0.999)
    different = {
        name for name in ("short", "open", "stuck_p", "stuck_ap") if changed.estimates[name] != fit.estimates[name]
    }
    assert different == {"stuck_p", "stuck_ap"}


def test_a_small_campaign_through_populations_reports_coverage_and_bias() -> None:
    statistics = DefectStatistics(spread=0.05, die_spread=0.02, short=0.01, open=0.006, stuck_p=0.004, stuck_ap=0.002)
    told: list[float] = []
    report = coverage_campaign(
        SMALL,
        Cell.preset("goodwill"),
        statistics,
        repetitions=40,
        rate_spreads=(0.0, 0.6),
        progress=lambda _, done: told.append(done),
    )
    assert [case["rate_spread"] for case in report["cases"]] == [0.0, 0.6]
    assert told[39] == told[-1] == 1.0
    for case in report["cases"]:
        for name in ("short", "open", "stuck_p", "stuck_ap"):
            found = case["fields"][name]
            # Of 40 intervals 38 should cover; fewer than 33 come once in 500.
            assert found["coverage"] >= 33 / 40
            assert abs(found["deviation"]) < 4
        assert case["fields"]["spread"]["coverage"] >= 33 / 40
        assert case["fields"]["die_spread"]["coverage"] >= 33 / 40


def test_a_campaign_whose_truth_is_another_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from spintile.model.dies.fitting import coverage

    drawn = coverage.sample_population

    def worse(geometry, cell, statistics, dies, seed):  # type: ignore[no-untyped-def]
        return drawn(geometry, cell, statistics.replace(short=2 * statistics.short), dies, seed)

    monkeypatch.setattr(coverage, "sample_population", worse)
    report = coverage_campaign(
        SMALL, Cell.preset("goodwill"), DefectStatistics(short=0.01), repetitions=20, rate_spreads=[0.3]
    )
    assert report["cases"][0]["fields"]["short"]["coverage"] < 0.5
    assert report["passed"] is False


def test_broken_lines_are_found_and_no_others(population: Population) -> None:
    without_lines = TRUTH.replace(open_row=0.0, open_col=0.0)
    lines = find_broken_lines(population)
    before = sample_population(BORDERS, CELL, without_lines, 36, seed=21)
    assert not find_broken_lines(before).cells.any()
    is_open = population.defect == Defect.OPEN
    assert np.array_equal(lines.rows, is_open.all(axis=3))
    assert np.array_equal(lines.cols, is_open.all(axis=2))


def test_a_line_crossed_by_many_broken_ones_is_not_broken_itself() -> None:
    population = ideal_population(SMALL, CELL)
    defect = population.defect.copy()
    defect[0, 0, :, :9] = Defect.OPEN  # nine of fifteen columns
    defect[0, 1, 4, :] = Defect.OPEN
    lines = find_broken_lines(dataclasses.replace(population, defect=defect))
    assert lines.rows[0].sum(axis=1).tolist() == [0, 1]
    assert lines.cols[0].sum(axis=1).tolist() == [9, 0]


def test_over_dispersion_does_not_pass_for_clustering() -> None:
    statistics = DefectStatistics(short=0.005, open=0.003).with_rate_spread(1.0)
    population = sample_population(BORDERS, CELL, statistics, 36, seed=31)
    clustering, _ = cluster_estimates(count_pairs(population, np.zeros(population.shape, bool)), 0.999)
    assert clustering.low == 0
    assert abs(clustering.value) < 0.1


def test_pairs_are_counted_by_their_distance() -> None:
    population = ideal_population(SMALL, CELL)
    defect = population.defect.copy()
    for place in ((0, 2, 3), (0, 2, 4), (0, 5, 3), (1, 0, 0)):
        defect[(0, *place)] = Defect.SHORT
    defect[0, 0, 2, 5] = Defect.OPEN
    counts = count_pairs(dataclasses.replace(population, defect=defect), np.zeros(population.shape, bool))
    found = {(int(r), int(c)): counts.pairs[0, r, c] for r, c in np.argwhere(counts.pairs[0])}
    assert found == {(0, 1): 1, (3, 0): 1, (3, 1): 1}
    assert counts.all_pairs[0] == 6
    # Any two of 450 devices lie in one kernel with probability 224 / 449.
    assert math.isclose(counts.chance.sum(), 224 / 449)


def test_clusters_that_are_not_there_are_not_drawn_again() -> None:
    population = sample_population(BORDERS, CELL, DefectStatistics.demo(), 12, seed=3)
    fit = fit_statistics(population, r_access=CELL.r_access)
    assert fit.estimates["spatial_clustering"].low == 0
    assert fit.statistics.spatial_clustering == 0
    assert "no clusters: their interval includes 0" in fit.notes


def test_one_die_is_fitted_with_a_warning() -> None:
    population = sample_population(BORDERS, CELL, DefectStatistics.demo(), 1, seed=4)
    fit = fit_statistics(population, r_access=CELL.r_access)
    assert fit.estimates["die_spread"] == (0.0, 0.0, math.inf)
    assert any(note.startswith("one die: intervals of rates hold only if all dies are alike") for note in fit.notes)


def test_dies_without_spread_and_without_defects_are_fitted() -> None:
    fit = fit_statistics(ideal_population(BORDERS, CELL, 3), r_access=CELL.r_access)
    assert fit.statistics == DefectStatistics()
    assert math.isclose(fit.cell.r_p, CELL.r_p)
    assert math.isclose(fit.cell.tmr, CELL.tmr)
    assert "no short: its strength is the default" in fit.notes


def test_an_access_resistance_that_no_cell_has_room_for_is_refused(population: Population) -> None:
    with pytest.raises(
        ValueError, match=r"^cell: r_access must be below the \d+ Ohm of the best conducting healthy cell of die 0"
    ):
        fit_statistics(population, r_access=5000.0)
    with pytest.raises(ValueError, match=r"^r_access must be a non-negative resistance \[Ohm\], not -1.0$"):
        fit_statistics(population, r_access=-1.0)
    with pytest.raises(ValueError, match=r"^level must be above 0 and below 1, not 1.0$"):
        fit_statistics(population, r_access=0.0, level=1.0)


def test_dies_drawn_from_a_fit_are_fitted_to_the_same(fit: Fit) -> None:
    again = fit_statistics(fit.sample(BORDERS, 36, seed=5), r_access=CELL.r_access, level=0.999)
    known = fit.statistics.as_dict() | {"r_p": fit.cell.r_p, "tmr": fit.cell.tmr}
    assert [name for name, (_, low, high) in again.estimates.items() if not low <= known[name] <= high] == []


def test_a_file_gives_back_the_same_fit_and_serves_as_statistics(tmp_path: Path, fit: Fit) -> None:
    path = tmp_path / "fit.toml"
    save_fit(fit, path)
    assert load_fit(path) == fit
    assert DefectStatistics.load(path) == fit.statistics


def test_a_file_says_what_it_was_fitted_to(tmp_path: Path, population: Population, fit: Fit) -> None:
    save_fit(fit, tmp_path / "fit.toml")
    origin = load_fit(tmp_path / "fit.toml").origin
    assert origin["sha256"] == population_digest(population)
    assert origin["dies"] == 36
    assert origin["short_count"] == int(population.counts()["short"].sum())
    changed = dataclasses.replace(population, g_p=population.g_p * 1.0000001)
    assert population_digest(changed) != origin["sha256"]


def test_unbounded_intervals_and_awkward_names_survive_the_file(tmp_path: Path) -> None:
    population = sample_population(SMALL, CELL, DefectStatistics.demo(), 1, seed=4)
    fit = fit_statistics(population, r_access=CELL.r_access, source='a "quoted"\\name\n')
    save_fit(fit, tmp_path / "fit.toml")
    assert load_fit(tmp_path / "fit.toml") == fit


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[cell]", "[cells]", "fields must be among "),
        ("[intervals]\n", "[intervals]\nx = [1]\n", "intervals.x must be [estimate, low, high], not [1]"),
        ("level = 0.999", "level = 2.0", "fit.level must be above 0 and below 1, not 2.0"),
        ("r_access", "r_series", "cell.r_access must be given, and it is not"),
        ("tmr = 1.2", "tmr = -1.2", "cell: tmr must be a positive ratio, not -1.2"),
        ("\nshort = 0.0", "\nshort = 7.0", "defect statistics: short must be a rate from 0 to 1, not 7.0"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path: Path, fit: Fit, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "fit.toml"
    save_fit(fit, path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}: {sentence}')}"):
        load_fit(path)


def test_statistics_alone_are_no_fit(tmp_path: Path) -> None:
    DefectStatistics.demo().save(tmp_path / "s.toml")
    with pytest.raises(ValueError, match=r"s.toml: a fit must have a table \[cell\], and it has none$"):
        load_fit(tmp_path / "s.toml")


def test_the_dies_a_fit_was_made_from_look_like_those_it_draws(population: Population, fit: Fit) -> None:
    goodness = goodness_of_fit(population, fit, draws=30)
    assert min(goodness.p_values.values()) > 0.05
    assert all(abs(value) < 0.05 for value in goodness.shape.values())
    figure = draw_fit(fit, goodness)
    assert len(figure.axes) == 8
    assert figure.axes[0].get_title().startswith("short")


def test_dies_that_a_fit_does_not_describe_stand_out(population: Population, fit: Fit) -> None:
    alike = dataclasses.replace(fit, statistics=fit.statistics.with_rate_spread(0.0).replace(spatial_clustering=0.0))
    p_values = goodness_of_fit(population, alike, draws=30).p_values
    assert max(p_values["short"], p_values["open"], p_values["pairs"]) <= 1 / 31


def test_the_scatter_of_rounding_is_taken_out_of_spreads() -> None:
    truth = DefectStatistics(spread=0.05, tmr_spread=0.02, die_spread=0.02)
    drawn = sample_population(BORDERS, CELL, truth, 4, seed=3)
    step = 0.0073 * CELL.g_p  # a code of 12 bits over 1.2 x 25 rows
    rounded = {name: np.rint(getattr(drawn, name) / step) * step for name in ("g_p", "g_ap")}
    known = dataclasses.replace(drawn, **rounded, resolution=step)
    unknown = dataclasses.replace(known, resolution=0.0)
    exact, told, untold = (fit_statistics(each, r_access=CELL.r_access) for each in (drawn, known, unknown))
    assert told.statistics.tmr_spread == pytest.approx(exact.statistics.tmr_spread, rel=0.01)
    assert told.statistics.spread == pytest.approx(exact.statistics.spread, rel=0.002)
    assert untold.statistics.tmr_spread > 1.1 * exact.statistics.tmr_spread


def test_devices_that_all_share_a_code_have_no_spread_that_could_be_told() -> None:
    drawn = sample_population(SMALL, CELL, DefectStatistics(spread=0.001), 2, seed=3)
    step = 0.5 * CELL.g_p
    coarse = {name: np.maximum(np.rint(getattr(drawn, name) / step), i) * step for i, name in ((2, "g_p"), (1, "g_ap"))}
    fitted = fit_statistics(dataclasses.replace(drawn, **coarse, resolution=step), r_access=CELL.r_access / 4)
    assert fitted.statistics.spread == 0.0
