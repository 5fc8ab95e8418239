# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re

import numpy as np
import pytest
from spintile.model.device import (
    Junction,
    apply_pulse,
    butler_error_rate,
    drive,
    error_rate,
    read_disturb,
    retention_failure,
    stability,
    switching_probability,
    time_unit,
)

JUNCTION = Junction(diameter=40.0, ra=3.2, tmr=1.24, v_c0_to_p=0.7, v_c0_to_ap=0.9, delta_p=65.0, delta_ap=55.0)


def test_positive_voltage_writes_p_and_negative_ap() -> None:
    for state, volts in ((False, 1.4), (True, -1.4)):
        assert switching_probability(JUNCTION, state, volts, 5.0) > 0.99
        assert switching_probability(JUNCTION, state, -volts, 5.0) < 1e-20


def test_writing_is_as_asymmetric_as_its_critical_voltages() -> None:
    assert drive(JUNCTION, [False, True], [1.4, -1.8]) == pytest.approx([2.0, 2.0])
    same_stability = JUNCTION.replace(delta_p=60.0, delta_ap=60.0)
    assert error_rate(same_stability, False, 1.4, 4.0) == pytest.approx(error_rate(same_stability, True, -1.8, 4.0))
    assert error_rate(same_stability, False, 1.4, 4.0) < 0.1 * error_rate(same_stability, True, -1.4, 4.0)


def test_error_and_switching_add_up_and_each_is_exact_where_small() -> None:
    volts = np.linspace(0.0, 3.0, 61)
    total = error_rate(JUNCTION, False, volts, 10.0) + switching_probability(JUNCTION, False, volts, 10.0)
    assert total == pytest.approx(1.0, rel=1e-14)
    assert 0 < switching_probability(JUNCTION, False, 0.1, 10.0) < 1e-15
    assert 0 < error_rate(JUNCTION, False, 2.1, 30.0) < 1e-20


def test_a_pulse_without_width_changes_nothing() -> None:
    volts = np.linspace(-3, 3, 31)
    assert np.all(switching_probability(JUNCTION, volts < 0, volts, 0.0) < 1e-12)


def test_a_population_equals_its_junctions_one_by_one() -> None:
    population = JUNCTION.replace(v_c0_to_p=np.array([0.5, 0.75, 1.0]), delta_ap=np.array([30.0, 45.0, 60.0]))
    volts = np.array([[0.3], [0.8], [2.0]])
    table = error_rate(population, False, volts, 6.0)
    assert table.shape == (3, 3)
    for row in range(3):
        for device in range(3):
            assert table[row, device] == error_rate(population.select(device), False, volts[row, 0], 6.0)


def test_heat_helps_writing_and_hurts_keeping() -> None:
    assert stability(JUNCTION, True, 400.0) == pytest.approx(65.0 * 0.75)
    assert error_rate(JUNCTION, False, 0.5, 50.0, 400.0) < error_rate(JUNCTION, False, 0.5, 50.0, 300.0)
    assert retention_failure(JUNCTION, False, 1e8, 400.0) > 1e4 * retention_failure(JUNCTION, False, 1e8, 300.0)


def test_time_unit_is_that_of_the_damped_precession() -> None:
    # 1 / (0.02 * 1.76e11 * 0.5 T) = 0.568 ns.
    assert time_unit(JUNCTION) == pytest.approx(0.5681, rel=1e-3)


def test_reads_that_follow_each_other_add_their_hazards() -> None:
    once = read_disturb(JUNCTION, False, 0.3, 20.0)
    assert once == pytest.approx(switching_probability(JUNCTION, False, 0.3, 20.0))
    assert read_disturb(JUNCTION, False, 0.3, 20.0, reads=1e6) == pytest.approx(
        -np.expm1(1e6 * np.log1p(-once)), rel=1e-9
    )


def test_disturb_grows_with_read_voltage_and_ignores_the_other_polarity() -> None:
    volts = [0.0, 0.1, 0.2, 0.3, 0.5]
    towards = read_disturb(JUNCTION, False, volts, 20.0, reads=10)
    assert np.all(np.diff(towards) > 0)
    assert read_disturb(JUNCTION, True, 0.3, 20.0, reads=1e9) < read_disturb(JUNCTION, True, 0.0, 20.0, reads=1e9)


def test_retention_tends_to_the_equilibrium_of_the_two_states() -> None:
    shallow = JUNCTION.replace(delta_p=22.0, delta_ap=20.0)
    long_after = retention_failure(shallow, [True, False], 1e9)
    assert sum(long_after) == pytest.approx(1.0)
    assert long_after[0] < 0.5 < long_after[1]
    # The less stable AP state is found with its Boltzmann weight; the attempt rates differ by the square root of delta
    # and its first correction only.
    assert long_after[0] / long_after[1] == pytest.approx(np.exp(-2.0) * np.sqrt(22 / 20), rel=0.03)
    assert retention_failure(shallow.replace(delta_p=20.0), True, 1e9) == pytest.approx(0.5)
    assert retention_failure(JUNCTION, True, 0.0) == 0


def test_a_stability_of_sixty_keeps_for_ten_years() -> None:
    years = 10 * 3.156e7
    assert retention_failure(JUNCTION.replace(delta_p=60.0), True, years) < 1e-7
    assert retention_failure(JUNCTION.replace(delta_p=40.0), True, years) > 0.4


def test_outcomes_of_a_pulse_follow_the_given_numbers() -> None:
    generator = np.random.default_rng(8)
    states = generator.random(200_000) < 0.5
    volts = np.where(states, -0.75, 0.6)
    uniform = generator.random(states.size)
    after = apply_pulse(JUNCTION, states, volts, 12.0, uniform)
    flipped = after != states
    for state, at in ((True, -0.75), (False, 0.6)):
        expected = switching_probability(JUNCTION, state, at, 12.0)
        assert 0.01 < expected < 0.99
        # Four standard deviations of 100,000 trials are below 0.0064.
        assert np.mean(flipped[states == state]) == pytest.approx(expected, abs=0.0064)
    assert np.array_equal(after[::-1], apply_pulse(JUNCTION, states[::-1], volts[::-1], 12.0, uniform[::-1]))


def test_butlers_formula_is_defined_above_the_critical_voltage_only() -> None:
    rates = butler_error_rate(JUNCTION, False, [0.6, 1.4], 4.0)
    assert np.isnan(rates[0])
    assert rates[1] > error_rate(JUNCTION, False, 1.4, 4.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: error_rate(JUNCTION, False, 1.0, [1.0, -2.0]), "a pulse width must be non-negative [ns], not -2.0"),
        (lambda: error_rate(JUNCTION, False, 1.0, float("nan")), "a pulse width must be non-negative [ns], not nan"),
        (lambda: read_disturb(JUNCTION, False, 1.0, 1.0, 1, 0.0), "temperature must be positive [K], not 0.0"),
        (lambda: retention_failure(JUNCTION, False, -1.0), "a time must be non-negative [s], not -1.0"),
    ],
)
def test_what_cannot_be_is_refused(call: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        call()  # type: ignore[operator]
