# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.geometry import PRESETS
from spintile.model.network import Layer, Network
from spintile.model.sensing import Sensing


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_a_chip_and_survives_its_file(name: str, tmp_path: Path) -> None:
    chip = Chip.preset(name).replace(strict=True)
    chip.save(tmp_path / "chip.toml")
    assert Chip.load(tmp_path / "chip.toml") == chip


def test_optional_and_repeated_fields_survive_the_file(tmp_path: Path) -> None:
    chip = Chip.preset("demo").replace(sensing=Sensing(lsb=3.5e-6, column_offset=(1, -2, 0, 0, 3, 0, 0, 0)))
    chip.save(tmp_path / "chip.toml")
    assert Chip.load(tmp_path / "chip.toml") == chip


def test_codes_per_weight_is_the_nominal_difference_of_a_row() -> None:
    chip = Chip.preset("borders")
    exact = (chip.cell.g_p - chip.cell.g_ap) * chip.sensing.v_read / chip.sensing.lsb_current(chip.geometry, chip.cell)
    assert chip.codes_per_weight == chip.repair.D / 256
    # D is rounded to whole steps of LSB/2^8.
    assert abs(chip.codes_per_weight - exact) <= 0.5 / 256


def test_the_pair_check_is_set_only_for_binary_weights() -> None:
    chip = Chip.preset("demo")
    weights = np.ones((2, 3), np.int8)
    binary = Network((Layer("dense", weights, (3,), bias=np.zeros(2, np.int64)),))
    assert chip.repair_for(binary) == chip.repair
    weights = weights.copy()
    weights[1, 2] = 0
    ternary = Network((Layer("dense", weights, (3,), bias=np.zeros(2, np.int64)),))
    with pytest.warns(UserWarning, match=r"^pair_check repair needs binary weights, not ternary ones: no repair$"):
        assert chip.repair_for(ternary).mode == "none"
    assert chip.replace(repair_mode="range_guard").repair_for(ternary).mode == "range_guard"


def test_sensing_with_more_bits_than_converters_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^sensing: adc_bits must be at most 8 \(geometry 'borders'\), not 10$"):
        Chip.preset("borders").replace(sensing=Sensing(adc_bits=10))


def test_an_unknown_preset_lists_the_presets() -> None:
    with pytest.raises(ValueError, match=r"^chip preset must be one of borders, demo, drolet, goodwill, not 'x'$"):
        Chip.preset("x")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("format_version = 1", "format_version = 7", "format_version must be 1, not 7"),
        ("rows = 25", "rows = 0", "geometry 'borders': rows must be an integer from 1 to 64, not 0"),
        ("r_p = 2530.0", "", "cell: field 'r_p' must be given"),
        ("short = 0.002", "short = 2.0", "defect statistics: short must be a rate from 0 to 1, not 2.0"),
        ("strict = false", "stern = false", "chip: fields must be among"),
        ("[cell]", "[cells]", "chip: fields must be among"),
        ("[sensing]", "[sensing", "must be a TOML file: "),
        ("v_read = 0.1", 'v_read = "0.1"', "sensing: v_read must be a number, not '0.1'"),
        ("r_p = 2530.0", "r_p = true", "cell: r_p must be a number, not True"),
        ("strict = false", 'strict = "yes"', "chip: strict must be true or false, not 'yes'"),
        ("margin_base = 1.0", "margin_base = nan", "chip: margin_base must be a non-negative number, not nan"),
        (
            '"pair_check"',
            '"magic"',
            "chip: repair_mode must be one of none, range_guard, pair_check, not 'magic'",
        ),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "chip.toml"
    Chip.preset("borders").save(path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: {re.escape(sentence)}"):
        Chip.load(path)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent.toml: there is no such file$"):
        Chip.load(tmp_path / "absent.toml")
