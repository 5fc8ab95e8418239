# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Bias, BiasDependentTmr, Wires, operating_point, solve

WIRES = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.0)


def test_tmr_halves_at_the_half_voltage_and_a_p_junction_keeps_its_resistance() -> None:
    law = BiasDependentTmr(r_p=2000.0, tmr=[1.2, 0.0], half_voltage=0.4)
    np.testing.assert_allclose(1 / law(np.zeros(2)), [4400, 2000])
    np.testing.assert_allclose(1 / law(np.array([0.4, -0.4])), [3200, 2000])


def test_constant_conductances_need_no_iteration() -> None:
    conductance = 1 / np.random.default_rng(0).uniform(1e3, 2e4, (6, 5))
    bias = Bias.read(np.full(6, 0.3), 5)
    found = operating_point(lambda voltage: conductance, WIRES, bias)
    for ours, linear in zip(found, solve(conductance, WIRES, bias), strict=True):
        np.testing.assert_array_equal(ours, linear)


@pytest.mark.parametrize("access", [0.0, 1700.0])
@pytest.mark.parametrize("scheme", ["grounded", "floating", "half"])
def test_the_solution_is_the_linear_one_of_its_own_conductances(scheme: str, access: float) -> None:
    generator = np.random.default_rng(0)
    law = BiasDependentTmr(generator.uniform(2e3, 3e3, (4, 9, 8)), 1.24 * (generator.random((9, 8)) < 0.5), 0.4)
    bias = Bias.select(np.arange(9) < 4, np.arange(8) < 5, 0.8, scheme)
    voltage, current = operating_point(law, WIRES, bias, access_resistance=access)
    again, linear = solve(law(np.nan_to_num(voltage)), WIRES, bias, access_resistance=access)
    np.testing.assert_allclose(voltage, again, rtol=0, atol=1e-11)
    assert np.abs(current - linear).max() <= 1e-11 * linear.max()
    # A TMR that did not fall with voltage would be another answer.
    frozen = solve(law(np.zeros((4, 9, 8))), WIRES, bias, access_resistance=access)[1]
    assert np.abs(frozen - current).max() > 1e-3 * current.max()


def test_a_short_of_0_ohm_stays_one() -> None:
    r_p = np.full((3, 3), 2000.0)
    r_p[1, 1] = 0.0
    law = BiasDependentTmr(r_p, 1.2)
    voltage, current = operating_point(law, WIRES, Bias.read(np.full(3, 0.3), 3))
    assert voltage[1, 1] == 0.0
    assert current[1] > 5 * current[0]


def test_a_law_whose_current_jumps_is_refused() -> None:
    with pytest.raises(
        ArithmeticError, match=r"^the array's currents must converge within 60 Newton steps, not be off "
    ):
        operating_point(
            lambda voltage: np.where(voltage > 0.15, 1e-2, 1e-5), Wires(row_driver=300.0), Bias.read(np.full(2, 0.3), 2)
        )
