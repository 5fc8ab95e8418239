# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import h5netcdf
import h5py
import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, load_population, sample_population, save_population
from spintile.model.geometry import preset


@pytest.fixture
def path(tmp_path: Path) -> Path:
    population = sample_population(preset("demo"), Cell.preset("demo"), DefectStatistics.demo(), [2, 0], seed=9)
    save_population(population, tmp_path / "dies.nc")
    return tmp_path / "dies.nc"


def test_a_file_gives_back_the_same_population(path: Path) -> None:
    population = sample_population(preset("demo"), Cell.preset("demo"), DefectStatistics.demo(), [2, 0], seed=9)
    loaded = load_population(path)
    for name in ("g_p", "g_ap", "defect", "die_ids"):
        assert np.array_equal(getattr(loaded, name), getattr(population, name))
        assert getattr(loaded, name).dtype == getattr(population, name).dtype
    assert loaded.seed == 9
    assert loaded.provenance == population.provenance


def test_broken_lines_survive_the_file_and_are_0_or_1(path: Path) -> None:
    population = load_population(path)
    assert population.row_breaks is None
    assert population.col_breaks is None
    broken = np.random.default_rng(0).random(population.shape) < 0.01
    save_population(dataclasses.replace(population, col_breaks=broken), path)
    loaded = load_population(path)
    assert loaded.row_breaks is None
    assert loaded.col_breaks is not None
    assert loaded.col_breaks.dtype == np.bool_
    assert np.array_equal(loaded.col_breaks, broken)
    with h5netcdf.File(path, "r+") as file:
        file["col_breaks"][0, 0, 0, 0] = 2
    with pytest.raises(ValueError, match=r"dies.nc: col_breaks must be 0 or 1, not 2$"):
        load_population(path)


def test_the_same_population_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    save_population(load_population(path), tmp_path / "again.nc")
    assert (tmp_path / "again.nc").read_bytes() == path.read_bytes()


def test_conductances_carry_their_unit(path: Path) -> None:
    with h5netcdf.File(path, "r") as file:
        assert file["g_p"].attrs["units"] == "S"
        assert file["g_p"].dimensions == ("die", "kernel", "row", "col")


def test_nothing_but_the_file_is_left_in_the_folder(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent.nc: there is no such file$"):
        load_population(tmp_path / "absent.nc")


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_file_is_one_clear_error(path: Path, keep: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else int(keep)])
    with pytest.raises(ValueError, match=r"dies.nc: must be a NetCDF-4 file of a population: [^\n]+$"):
        load_population(path)


def test_a_foreign_file_is_one_clear_error(path: Path) -> None:
    path.write_text("not a population\n" * 100)
    with pytest.raises(ValueError, match=r"dies.nc: must be a NetCDF-4 file of a population: [^\n]+$"):
        load_population(path)


def _change_format(file: h5netcdf.File) -> None:
    file.attrs["format"] = "weather"


def _change_version(file: h5netcdf.File) -> None:
    file.attrs["format_version"] = 99


def _nan(file: h5netcdf.File) -> None:
    file["g_ap"][1, 2, 3, 4] = np.nan


def _negative(file: h5netcdf.File) -> None:
    file["g_p"][0, 0, 0, 0] = -1.0


def _same_dies(file: h5netcdf.File) -> None:
    file["die"][...] = 3


def _negative_die(file: h5netcdf.File) -> None:
    file["die"][0] = -1


def _text_seed(file: h5netcdf.File) -> None:
    file.attrs["seed"] = "abc"


def _list_of_provenance(file: h5netcdf.File) -> None:
    file.attrs["provenance"] = "[1, 2]"


def _no_provenance(file: h5netcdf.File) -> None:
    file.attrs["provenance"] = "{not json"


def _text_resistance(file: h5netcdf.File) -> None:
    file.attrs["line_resistance"] = "high"


def _unknown_defect(file: h5netcdf.File) -> None:
    file["defect"][0, 0, 0, 0] = 200


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_change_format, r"format must be 'spintile population', not 'weather'$"),
        (_change_version, r"format_version must be 1, not 99$"),
        (_nan, r"population: g_ap must be finite and not negative \[S\], not nan at .* = \(1, 2, 3, 4\)$"),
        (_negative, r"population: g_p must be finite and not negative \[S\], not -1.0 at .* = \(0, 0, 0, 0\)$"),
        (_unknown_defect, r"population: defect must be from 0 to 5, not 200$"),
        (_same_dies, r"die must be different integers from 0 to 4294967295, not 3, 3$"),
        (_negative_die, r"die must be different integers from 0 to 4294967295, not -1, 0$"),
        (_text_seed, r"seed must be an integer, not 'abc'$"),
        (_list_of_provenance, r"provenance must be a JSON object, not \[1, 2\]$"),
        (_no_provenance, r"provenance must be a JSON object, not '{not json'$"),
        (_text_resistance, r"line_resistance must be a number \[Ohm\], not 'high'$"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(path: Path, damage: Callable[[h5netcdf.File], None], sentence: str) -> None:
    with h5netcdf.File(path, "r+") as file:
        damage(file)
    with pytest.raises(ValueError, match=rf"dies.nc: {sentence}"):
        load_population(path)


def test_a_defect_class_too_wide_for_a_byte_does_not_wrap(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        values = file["defect"][...].astype(np.int64)
        values[0, 0, 0, 0] = 256
        scales = [dimension[0] for dimension in file["defect"].dims if len(dimension)]
        labels = dict(file["defect"].attrs)
        del file["defect"]
        wide = file.create_dataset("defect", data=values)
        for name, value in labels.items():
            if name not in ("DIMENSION_LIST", "_Netcdf4Coordinates", "_Netcdf4Dimid"):
                wide.attrs[name] = value
        for dimension, scale in zip(wide.dims, scales, strict=True):
            dimension.attach_scale(scale)
    with pytest.raises(ValueError, match=r"dies.nc: defect must be from 0 to 5, not 0 to 256$"):
        load_population(path)


def test_a_file_without_a_variable_says_which(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["defect"]
    with pytest.raises(ValueError, match=r"defect must have dimensions \('die', 'kernel', 'row', 'col'\), not None$"):
        load_population(path)
