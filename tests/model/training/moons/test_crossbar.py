# SPDX-License-Identifier: BSD-3-Clause
"""Writing errors have the published moments, and tables that are none are refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from spintile.model.training.moons import WritingErrors, load_disturbance, own_disturbance

CLEAN = dataclasses.replace(WritingErrors(), stuck_low=0.0, stuck_high=0.0)


def draws(errors: WritingErrors, target: float, later: int, count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    targets, writes = np.array([target], np.float32), np.array([later])
    conductance, stuck = errors.draw(targets, writes, count, np.random.default_rng(1))
    return conductance[:, 0].astype(float), stuck[:, 0]


def tuning_agrees(errors: WritingErrors) -> bool:
    """Relative error of a device without later writes: N(-0.589, 0.339) % and the tuning error, added."""
    error = 100 * (draws(errors, 300.0, 0)[0] / 300 - 1)
    sigma = np.hypot(-6.24e-4 * 300 + 0.691, 0.339)
    # Five standard errors of 40,000 draws.
    return abs(error.mean() + 0.589) < 5 * sigma / 200 and abs(error.std() / sigma - 1) < 5 / 280


def test_a_device_without_later_writes_has_the_published_tuning_error() -> None:
    assert tuning_agrees(CLEAN)


@pytest.mark.parametrize("fault", [{"slope": 0.0}, {"offset_mean": 0.0}, {"offset_sigma": 0.0}, {"intercept": 0.5}])
def test_another_tuning_error_is_seen(fault: dict[str, float]) -> None:
    assert not tuning_agrees(dataclasses.replace(CLEAN, **fault))


@pytest.mark.parametrize(
    ("later", "mean", "sigma"),
    [
        (1, -0.6265, 8.2224),
        (6, -3.9604, 14.5881),
        (14, -8.4961, 17.0337),
        (23, -8.5838, 20.1263),
        (42, -5.0066, 20.8017),
    ],
)
def test_the_table_is_within_a_microsiemens_or_so_of_what_was_published(later: int, mean: float, sigma: float) -> None:
    found = CLEAN.change(np.array([later]))
    assert abs(found[0][0] - mean) < 1.2
    assert abs(found[1][0] - sigma) < 1.2


def test_without_later_writes_nothing_changes_and_beyond_the_table_its_end_holds() -> None:
    mean, sigma = CLEAN.change(np.array([0, 53, 63]))
    assert (mean[0], sigma[0]) == (0, 0)
    assert (mean[1], sigma[1]) == (mean[2], sigma[2])


def test_stuck_devices_are_as_many_and_where_they_were_published() -> None:
    errors = dataclasses.replace(CLEAN, stuck_low=0.1, stuck_high=0.1)
    values, stuck = draws(errors, 300.0, 5)
    assert abs(stuck.mean() - 0.2) < 0.01
    low, high = values[stuck & (values > 150)], values[stuck & (values <= 150)]
    assert abs(low.mean() - 573) < 8
    assert high.min() >= 10
    assert high.max() <= 100
    assert not draws(CLEAN, 300.0, 5)[1].any()


def test_no_conductance_is_negative() -> None:
    assert draws(CLEAN, 0.0, 29)[0].min() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first line must be later_writes,mean_uS,sigma_uS, not 'nothing'"),
        ("a,b\n", "first line must be later_writes,mean_uS,sigma_uS, not 'a,b'"),
        ("later_writes,mean_uS,sigma_uS\n1,2\n", "line 2 must be three numbers, not '1,2'"),
        ("later_writes,mean_uS,sigma_uS\n1,0,3\n2,x,3\n", "line 3 must be three numbers, not '2,x,3'"),
        ("later_writes,mean_uS,sigma_uS\n2,0,3\n1,0,3\n", "later_writes must rise from 1 or more, not 1 after 2"),
        ("later_writes,mean_uS,sigma_uS\n1,0,-3\n", "sigma_uS must not be negative, not -3 at 1 later writes"),
        ("later_writes,mean_uS,sigma_uS\n", "disturbance must have at least one row, not none"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "drift.csv"
    path.write_text(text)
    with pytest.raises(ValueError) as error:
        load_disturbance(path)
    assert str(error.value) == f"{path}: {said}"


def test_a_table_is_read_and_a_missing_one_named(tmp_path: Path) -> None:
    path = tmp_path / "drift.csv"
    path.write_text("later_writes,mean_uS,sigma_uS\n1,-2,3\n10,4,5\n")
    assert load_disturbance(path) == ((1, -2, 3), (10, 4, 5))
    assert len(own_disturbance()) == 13
    with pytest.raises(ValueError, match="there is no such file"):
        load_disturbance(tmp_path / "none.csv")


def test_shares_of_stuck_devices_are_shares() -> None:
    with pytest.raises(ValueError, match="stuck_low must be from 0 to"):
        WritingErrors(stuck_low=0.7)
