# SPDX-License-Identifier: BSD-3-Clause
"""The published converters: every figure with a reason beside it is one that the platform's description gives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.geometry import preset
from spintile.model.sensing import Adc, Amplifier, Dac, HeadroomWarning, Sensing, column_code

GEOMETRY = preset("borders").replace(adc_bits=12)
#: A P device of the published 233 uS.
CELL = Cell(r_p=1 / 233e-6, tmr=1.0)


def test_the_dac_follows_the_published_formula() -> None:
    dac = Dac()
    assert float(dac.volts(1)) == pytest.approx(2 * 2.5 * (4095 / 4096) / 4096)
    assert float(dac.volts(1000)) == pytest.approx(1.2207, rel=3e-4)  # 1.2207 mV per code, less one part in 4096
    assert float(Dac(c=3).volts(0)) == pytest.approx(3 * 5 / 4096)
    assert float(Dac(m=4094).volts(4095)) == pytest.approx(5 * 4095 / 4096)


def test_the_adc_follows_the_published_formula() -> None:
    adc = Adc()
    assert adc.lsb == pytest.approx(1.2207e-3, rel=1e-5)
    assert adc.code([0.0, 1.0, 2.5, 4.9999, 5.0, -0.1]).tolist() == [0, 819, 2048, 4095, 4095, 0]
    # Half the range at gain 0.
    assert Adc(gain=0.0).code(1.0) == 1638


def test_a_code_is_0_61_uA_at_2_kOhm() -> None:
    sensing = Sensing.from_converters(Adc(), Amplifier(r=2000.0), GEOMETRY, CELL, v_read=0.1)
    assert sensing.lsb == pytest.approx(0.61e-6, rel=1e-3)
    assert Sensing.from_converters(Adc(), Amplifier(r=1500.0), GEOMETRY, CELL, v_read=0.1).lsb == pytest.approx(
        0.81e-6, rel=5e-3
    )


def test_the_amplifier_gives_out_at_0_87_mA() -> None:
    amplifier = Amplifier(r=2000.0, v_ref=1.74)
    assert amplifier.headroom == pytest.approx(0.87e-3)
    assert amplifier.volts([0.87e-3, 0.88e-3, 0.0, -1e-3]).tolist() == pytest.approx([0.0, 0.0, 1.74, 3.3])


def test_25_rows_of_p_devices_need_0_149_V_or_1_kOhm() -> None:
    amplifier = Amplifier(r=2000.0, v_ref=1.74)
    assert amplifier.largest_v_read(233e-6, 25) == pytest.approx(0.149, abs=0.0005)
    assert amplifier.devices(233e-6, 0.149) == 25
    assert amplifier.devices(233e-6, 0.150) == 24
    # At 0.3 V not even 1 kOhm: 0.298 V is its limit.
    assert Amplifier(r=1000.0).devices(233e-6, 0.298) == 25
    assert Amplifier(r=2000.0).devices(233e-6, 0.3) == 12
    # A whole number of devices exactly.
    assert Amplifier(r=1000.0, v_ref=1.0).devices(1e-3, 0.1) == 10


def test_too_little_headroom_is_warned_of_in_one_sentence() -> None:
    sentence = (
        r"^amplifiers of 2000 Ohm at 1.74 V give out at 12 P devices in a read, and the kernel has 25 rows: "
        r"v_read must be at most 0.149 V for all, not 0.3 V$"
    )
    with pytest.warns(HeadroomWarning, match=sentence):
        Sensing.from_converters(Adc(), Amplifier(), GEOMETRY, CELL, v_read=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Sensing.from_converters(Adc(), Amplifier(), GEOMETRY, CELL, v_read=0.149)


def test_the_model_s_codes_are_how_far_the_converter_s_fall() -> None:
    adc, amplifier = Adc(), Amplifier()
    sensing = Sensing.from_converters(adc, amplifier, GEOMETRY, CELL, v_read=0.1, offset_sigma=1.5)
    assert sensing.offset_sigma == 1.5
    current = np.linspace(0, 1.2e-3, 2000)
    full_scale = sensing.full_scale_current(GEOMETRY, CELL)
    assert sensing.lsb is not None
    clipped = np.clip(current, sensing.rail_low * full_scale, sensing.rail_high * full_scale)
    model = np.floor(clipped / sensing.lsb + 0.5)
    fall = column_code(adc, amplifier, current)
    assert np.abs(model - fall).max() <= 1  # the code of v_ref is rounded too
    assert (np.diff(fall) >= 0).all()
    # Beyond the headroom codes stand still, at about 1425, not at 4095.
    assert fall[current > amplifier.headroom].min() == fall.max() == 1425
    assert abs(model.max() - 1425) <= 1
    # Without the rails the comparison fails.
    assert np.abs(np.floor(current / sensing.lsb + 0.5) - fall).max() > 100


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Dac(reference=0.0), r"^dac: reference must be a positive number \[V\], not 0.0$"),
        (lambda: Dac(bits=0), r"^dac: bits must be from 1 to 16, not 0$"),
        (lambda: Dac().volts([0, 4096]), r"^dac: code must be from 0 to 4095, not 0 to 4096$"),
        (lambda: Adc(gain=-1.0), r"^adc: gain must be a non-negative number \(a ratio\), not -1.0$"),
        (lambda: Adc(bits=13), r"^adc: bits must be from 1 to 12, not 13$"),
        (lambda: Amplifier(r=float("nan")), r"^amplifier: r must be a positive number \[Ohm\], not nan$"),
        (lambda: Amplifier(v_ref=3.3), r"^amplifier: v_ref must be below the supply of 3.3 V, not 3.3$"),
    ],
)
def test_values_out_of_range_are_refused(build, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=sentence):
        build()
