# SPDX-License-Identifier: BSD-3-Clause
"""Claims, verdicts, and the range of a few seeds."""

from __future__ import annotations

import pytest
from spintile.cli.flows.reproduce.claims import Claim, MeanInterval, MedianInterval, claim_checks, claims_section


def test_the_range_of_five_values_covers_the_median_with_94_percent() -> None:
    found = MedianInterval.of([5.0, 1.0, 2.0, 9.0, 4.0])
    assert (found.median, found.low, found.high) == (4.0, 1.0, 9.0)
    assert found.coverage == pytest.approx(0.9375)
    assert found.text() == "1.0 … 9.0 % (94 %)"


def test_one_value_has_no_interval_and_none_no_median() -> None:
    assert MedianInterval.of([5.0]).text() == "one seed: none"
    with pytest.raises(ValueError, match="at least one value, not none"):
        MedianInterval.of([])


def test_only_judged_claims_are_checked_and_all_are_shown() -> None:
    shown = Claim("a", "≥ 1", "0", "", False, judged=False)
    judged = Claim("b", "≥ 1", "2", "1 … 3", True)
    assert [check.name for check in claim_checks([shown, judged])] == ["b"]
    rows = claims_section([shown, judged]).rows
    assert [row[-1] for row in rows] == ["does not hold", "holds"]
    assert judged.as_dict()["verdict"] == "holds"


def test_the_interval_of_a_mean_is_students() -> None:
    found = MeanInterval.of([1.0, 2.0, 3.0])
    # t of 2 degrees of freedom: 4.303; standard error 1 / sqrt(3).
    assert (found.mean, found.high - found.mean) == pytest.approx((2.0, 4.3027 / 3**0.5), rel=1e-4)
    assert found.text(" points") == "-0.48 … 4.48 points"
    assert found.as_dict()["low"] == found.low


def test_one_seed_has_no_interval_of_its_mean_and_none_no_mean() -> None:
    found = MeanInterval.of([5.0])
    assert (found.low, found.high, found.text()) == (5.0, 5.0, "one seed: none")
    with pytest.raises(ValueError, match="at least one value, not none"):
        MeanInterval.of([])
