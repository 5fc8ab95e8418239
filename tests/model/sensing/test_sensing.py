# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.geometry import preset
from spintile.model.sensing import Sensing

BORDERS = preset("borders")
CELL = Cell(r_p=4000.0, tmr=1.0)  # 250 uS and 125 uS


def test_full_scale_is_counted_in_rows_of_p_devices() -> None:
    sensing = Sensing(v_read=0.2, adc_bits=8, full_scale_rows=1.28)
    assert sensing.full_scale_current(BORDERS, CELL) == pytest.approx(1.28 * 25 * 250e-6 * 0.2, rel=1e-12)
    assert sensing.lsb_current(BORDERS, CELL) == pytest.approx(6.25e-6, rel=1e-12)
    assert sensing.lsb_voltage(BORDERS, CELL) == pytest.approx(6.25e-3, rel=1e-12)
    # One P device carries 50 uA, which is 8 codes, 2048 steps of LSB/2^8.
    assert sensing.steps_per_siemens(BORDERS, CELL) * CELL.g_p == pytest.approx(2048, rel=1e-12)


def test_an_explicit_lsb_sets_the_full_scale() -> None:
    sensing = Sensing(v_read=0.2, adc_bits=8, lsb=6.25e-6, full_scale_rows=99.0)
    assert sensing.full_scale_in_rows(BORDERS, CELL) == pytest.approx(1.28, rel=1e-12)


def test_one_bit_has_half_a_p_device_as_its_unit() -> None:
    sensing = Sensing(adc_bits=1)
    assert sensing.steps_per_siemens(BORDERS, CELL) * CELL.g_p == pytest.approx(512, rel=1e-12)
    assert sensing.full_scale_in_rows(BORDERS, CELL) == pytest.approx(1.2, rel=1e-12)


def test_column_errors_depend_only_on_seed_and_die() -> None:
    sensing = Sensing(offset_sigma=1.0, gain_sigma=0.01)
    offset, gain = sensing.column_errors([0, 1, 7], 25, seed=3)
    again_offset, again_gain = sensing.column_errors([7], 25, seed=3)
    assert np.array_equal(offset[2:], again_offset)
    assert np.array_equal(gain[2:], again_gain)
    assert not np.array_equal(offset[0], offset[1])
    assert not np.array_equal(offset, sensing.column_errors([0, 1, 7], 25, seed=4)[0])


def test_registers_are_as_given_or_remove_the_pedestal() -> None:
    assert Sensing().registers(4) == (0, 0, 0, 0)
    assert Sensing(pedestal=7.6).registers(3) == (8, 8, 8)
    assert Sensing(pedestal=7.6, column_offset=(1, 2)).registers(2) == (1, 2)
    assert Sensing(adc_bits=1, pedestal=7.6).registers(2) == (0, 0)
    with pytest.raises(ValueError, match=r"^sensing: column_offset must have 3 codes, not 2$"):
        Sensing(column_offset=(1, 2)).registers(3)


def test_more_bits_than_the_converters_have_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^sensing: adc_bits must be at most 8 \(geometry 'borders'\), not 12$"):
        Sensing(adc_bits=12).bits(BORDERS)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"v_read": 0.0}, "sensing: v_read must be a positive number, not 0.0"),
        ({"lsb": -1.0}, "sensing: lsb must be a positive number, not -1.0"),
        ({"full_scale_rows": float("nan")}, "sensing: full_scale_rows must be a positive number, not nan"),
        ({"noise_sigma": -1.0}, "sensing: noise_sigma must be a non-negative number, not -1.0"),
        ({"gain_sigma": float("inf")}, "sensing: gain_sigma must be a non-negative number, not inf"),
        ({"pedestal": -1.0}, "sensing: pedestal must be a non-negative number, not -1.0"),
        ({"adc_bits": 13}, "sensing: adc_bits must be an integer from 1 to 12, not 13"),
        ({"adc_bits": 8.0}, "sensing: adc_bits must be an integer from 1 to 12, not 8.0"),
        ({"rail_low": 1.0, "rail_high": 1.0}, "sensing: rail_low must be below rail_high 1.0, not 1.0"),
    ],
)
def test_a_field_out_of_range_is_refused_by_name(fields: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Sensing(**fields)  # type: ignore[arg-type]
