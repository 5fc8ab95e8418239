# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from spintile.model.device import PUBLISHED, Cell, Junction, error_rate, published

JUNCTION = Junction(diameter=40.0, ra=3.2, tmr=1.24, v_half=0.5)


def test_resistance_is_ra_over_area() -> None:
    assert JUNCTION.resistance_p() == pytest.approx(3.2 / (np.pi * 0.020**2), rel=1e-14)
    assert JUNCTION.resistance_ap() == pytest.approx(2.24 * JUNCTION.resistance_p(), rel=1e-14)


def test_tmr_is_half_at_its_half_voltage_of_either_sign() -> None:
    assert JUNCTION.tmr_at([-0.5, 0.0, 0.5]) == pytest.approx([0.62, 1.24, 0.62], rel=1e-14)


def test_heat_lowers_tmr_through_both_states() -> None:
    cold, hot = 250.0, 400.0
    assert JUNCTION.tmr_at(0.0, cold) > 1.24 > JUNCTION.tmr_at(0.0, hot)
    assert JUNCTION.resistance_p(hot) > JUNCTION.resistance_p()
    assert JUNCTION.resistance_ap(0.0, hot) < JUNCTION.resistance_ap()
    # With equal electrodes the mean of both conductances does not depend on the polarisation.
    mean = [sum(JUNCTION.conductance([True, False], 0.0, t)) for t in (cold, 300.0, hot)]
    assert mean == pytest.approx([mean[0]] * 3, rel=1e-12)


def test_without_polarisation_loss_temperature_changes_no_resistance() -> None:
    steady = JUNCTION.replace(polarization_loss=0.0)
    assert steady.conductance([True, False], 0.3, 400.0) == pytest.approx(steady.conductance([True, False], 0.3))


@pytest.mark.parametrize("state", [True, False])
def test_slope_is_the_derivative_of_the_current(state: bool) -> None:
    volts = np.linspace(-1.0, 1.0, 41)
    step = 1e-6
    current = [JUNCTION.current(state, volts + shift)[0] for shift in (-step, step)]
    # Central differences err by step^2 times the third derivative, far below.
    assert JUNCTION.current(state, volts)[1] == pytest.approx((current[1] - current[0]) / (2 * step), rel=1e-7)


def test_current_of_ap_is_odd_and_steeper_than_linear() -> None:
    forward, backward = (JUNCTION.current(False, volts)[0] for volts in (0.4, -0.4))
    assert forward == -backward
    assert forward > 4 * JUNCTION.current(False, 0.1)[0]


def test_voltages_of_junction_and_access_add_up() -> None:
    generator = np.random.default_rng(5)
    population = JUNCTION.replace(ra=3.2 * np.exp(0.3 * generator.standard_normal(1000)))
    state, total = generator.random(1000) < 0.5, generator.uniform(-3, 3, 1000)
    access = generator.uniform(0, 5000, 1000)
    across = population.junction_voltage(state, total, access)
    assert across + access * population.current(state, across)[0] == pytest.approx(total, abs=1e-13)


def test_a_passive_junction_takes_the_whole_voltage() -> None:
    assert JUNCTION.junction_voltage([True, False], 0.7, 0.0) == pytest.approx([0.7, 0.7], rel=1e-15)


def test_its_linear_cell_draws_the_same_currents_at_the_read_voltage() -> None:
    cell = JUNCTION.cell(r_access=1700.0, v_read=0.1)
    assert isinstance(cell, Cell)
    for state, conductance in ((True, cell.g_p), (False, cell.g_ap)):
        across = JUNCTION.junction_voltage(state, 0.1, 1700.0)
        assert 0.1 * conductance == pytest.approx(JUNCTION.current(state, across)[0], rel=1e-12)
    # The platform's figures are 233 and 133 uS; its library rounds the 40 nm device to 2.53 kOhm.
    assert cell.g_p == pytest.approx(233e-6, rel=0.03)
    assert cell.g_ap == pytest.approx(133e-6, rel=0.03)


def test_a_population_equals_its_junctions_one_by_one() -> None:
    population = JUNCTION.replace(ra=np.array([[3.0, 4.0], [5.0, 6.0]]), tmr=np.array([1.0, 1.5]))
    assert population.shape == (2, 2)
    assert JUNCTION.shape == ()
    whole = population.conductance(False, 0.2)
    for index in np.ndindex(2, 2):
        assert whole[index] == population.select(index).conductance(False, 0.2)
    assert population.select(np.s_[:, 0]).shape == (2,)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ra": 0.0}, "junction: ra must be positive [Ohm um2], not 0.0"),
        ({"diameter": np.array([40.0, -1.0])}, "junction: diameter must be positive [nm], not -1.0"),
        ({"tmr": float("nan")}, "junction: tmr must be positive (a ratio), not nan"),
        ({"v_half": float("inf")}, "junction: v_half must be positive [V], not inf"),
        ({"delta_p": -3.0}, "junction: delta_p must be positive (barrier / kT), not -3.0"),
        ({"polarization_loss": -1e-5}, "junction: polarization_loss must be from 0 to 8.9e-5 [K^-1.5], not -1e-05"),
        ({"polarization_loss": 1e-4}, "junction: polarization_loss must be from 0 to 8.9e-5 [K^-1.5], not 0.0001"),
    ],
)
def test_a_junction_that_cannot_be_is_refused(fields: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        JUNCTION.replace(**fields)


def test_parameters_that_do_not_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^junction: parameters must broadcast together: "):
        JUNCTION.replace(ra=np.ones(2), tmr=np.ones(3))


def test_a_cell_of_a_population_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^a cell must be made from one junction, not from a population of shape \(2,\)$"
    ):
        JUNCTION.replace(ra=np.ones(2)).cell(0.0, 0.1)


def test_every_field_of_a_published_device_has_a_source() -> None:
    for name, device in PUBLISHED.items():
        assert device.name == name
        assert set(device.sources) == {field.name for field in dataclasses.fields(Junction)}


def test_published_devices_have_their_published_figures() -> None:
    # RA and diameter are given to two digits: 1 % of resistance.
    for name in ("mtj-50nm", "mtj-40nm"):
        device = published(name)
        assert device.junction.resistance_p() == pytest.approx(device.figures["r_p"], rel=0.01)
    device = published("mtj-11nm")
    figures = device.figures
    volts = figures["write_current"] * device.junction.resistance_p()
    # Fitted: the critical voltage is given to four digits, and the exponent of 21 passes 3e-4 of it on.
    rate = error_rate(device.junction, True, -volts, figures["pulse_width"])
    assert rate == pytest.approx(figures["write_error_rate"], rel=0.03)


def test_an_unknown_device_lists_the_devices() -> None:
    with pytest.raises(ValueError, match=r"^published device must be one of mtj-11nm, mtj-40nm, mtj-50nm, not 'x'$"):
        published("x")
