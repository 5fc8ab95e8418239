# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from spintile.model.array import Wires
from spintile.model.chip import Chip
from spintile.model.chip_presets import CHIP_PRESETS
from spintile.model.device import published
from spintile.model.dies import ideal_population
from spintile.model.golden import make_die_image
from spintile.model.network import Layer, Network
from spintile.model.sensing import Sensing


@pytest.mark.parametrize("name", sorted(CHIP_PRESETS))
def test_every_preset_is_a_chip_and_survives_its_file(name: str, tmp_path: Path) -> None:
    wires = Wires(row_segment=1.5, col_sense=0.25, two_sided_rows=True)
    chip = Chip.preset(name).replace(strict=True, wires=wires)
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


def test_check_has_its_own_margins_and_a_file(tmp_path: Path) -> None:
    chip = Chip.preset("borders").with_repair("check")
    assert (chip.repair_mode, chip.margin_base, chip.margin_row) == ("check", 0.4, 0.01)
    assert chip.repair.mode == "check"
    assert chip.with_repair("check") is chip
    assert chip.with_repair("pair_check") == Chip.preset("borders")
    chip.save(tmp_path / "chip.toml")
    assert Chip.load(tmp_path / "chip.toml") == chip
    # Margins that were chosen stay where both modes want the same.
    assert Chip.preset("borders").replace(margin_base=0.7).with_repair("range_guard").margin_base == 0.7


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
    with pytest.raises(ValueError, match=rf"^chip preset must be one of {', '.join(sorted(CHIP_PRESETS))}, not 'x'$"):
        Chip.preset("x")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("two_sided_rows = false", "two_sided_rows = 0", "wires: two_sided_rows must be true or false, not 0"),
        ("row_segment = 0.0", "row_segment = -1.0", "wires: row_segment must be a non-negative resistance [Ohm], not"),
        ("col_sense = 0.0", "col_cents = 0.0", "wires: fields must be among col_segment, col_sense, row_driver, "),
        ("read_first = false", "read_first = 1", "writing: read_first must be true or false, not 1"),
        ("setup_cycles = 2", "setup_cycles = 2.5", "writing: setup_cycles must be an integer, not 2.5"),
        ("setup_cycles = 2", "setup_cycles = true", "writing: setup_cycles must be an integer, not True"),
        (
            'scheme = "gated"',
            'scheme = "magic"',
            "writing: scheme must be one of gated, grounded, half, third, floating",
        ),
        ("widths = [1,", 'widths = ["1",', "writing: widths must be a list of integers, not ['1', "),
        ("widths = [1,", "widths = [true,", "writing: widths must be a list of integers, not [True, "),
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
            "chip: repair_mode must be one of none, range_guard, pair_check, check, not 'magic'",
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


def test_a_file_of_before_wires_and_writing_is_the_same_chip(tmp_path: Path) -> None:
    path = tmp_path / "chip.toml"
    Chip.preset("borders").save(path)
    text = path.read_text()
    path.write_text(text[: text.index("[wires]")])
    assert Chip.load(path) == Chip.preset("borders")


def test_borders_and_demo_have_ideal_wires_and_passive_arrays_have_not() -> None:
    ideal = {name for name in CHIP_PRESETS if Chip.preset(name).wires.ideal}
    assert ideal == {"borders", "borders-12bit", "demo", "icebreaker"}
    passive = {name for name in CHIP_PRESETS if Chip.preset(name).cell.r_access == 0}
    assert passive == set(CHIP_PRESETS) - ideal
    assert not Chip.preset("drolet").writing.junction
    assert all(Chip.preset(name).writing.scheme == "half" for name in passive - {"drolet"})


@pytest.mark.parametrize(("name", "device"), [("goodwill-40nm", "mtj-40nm"), ("goodwill-11nm", "mtj-11nm")])
def test_goodwill_comes_in_several_device_sizes(name: str, device: str) -> None:
    chip, junction = Chip.preset(name), published(device).junction
    assert chip.cell.r_p == pytest.approx(float(junction.resistance_p()), rel=1e-12)
    assert chip.cell.tmr == pytest.approx(float(junction.tmr), rel=1e-12)
    assert chip.writing.junction == device
    plain = Chip.preset("goodwill")
    assert (chip.geometry, chip.wires) == (plain.geometry, plain.wires)
    # Pulses below the critical voltage: half of one, on a half-selected cell, must not switch anything.
    for one in (chip, plain):
        critical = float(published(one.writing.junction).junction.v_c0_to_p)
        assert 0.4 < one.writing.volts(one.writing.levels_p[0]) / critical < 0.9


def test_the_12_bit_chip_has_the_published_converters() -> None:
    chip = Chip.preset("borders-12bit")
    assert chip.adc_bits == 12
    assert chip.sensing.lsb == pytest.approx(0.61e-6, rel=1e-3)
    assert chip.sensing.rail_high * chip.sensing.full_scale_current(chip.geometry, chip.cell) == pytest.approx(0.87e-3)
    assert chip.repair.mode == "pair_check"
    assert chip.geometry.replace(name="borders", adc_bits=8) == Chip.preset("borders").geometry


def test_nominal_constants_follow_the_wires() -> None:
    ideal = Chip.preset("demo")
    lossy = ideal.replace(wires=Wires(row_segment=3.0, col_segment=3.0))
    assert lossy.repair.K < ideal.repair.K
    assert lossy.codes_per_weight < ideal.codes_per_weight
    geometry = lossy.geometry
    rng = np.random.default_rng(0)
    plus = rng.random((geometry.kernels, geometry.rows, geometry.pairs)) < 0.5
    states = np.stack([plus, ~plus], axis=3).reshape(geometry.kernels, geometry.rows, geometry.cols)
    image = make_die_image(
        ideal_population(geometry, lossy.cell), states, geometry, lossy.cell, lossy.sensing, wires=lossy.wires
    )
    weights = np.where(plus, 1, -1) * (image.q[0, :, :, 0::2] - image.q[0, :, :, 1::2])
    assert weights.mean() / 256 == pytest.approx(lossy.codes_per_weight, rel=0.01)
    assert weights.mean() / 256 != pytest.approx(ideal.codes_per_weight, rel=0.02)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent.toml: there is no such file$"):
        Chip.load(tmp_path / "absent.toml")
