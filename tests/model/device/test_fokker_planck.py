# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.device.macrospin.fokker_planck import error_rates


def test_rates_converge_with_the_grid() -> None:
    for drive, times in ((2.0, [3.3, 7.9]), (0.8, [50.0, 300.0]), (1.0, [10.0, 20.0])):
        coarse, fine = (error_rates(60.0, drive, times, cells=cells) for cells in (400, 800))
        assert coarse == pytest.approx(fine, rel=3e-3)


def test_without_drive_the_well_is_left_at_browns_rate() -> None:
    delta, times = 12.0, np.array([2000.0, 6000.0])
    survived = error_rates(delta, 0.0, times)
    # Two wells: the difference to 1/2 decays at twice the escape rate. Brown 1963 with his first correction.
    decay = -np.diff(np.log(survived - 0.5))[0] / np.diff(times)[0]
    brown = 2 * np.sqrt(delta / np.pi) * np.exp(-delta) * (1 - 1 / delta)
    # The next correction is of order 1 / delta^2.
    assert decay == pytest.approx(brown, rel=0.02)


def test_probability_stays_within_bounds_and_falls_with_time() -> None:
    rates = error_rates(40.0, 1.5, [0.1, 1.0, 3.0, 6.0])
    assert np.all((rates > 0) & (rates <= 1))
    assert np.all(np.diff(rates) < 0)


def test_a_pulse_against_the_other_state_does_nothing() -> None:
    assert error_rates(40.0, -2.0, [10.0])[0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [0.0, 1.0], [2.0, 1.0]])
def test_widths_that_are_not_increasing_are_refused(times: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^pulse widths must be positive and increasing, not \["):
        error_rates(40.0, 1.5, times)
