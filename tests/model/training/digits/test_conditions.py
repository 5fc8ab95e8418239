# SPDX-License-Identifier: BSD-3-Clause
"""Conditions: rates of each class, wires, repair, and statistics fitted after self-test."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from spintile.model.dies import Defect
from spintile.model.training.digits.conditions import FIRST_FITTED, SEGMENT, Conditions


def test_opens_and_stuck_devices_have_half_the_rate_of_shorts() -> None:
    statistics = Conditions(rate=1.0, strength=2.3).chip().statistics
    rates = (statistics.short, statistics.open, statistics.stuck_p, statistics.stuck_ap)
    assert rates == pytest.approx((0.01, 0.005, 0.005, 0.005))
    assert (statistics.short_strength, statistics.spread) == (2.3, 0.05)


@pytest.mark.parametrize(
    ("repair", "mode", "flags"), [("none", "none", False), ("blind", "check", False), ("flags", "check", True)]
)
def test_repairs_are_modes_of_the_chip(repair: Any, mode: str, flags: bool) -> None:
    given = Conditions(repair=repair)
    assert (given.chip().repair_mode, given.flags) == (mode, flags)


def test_wires_are_there_or_ideal() -> None:
    assert Conditions(wires=True).chip().wires.row_segment == SEGMENT
    assert Conditions(wires=False).chip().wires.ideal


def test_dies_are_the_same_for_every_repair_and_differ_by_identifier() -> None:
    one, other = (Conditions(rate=1.0, repair=repair).dies([3]) for repair in ("none", "flags"))
    np.testing.assert_array_equal(one.g_p, other.g_p)
    np.testing.assert_array_equal(one.g_p, Conditions(rate=1.0).dies(4).select([3]).g_p)
    assert not np.array_equal(one.g_p, Conditions(rate=1.0).dies([4]).g_p)


def test_conditions_pass_through_json() -> None:
    given = Conditions(0.5, 2.3, False, "blind")
    assert Conditions(**json.loads(json.dumps(given.as_dict()))) == given


def test_fitted_statistics_are_near_the_true_ones_and_of_other_dies() -> None:
    given = Conditions(rate=1.0, wires=False)
    found = given.fitted_chip(12).statistics
    assert found.short == pytest.approx(0.01, rel=0.15)
    assert found.stuck_p == pytest.approx(0.005, rel=0.25)
    assert found.short_strength == pytest.approx(6.0, rel=0.05)
    seen = given.dies(range(FIRST_FITTED, FIRST_FITTED + 12))
    counts = [np.count_nonzero(dies.defect == Defect.SHORT) for dies in (seen, given.dies(12))]
    assert counts[0] != counts[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": -1.0}, "rate must be from 0 to 40 percent, not -1.0"),
        ({"strength": 0.0}, "strength must be a positive number, not 0.0"),
        ({"repair": "all"}, "repair must be one of none, blind, flags, not 'all'"),
    ],
)
def test_what_is_out_of_range_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Conditions(**changes)
