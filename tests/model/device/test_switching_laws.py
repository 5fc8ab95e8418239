# SPDX-License-Identifier: BSD-3-Clause
"""The closed forms against the Fokker-Planck equation; ``test_error_rate_check`` holds them against trajectories."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.device.macrospin.fokker_planck import error_rates
from spintile.model.device.switching_laws import (
    arrhenius_hazard,
    butler_hazard,
    hazard,
    incubation_time,
    precessional_amplitude,
    precessional_decay,
    precessional_hazard,
    thermal_hazard,
    thermal_rate,
)

DELTAS = (30.0, 60.0, 90.0)


def write_times(delta: float, drive: float, rates: list[float]) -> np.ndarray:
    """Widths at which the closed form has about these error rates."""
    return np.log(precessional_amplitude(delta, drive) / np.array(rates)) / precessional_decay(delta, drive)


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize("drive", [1.2, 1.5, 2.0, 3.0, 5.0])
def test_precessional_law_follows_the_fokker_planck_equation(delta: float, drive: float) -> None:
    times = write_times(delta, drive, [1e-1, 1e-2, 1e-3, 1e-5, 1e-7])
    ratio = np.exp(-precessional_hazard(delta, drive, times)) / error_rates(delta, drive, times)
    # What README.md states.
    assert ratio == pytest.approx(1.0, abs=0.035)


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize("drive", [0.6, 0.7, 0.75, 0.8])
def test_thermal_law_follows_the_fokker_planck_equation(delta: float, drive: float) -> None:
    times = 60 + np.array([0.5, 2.0, 8.0, 11.5]) / thermal_rate(delta, drive)
    exact = -np.log(error_rates(delta, drive, times))
    # What README.md states: the exponent to 2 %.
    assert thermal_hazard(delta, drive, times) / exact == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("drive", [0.0, 0.3, 0.5])
def test_rate_at_high_barriers_approaches_brown(drive: float) -> None:
    delta = 600 / (1 - drive) ** 2
    brown = (1 - drive) * (1 - drive**2) * np.sqrt(delta / np.pi) * np.exp(-600.0)
    assert thermal_rate(delta, drive) == pytest.approx(brown, rel=0.01)
    assert arrhenius_hazard(delta, drive, 1.0, 2.0) == pytest.approx(brown, rel=1e-12)


@pytest.mark.parametrize("delta", [40.0, 60.0])
def test_interpolated_exponent_is_near_the_exact_one(delta: float) -> None:
    # Not a law: this measures how far off the declared interpolation is, at pulses past the incubation time.
    times = np.array([20.0, 40.0])
    for drive in (0.85, 0.9, 1.0, 1.1, 1.15):
        exact = -np.log(error_rates(delta, drive, times))
        assert hazard(delta, drive, times) / exact == pytest.approx(1.0, abs=0.08)


def test_butlers_formula_is_off_by_the_curvature_of_the_path_and_more_near_the_critical_drive() -> None:
    delta = 60.0
    for drive, at_least in ((2.0, 1.5), (1.5, 2.5), (1.2, 5.0)):
        times = write_times(delta, drive, [1e-1, 1e-5])
        ratio = np.exp(-butler_hazard(delta, drive, times)) / error_rates(delta, drive, times)
        assert ratio[0] > at_least
        assert ratio[1] > ratio[0]
    # In the limit of a large barrier only the squared angle at the equator, pi^2 / 4, is left of the difference.
    delta, drive = 1e7, 2.0
    times = write_times(delta, drive, [1e-3])
    left = butler_hazard(delta, drive, times) - precessional_hazard(delta, drive, times)
    assert np.exp(-left) == pytest.approx(np.pi**2 / 4 / 2 ** (2 / 3), rel=1e-3)


@pytest.mark.parametrize("edge", [0.8, 1.2])
def test_laws_meet_at_the_edges_of_the_interpolation(edge: float) -> None:
    for time in (1.0, 10.0, 100.0):
        below, above = (hazard(60.0, edge + shift, time) for shift in (-1e-9, 1e-9))
        assert below == pytest.approx(above, rel=1e-6, abs=1e-12)


def test_hazard_grows_with_drive_and_with_time() -> None:
    drives = np.linspace(-1.5, 6.0, 301)
    times = np.geomspace(0.01, 300.0, 120)
    for delta in DELTAS:
        table = hazard(delta, drives[:, None], times)
        assert np.all(np.diff(table, axis=1) >= 0)
        # In shorter pulses, before any climb, the foot of the incubation exceeds the precessional tail by up to 1e-3.
        assert np.all(np.diff(table[:, times > 2], axis=0) >= 0)


def test_extreme_arguments_stay_finite() -> None:
    table = hazard(np.array([20.0, 120.0])[:, None, None], np.array([-50.0, 0.0, 1.0, 50.0])[:, None], [0.0, 1e12])
    assert np.all(np.isfinite(table))
    assert np.all(table >= 0)
    assert np.all(table[..., 0] < 1e-6)
    assert np.all(incubation_time([5.0, 200.0], 0.5) > 0)


def test_other_exponents_lower_the_barrier_more_slowly() -> None:
    assert hazard(60.0, 0.5, 100.0, 1.0) < hazard(60.0, 0.5, 100.0, 2.0) * 1e-6
    both = hazard(60.0, 0.5, 100.0, np.array([1.0, 2.0]))
    assert list(both) == [float(hazard(60.0, 0.5, 100.0, exponent)) for exponent in (1.0, 2.0)]
