# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
from itertools import islice

import numpy as np
import pytest
from spintile.model.device import Junction, ReadNoise

JUNCTION = Junction(diameter=40.0, ra=3.2, tmr=1.24)


def test_at_rest_the_noise_is_thermal() -> None:
    noise = ReadNoise(bandwidth=1e7)
    expected = np.sqrt(4 * 1.380649e-23 * 300 * JUNCTION.conductance([True, False]) * 1e7)
    # The band starts at 1 Hz of 1e7.
    assert noise.deviation(JUNCTION, [True, False], 0.0) == pytest.approx(expected, rel=1e-6)


def test_far_above_thermal_voltage_it_is_shot_noise() -> None:
    noise = ReadNoise(bandwidth=1e7)
    current = JUNCTION.current(True, 0.5)[0]
    assert noise.deviation(JUNCTION, True, 0.5) == pytest.approx(np.sqrt(2 * 1.602176634e-19 * current * 1e7), rel=1e-6)


def test_noise_is_smooth_where_its_formulas_meet() -> None:
    volts = np.array([4.9e-6, 5.2e-6, 5.4e-6])
    values = ReadNoise().deviation(JUNCTION, True, volts)
    assert np.all(np.abs(np.diff(values)) < 1e-7 * values[0])


def test_at_its_corner_flicker_noise_equals_white_noise() -> None:
    # In a narrow band at the corner, white and 1/f noise are the same power.
    white, both = (
        ReadNoise(bandwidth=1.001e5, lowest=1e5, corner=corner).deviation(JUNCTION, True, 0.1) for corner in (0.0, 1e5)
    )
    assert both**2 == pytest.approx(2 * white**2, rel=1e-3)


def test_flicker_noise_grows_with_the_time_since_the_reference() -> None:
    young, old = (ReadNoise(corner=1e6, lowest=lowest).deviation(JUNCTION, True, 0.1) for lowest in (1e3, 1e-3))
    assert old > young


def test_telegraph_noise_has_its_occupancy_share_and_correlation() -> None:
    noise = ReadNoise(telegraph_share=0.5, telegraph_amplitude=0.1, capture_time=3e-3, emission_time=1e-3)
    devices, interval = 40_000, 0.5e-3
    reads = np.stack(list(islice(noise.telegraph((devices,), interval, np.random.default_rng(1)), 12)))
    assert set(np.unique(reads)) == {0.9, 1.0}
    filled = reads < 1
    # Half the devices have a trap, filled a quarter of the time; 20,000 of them: one sigma 0.0015.
    assert filled[0].mean() == pytest.approx(0.125, abs=0.008)
    assert filled[-1].mean() == pytest.approx(0.125, abs=0.008)
    trapped = filled.any(axis=0)
    assert trapped.mean() < 0.51
    # Correlation of a two-state process decays with the sum of its rates; over devices with a trap.
    kept = np.exp(-interval * (1 / 3e-3 + 1 / 1e-3))
    both = (filled[0] & filled[1]).mean()
    assert both == pytest.approx(0.5 * (0.25**2 + 0.25 * 0.75 * kept), abs=0.006)


def test_telegraph_noise_is_off_by_default_and_repeats_with_its_seed() -> None:
    assert np.all(next(ReadNoise().telegraph((100,), 1e-3, np.random.default_rng(1))) == 1)
    noise = ReadNoise(telegraph_share=1.0)
    one, two = (list(islice(noise.telegraph((50,), 1e-3, np.random.default_rng(9)), 5)) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"bandwidth": 0.0}, "read noise: bandwidth must be positive, not 0.0"),
        ({"corner": -1.0}, "read noise: corner must be non-negative, not -1.0"),
        ({"telegraph_share": 1.5}, "read noise: telegraph_share must be from 0 to 1, not 1.5"),
        ({"capture_time": float("inf")}, "read noise: capture_time must be positive, not inf"),
        ({"bandwidth": 10.0, "lowest": 20.0}, "read noise: lowest must be at most the bandwidth, not 20.0"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ReadNoise(**fields)
