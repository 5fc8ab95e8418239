# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
from pathlib import Path

import pytest
from spintile.model.dies import DefectStatistics


def test_a_file_gives_back_the_same_statistics(tmp_path: Path) -> None:
    statistics = DefectStatistics(0.051, 0.02, 0.002, 0.001, 0.0005, 1e-9, 2.3)
    statistics.save(tmp_path / "statistics.toml")
    assert DefectStatistics.load(tmp_path / "statistics.toml") == statistics


def test_whole_numbers_written_by_hand_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "statistics.toml"
    path.write_text("format_version = 1\nshort = 0\nshort_strength = 6\n")
    assert DefectStatistics.load(path) == DefectStatistics()


@pytest.mark.parametrize("name", ["short", "open", "stuck_p", "stuck_ap"])
@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), float("inf"), "0.1", True])
def test_a_rate_that_is_none_is_refused_by_name(name: str, value: object) -> None:
    sentence = f"defect statistics: {name} must be a rate from 0 to 1, not {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        DefectStatistics(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["spread", "die_spread"])
def test_a_negative_spread_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^defect statistics: {name} must be a non-negative number, not -0.1$"):
        DefectStatistics(**{name: -0.1})


def test_a_short_that_conducts_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^defect statistics: short_strength must be a positive number, not 0.0$"):
        DefectStatistics(short_strength=0.0)


def test_rates_that_sum_to_more_than_one_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"the sum of short, open, stuck_p, stuck_ap, pinhole must be at most 1, not 1.5$"
    ):
        DefectStatistics(short=0.75, stuck_p=0.75)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("spread = 0.1\n", "format_version must be 1, not None"),
        ("format_version = 2\n", "format_version must be 1, not 2"),
        ("format_version = 1\nshorts = 0.1\n", "fields must be among die_spread, "),
        ("format_version = 1\nshort = nan\n", "defect statistics: short must be a rate from 0 to 1, not nan"),
        ("format_version = 1\nspread = 11\n", "defect statistics: spread must be at most 10, not 11"),
        ("format_version = \n", "must be a TOML file: "),
        ("\0\1\2", "must be a TOML file: "),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "statistics.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: {re.escape(sentence)}"):
        DefectStatistics.load(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent.toml: there is no such file$"):
        DefectStatistics.load(tmp_path / "absent.toml")
