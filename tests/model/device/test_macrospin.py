# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.device import Junction
from spintile.model.device.macrospin import Ensemble, Estimate, Frame, Macrospin, estimate_rate

COLD = Macrospin(delta=1e13, damping=0.05, anisotropy=0.5, v_c0=0.5)
WARM = Macrospin(delta=40.0, damping=0.1, anisotropy=0.5, v_c0=0.5)


def tilted(angle: float, count: int = 4) -> np.ndarray:
    m = np.zeros((3, count), np.float32)
    m[0], m[2] = np.sin(angle), np.cos(angle)
    return m


@pytest.mark.parametrize("frame", ["larmor", "laboratory"])
@pytest.mark.parametrize("drive", [0.0, 0.8, 1.0, 1.3, 3.0])
def test_without_heat_a_small_angle_grows_as_the_linearised_equation_says(frame: Frame, drive: float) -> None:
    m = tilted(0.01)
    duration = 20.0
    Ensemble(COLD, m, np.random.default_rng(1), 0.02, frame).advance(drive, duration)
    angle = np.hypot(m[0], m[1])
    # float32 over a thousand steps, Heun's growth of a precession by step^3 / 8, and residual heat: 0.5 %.
    assert angle == pytest.approx(0.01 * np.exp(COLD.damping * (drive - 1) * duration), rel=5e-3)


def test_precession_turns_one_radian_per_unit_of_time_in_the_laboratory_only() -> None:
    for frame, turned in (("laboratory", 1.0), ("larmor", 0.0)):
        m = tilted(0.05)
        Ensemble(COLD, m, np.random.default_rng(1), 0.02, frame).advance(0.0, 1.0)
        # m_z differs from 1 by the square of the angle.
        assert np.arctan2(m[1], m[0]) == pytest.approx(turned, abs=3e-3)


def test_a_large_angle_follows_the_exact_path_to_the_other_side() -> None:
    # d theta / d time = (i - cos theta) sin theta, integrated to the equator by partial fractions.
    drive, start = 2.0, 0.3
    x = np.cos(start)
    time = (
        np.log((drive - x) / drive) / (drive**2 - 1)
        - np.log(1 - x) / (2 * (drive - 1))
        + np.log(1 + x) / (2 * (drive + 1))
    )
    m = tilted(start)
    Ensemble(COLD, m, np.random.default_rng(1), 0.02).advance(drive, time / COLD.damping)
    assert m[2] == pytest.approx(0.0, abs=5e-3)


def test_magnetisations_keep_their_length() -> None:
    m = WARM.equilibrium(500, np.random.default_rng(2))
    Ensemble(WARM, m, np.random.default_rng(3)).advance(1.5, 50.0)
    assert np.linalg.norm(m, axis=0) == pytest.approx(1.0, abs=1e-6)


def test_the_thermal_field_builds_up_boltzmanns_distribution_from_a_cold_start() -> None:
    z = np.linspace(0, 1, 20_001)
    weight = np.exp(-WARM.delta * (1 - z**2))
    for seed, m in ((4, tilted(0.0, 20_000)), (5, WARM.equilibrium(20_000, np.random.default_rng(6)))):
        Ensemble(WARM, m, np.random.default_rng(seed)).advance(0.0, 4 / WARM.damping)
        for power in (1, 2):
            expected = np.average((1 - z) ** power, weights=weight)
            # The relative scatter of 1 - z is 1, of its square 2.2: four sigma of 20,000, and the step.
            assert np.mean((1 - m[2].astype(float)) ** power) == pytest.approx(expected, rel=0.03 * power**1.2)


def test_a_field_without_its_temperature_factor_would_show() -> None:
    # The companion fault: half the barrier in the noise doubles the spread of angles.
    m = tilted(0.0, 5000)
    Ensemble(Macrospin(20.0, 0.1, 0.5, 0.5), m, np.random.default_rng(4)).advance(0.0, 40.0)
    assert np.mean(1 - m[2]) > 1.7 * np.mean(1 - WARM.equilibrium(5000, np.random.default_rng(1))[2])


def agree(one: Estimate, other: Estimate) -> bool:
    """Two independent estimates within four standard errors."""
    return abs(one.rate - other.rate) < 4 * np.hypot(one.standard_error, other.standard_error)


def test_splitting_leaves_rates_as_they_are() -> None:
    for voltage, width, event in ((1.0, 0.45, "unswitched"), (0.35, 1.2, "switched"), (0.4, 4.0, "unswitched")):
        split, direct = (
            estimate_rate(WARM, voltage, width, [7, k], event=event, trajectories=1000, replicates=8, split=k == 0)
            for k in (0, 1)
        )
        assert agree(split, direct), (voltage, split, direct)
        assert direct.rate > 0.005


def test_splitting_reaches_rates_that_direct_simulation_does_not() -> None:
    estimate = estimate_rate(WARM, 1.0, 0.89, [3], trajectories=1000, replicates=8)
    assert 3e-6 < estimate.rate < 8e-6
    assert estimate.standard_error < 0.15 * estimate.rate


def test_frames_and_steps_change_no_rate() -> None:
    usual = estimate_rate(WARM, 1.0, 0.37, [1], trajectories=2000, replicates=8, split=False)
    for number, (frame, step) in enumerate((("laboratory", 0.05), ("larmor", 0.06)), start=2):
        other = estimate_rate(
            WARM, 1.0, 0.37, [number], trajectories=2000, replicates=8, split=False, frame=frame, step=step
        )
        assert agree(usual, other)


def test_the_same_seed_gives_the_same_rate() -> None:
    one, two, other = (estimate_rate(WARM, 1.0, 0.3, [seed], trajectories=200, replicates=2).rate for seed in (1, 1, 2))
    assert one == two != other


def test_a_junction_gives_its_magnet_for_either_direction() -> None:
    junction = Junction(40.0, 3.2, 1.24, v_c0_to_p=0.7, v_c0_to_ap=0.9, delta_p=65.0, delta_ap=55.0)
    assert Macrospin.of(junction, state=False) == Macrospin(55.0, 0.02, 0.5, 0.7)
    assert Macrospin.of(junction, state=True, temperature=390.0).delta == pytest.approx(50.0)
    assert Macrospin.of(junction, state=True).v_c0 == 0.9


def test_intervals_are_students() -> None:
    low, high = Estimate(1.0, 0.1, 16).interval(0.05)
    assert (high - low) / 2 == pytest.approx(0.1 * 2.1314, rel=1e-4)


def test_one_replicate_has_no_scatter_and_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^replicates must be at least 2, not 1$"):
        estimate_rate(WARM, 1.0, 0.3, [1], replicates=1)
