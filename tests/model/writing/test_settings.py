# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
from spintile.model.array import WireLossWarning, Wires
from spintile.model.chip import Chip
from spintile.model.device import Cell
from spintile.model.geometry import preset
from spintile.model.sensing import Sensing
from spintile.model.writing import LARGEST_VOLTAGE, WRITING_PRESETS, Windows, Writing

BORDERS = Chip.preset("borders")


def windows(writing: Writing, bits: int = 8, wires: Wires | None = None) -> Windows:
    return writing.windows(preset("borders"), Cell.preset("borders"), Sensing(adc_bits=bits), wires)


@pytest.mark.parametrize("name", sorted(WRITING_PRESETS))
def test_presets_escalate_within_the_voltage_that_a_cell_bears(name: str) -> None:
    writing = Writing.preset(name)
    for levels in (writing.levels_p, writing.levels_ap):
        assert list(levels) == sorted(set(levels))
        assert writing.volts(levels[-1]) <= LARGEST_VOLTAGE
    assert writing.steps == len(writing.widths)


def test_the_full_voltage_is_a_code_of_the_dac() -> None:
    writing = Writing()
    assert writing.volts(2703) < LARGEST_VOLTAGE < writing.volts(2704)
    assert writing.width_ns(0) == writing.widths[0] * 10.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels_p": (1000,)}, r"must have the same number of steps, 1 to 16, not 1, 8 and 8$"),
        ({"levels_p": (), "levels_ap": (), "widths": ()}, r"number of steps, 1 to 16, not 0, 0 and 0$"),
        ({"levels_p": (1,) * 17, "levels_ap": (1,) * 17, "widths": (1,) * 17}, r"1 to 16, not 17, 17 and 17$"),
        ({"levels_ap": (4096,) * 8}, r"^writing: levels_ap must be an integer from 0 to 4095, not 4096$"),
        ({"levels_ap": (2704,) * 8}, r"^writing: levels_ap must put at most 3.3 V across a cell, not 3.301 V \(code "),
        ({"widths": (0,) * 8}, r"^writing: widths must be an integer from 1 to 65535, not 0$"),
        ({"widths": (1.5,) * 8}, r"^writing: widths must be an integer from 1 to 65535, not 1.5$"),
        (
            {"scheme": "quarter"},
            r"^writing: scheme must be one of gated, grounded, half, third, floating, not 'quarter'",
        ),
        ({"junction": "mtj"}, r"^writing: junction must be empty or one of mtj-11nm, mtj-40nm, mtj-50nm, not 'mtj'$"),
        ({"passes": 64}, r"^writing: passes must be an integer from 1 to 63, not 64$"),
        ({"repeats": 0}, r"^writing: repeats must be an integer from 1 to 32, not 0$"),
        ({"setup_cycles": 256}, r"^writing: setup_cycles must be an integer from 0 to 255, not 256$"),
        ({"clock_period": float("nan")}, r"^writing: clock_period must be a positive number \[ns\], not nan$"),
        ({"dac_step": 0.0}, r"^writing: dac_step must be a positive number \[V\], not 0.0$"),
        ({"p_low": 9, "p_high": 8}, r"^writing: p_low must be at most p_high \(8\), not 9$"),
        ({"ap_high": 9, "p_low": 9}, r"^writing: ap_high must be below p_low \(9\), not 9$"),
        ({"ap_low": -2}, r"^writing: ap_low must be an integer from -1 to 4095, not -2$"),
    ],
)
def test_what_is_out_of_range_is_named(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Writing().replace(**changes)


def test_an_unknown_preset_lists_the_presets() -> None:
    with pytest.raises(ValueError, match=r"^writing preset must be one of borders, demo, drolet, goodwill.*, not 'x'$"):
        Writing.preset("x")


def test_windows_lie_half_way_between_the_nominal_states_without_a_gap() -> None:
    found = windows(Writing())
    cell, sensing = Cell.preset("borders"), Sensing()
    codes = [g * 0.1 / sensing.lsb_current(preset("borders"), cell) for g in (cell.g_p, cell.g_ap)]
    assert found == (7, 12, 3, 6)
    assert found.p_low == found.ap_high + 1
    assert found.ap_low < codes[1] < found.ap_high + 0.5 < codes[0] < found.p_high


def test_wires_lower_the_windows() -> None:
    assert windows(Writing(), wires=Wires(2.0, 2.0)).p_low < windows(Writing()).p_low
    assert windows(Writing(), wires=Wires()) == windows(Writing())


def test_windows_that_are_given_stand() -> None:
    assert windows(Writing(p_low=8, ap_high=5)) == (8, 12, 3, 5)
    assert windows(Writing(p_low=8)).ap_high == 7
    with pytest.raises(ValueError, match=r"^writing: windows must rise as ap_low <= ap_high < p_low <= p_high, not \("):
        windows(Writing(p_high=5))


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_converters_that_cannot_tell_the_states_apart_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=r"^writing: the converters must tell one P device from an AP one, not read "):
        windows(Writing(), bits)


def test_wires_that_hide_the_states_are_refused() -> None:
    with pytest.warns(WireLossWarning), pytest.raises(ValueError, match=r"\(sensing.adc_bits, wires\)$"):
        windows(Writing(), wires=Wires(40.0, 40.0))


def test_the_chip_keeps_its_settings_of_writing_in_its_file(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "chip.toml"
    chip = BORDERS.replace(writing=Writing.preset("goodwill").replace(repeats=4))
    chip.save(path)
    assert Chip.load(path).writing == chip.writing
