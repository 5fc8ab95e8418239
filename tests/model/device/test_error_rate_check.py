# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from spintile.model.device import Junction, butler_error_rate, error_rate
from spintile.model.device.macrospin.error_rate_check import (
    CAMPAIGN,
    JUNCTIONS,
    QUICK,
    Point,
    check_error_rates,
    closed_form,
    save_check,
)


@pytest.fixture(scope="module")
def quick() -> dict[str, Any]:
    """The quick slice: both regimes, fixed seeds, trajectories of the stochastic Landau-Lifshitz-Gilbert equation."""
    return check_error_rates(QUICK, seed=20, trajectories=1024, replicates=12)


def test_closed_forms_agree_with_trajectories_in_both_regimes(quick: dict[str, Any]) -> None:
    assert {row["regime"] for row in quick["points"]} == {"thermal", "precessional"}
    assert quick["agrees"], [row for row in quick["points"] if not row["inside"]]
    simulated = [row["simulated"] for row in quick["points"]]
    assert min(simulated) < 1e-5
    assert max(simulated) > 0.05


def test_the_fokker_planck_equation_agrees_with_trajectories(quick: dict[str, Any]) -> None:
    assert quick["fokker_planck_outside"] == 0


def test_a_barrier_that_is_off_by_a_tenth_is_noticed(quick: dict[str, Any]) -> None:
    def wrong(junction: Junction, point: Point) -> float:
        weaker = junction.replace(delta_ap=0.9 * junction.delta_ap)
        return closed_form(weaker, point)

    assert outside(quick, wrong) >= 2


def test_butlers_formula_as_published_is_noticed(quick: dict[str, Any]) -> None:
    def butler(junction: Junction, point: Point) -> float:
        return float(butler_error_rate(junction, False, point.drive * junction.v_c0_to_p, point.width))

    above = {"points": [row for row in quick["points"] if row["drive"] > 1 and row["drive"] < 3]}
    assert outside(above, butler) == len(above["points"])


def test_a_damping_that_is_off_by_a_twentieth_is_noticed(quick: dict[str, Any]) -> None:
    def wrong(junction: Junction, point: Point) -> float:
        return closed_form(junction.replace(damping=1.05 * junction.damping), point)

    assert outside(quick, wrong) >= 2


def outside(report: dict[str, Any], law: Any) -> int:
    """Points whose interval a law misses."""
    names = ("junction", "drive", "width", "event")
    points = [(Point(**{name: row[name] for name in names}), row) for row in report["points"]]
    return sum(not row["low"] <= law(JUNCTIONS[point.junction], point) <= row["high"] for point, row in points)


def test_a_wrong_law_makes_the_check_disagree() -> None:
    points = (Point("low-barrier", 2.0, 0.37), Point("low-barrier", 1.0, 0.8))
    done: list[tuple[int, int]] = []
    report = check_error_rates(
        points,
        trajectories=500,
        replicates=4,
        law=lambda junction, point: 2 * closed_form(junction, point),
        progress=lambda *counts: done.append(counts),
    )
    assert not report["agrees"]
    # The interpolated point is wrong as well, and is not judged.
    assert (report["judged"], report["outside"]) == (1, 1)
    assert done == [(1, 2), (2, 2)]


def test_the_campaign_spans_both_regimes_and_rates_from_1e_5_to_1e_1() -> None:
    rates: dict[str, list[float]] = {}
    for point in CAMPAIGN:
        rates.setdefault(point.regime, []).append(closed_form(JUNCTIONS[point.junction], point))
    assert set(rates) == {"thermal", "interpolation", "precessional"}
    for regime in ("thermal", "precessional"):
        assert min(rates[regime]) < 1.1e-5
        assert max(rates[regime]) > 0.08


def test_a_report_is_json(quick: dict[str, Any], tmp_path: Path) -> None:
    save_check(quick, tmp_path / "check.json")
    assert json.loads((tmp_path / "check.json").read_text()) == quick


def test_the_closed_form_of_an_error_is_that_of_the_device() -> None:
    junction = JUNCTIONS["mtj-40nm"]
    assert closed_form(junction, Point("mtj-40nm", 2.0, 3.0)) == error_rate(junction, False, 1.5, 3.0)
