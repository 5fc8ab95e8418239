# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import warnings

import pytest
from spintile.model.device import Cell
from spintile.model.geometry import preset
from spintile.model.sensing import Repair, Sensing

BORDERS = preset("borders")
CELL = Cell(r_p=4000.0, tmr=1.0)
SENSING = Sensing(full_scale_rows=1.28)  # a P device is 8 codes, an AP device 4


def test_constants_are_those_of_one_nominal_row() -> None:
    repair = Repair.nominal("pair_check", BORDERS, CELL, SENSING, strict=True, margin_base=0.5, margin_row=0.25)
    assert repair == Repair("pair_check", True, K=3072, P=2048, D=1024, m0=1024, m1=512)


def test_modes_have_the_registers_numbers() -> None:
    assert [Repair(mode).mode_code for mode in ("none", "range_guard", "pair_check")] == [0, 1, 2]  # type: ignore[arg-type]


def test_the_pair_check_needs_its_full_scale() -> None:
    with pytest.warns(
        UserWarning, match=r"^pair_check repair needs an ADC full scale of at least 1.2 \* rows \* G_P, not 0.9"
    ):
        repair = Repair.nominal("pair_check", BORDERS, CELL, Sensing(full_scale_rows=0.9))
    assert repair.mode == "none"


def test_exactly_the_full_scale_it_needs_is_enough() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Repair.nominal("pair_check", BORDERS, CELL, Sensing(full_scale_rows=1.2)).mode == "pair_check"
        assert Repair.nominal("range_guard", BORDERS, CELL, Sensing(full_scale_rows=0.9)).mode == "range_guard"


@pytest.mark.parametrize("mode", ["pair_check", "range_guard"])
def test_one_bit_has_no_repair(mode: str) -> None:
    with pytest.warns(UserWarning, match=rf"^{mode} repair needs an ADC of at least 2 bits, not 1: no repair$"):
        repair = Repair.nominal(mode, BORDERS, CELL, Sensing(adc_bits=1))  # type: ignore[arg-type]
    assert repair.mode == "none"


def test_unknown_modes_and_negative_constants_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^repair: mode must be one of none, range_guard, pair_check, not 'magic'$"):
        Repair("magic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^repair: K must be a non-negative integer, not -1$"):
        Repair(K=-1)
