# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies in every form that is read, and one line for everything that can be wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, Population, sample_population, save_population
from spintile.model.dies.measured import draw_preview, import_population, read_measurement
from spintile.model.dies.measured.units import Unit
from spintile.model.geometry import preset

SHAPE = preset("demo").replace(kernels=2, rows=4, cols=6)
STATISTICS = DefectStatistics(spread=0.05, short=0.06, open=0.06, stuck_p=0.06, stuck_ap=0.06)


@pytest.fixture(scope="module")
def truth() -> Population:
    return sample_population(SHAPE, Cell.preset("demo"), STATISTICS, [3, 7], seed=2)


def write_matrices(folder: Path, truth: Population, scale: float = 1e6, separator: str = ",") -> Path:
    folder.mkdir()
    for d, die in enumerate(truth.die_ids):
        for k in range(truth.shape[1]):
            for state, g in (("P", truth.g_p), ("AP", truth.g_ap)):
                lines = [separator.join(f"{value * scale:.17g}" for value in row) for row in g[d, k]]
                name = folder / f"die{die}_kernel{k}_{state}.csv"
                name.write_text("# measured\n\n" + "\n".join(lines) + "\n")
    return folder


def long_lines(truth: Population, heading: str = "die,kernel,row,col,g_p [uS],g_ap [uS]", first: int = 0) -> list[str]:
    lines = [heading]
    for d, k, r, c in np.ndindex(truth.shape):
        on, off = truth.g_p[d, k, r, c] * 1e6, truth.g_ap[d, k, r, c] * 1e6
        lines.append(f"{truth.die_ids[d]},{k + first},{r + first},{c + first},{on:.17g},{off:.17g}")
    return lines


def check(found: Population, truth: Population) -> None:
    assert found.die_ids.tolist() == truth.die_ids.tolist()
    for name in ("g_p", "g_ap"):
        # Decimal digits and a unit's factor cost the last bits.
        assert np.allclose(getattr(found, name), getattr(truth, name), rtol=1e-14, atol=0)
    assert np.array_equal(found.defect, truth.defect)
    assert found.provenance["source"] == "measured"
    assert len(found.provenance["sha256"]) == 64


@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_a_folder_of_matrices(tmp_path: Path, truth: Population, separator: str) -> None:
    check(import_population(write_matrices(tmp_path / "m", truth, separator=separator), unit="uS"), truth)


def test_names_of_matrices_follow_a_pattern(tmp_path: Path, truth: Population) -> None:
    one = truth.select([0])
    folder = write_matrices(tmp_path / "m", one)
    for path in sorted(folder.iterdir()):
        found = re.fullmatch(r"die3_kernel(\d)_(\w+)\.csv", path.name)
        assert found
        path.rename(folder / f"{found[2].lower()}-{found[1]}.dat")
    found_one = import_population(folder, unit="uS", pattern="{state}-{kernel}.dat")
    assert found_one.die_ids.tolist() == [0]
    assert np.array_equal(found_one.defect, one.defect)


@pytest.mark.parametrize("first", [0, 1])
def test_a_table_in_any_order(tmp_path: Path, truth: Population, first: int) -> None:
    heading, *body = long_lines(truth, first=first)
    np.random.default_rng(0).shuffle(body)
    (tmp_path / "t.csv").write_text("\n".join(["# remark", heading, *body]))
    check(import_population(tmp_path / "t.csv", first_index=first), truth)


def test_a_table_of_resistances_with_a_line_per_state(tmp_path: Path, truth: Population) -> None:
    lines = ["row;col;kernel;die;state;note;value (kOhm)"]
    for state, g in (("AP", truth.g_ap), ("P", truth.g_p)):
        for d, k, r, c in np.ndindex(truth.shape):
            value = g[d, k, r, c]
            text = f"{1e-3 / value:.17g}" if value else "inf"
            lines.append(f"{r};{c};{k};{truth.die_ids[d]};{state};x;{text}")
    (tmp_path / "t.txt").write_text("\n".join(lines))
    check(import_population(tmp_path / "t.txt"), truth)


def test_currents_at_a_read_voltage(tmp_path: Path, truth: Population) -> None:
    np.savez(tmp_path / "t.npz", i_p=truth.g_p * 0.1 * 1e6, i_ap=truth.g_ap * 0.1 * 1e6, die=truth.die_ids)
    check(import_population(tmp_path / "t.npz", unit="uA", read_voltage=0.1), truth)


def test_arrays_in_npz_that_name_their_unit(tmp_path: Path, truth: Population) -> None:
    np.savez_compressed(tmp_path / "t.npz", g_p=truth.g_p * 1e6, g_ap=truth.g_ap * 1e6, die=truth.die_ids, unit="uS")
    check(import_population(tmp_path / "t.npz"), truth)


def test_one_die_without_its_axis(tmp_path: Path, truth: Population) -> None:
    np.savez(tmp_path / "t.npz", g_p=truth.g_p[0], g_ap=truth.g_ap[0])
    assert import_population(tmp_path / "t.npz", unit="S").shape == (1, *truth.shape[1:])


def test_arrays_in_hdf5_wherever_they_are(tmp_path: Path, truth: Population) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["wafer/on"], file["wafer/off"], file["die"] = truth.g_p * 1e6, truth.g_ap * 1e6, truth.die_ids
        file["wafer/on"].attrs["units"] = "uS"
        file["wafer/off"].attrs["unit"] = "uS"
    check(import_population(tmp_path / "t.h5", names={"g_p": "wafer/on", "g_ap": "wafer/off"}), truth)


def test_a_foreign_netcdf_file(tmp_path: Path, truth: Population) -> None:
    xarray = pytest.importorskip("xarray")
    axes = ("die", "kernel", "row", "col")
    variables = {"g_p": (axes, truth.g_p, {"units": "S"}), "g_ap": (axes, truth.g_ap, {"units": "S"})}
    dataset = xarray.Dataset(variables, coords={"die": ("die", truth.die_ids)})
    dataset.to_netcdf(tmp_path / "t.nc", engine="h5netcdf")
    check(import_population(tmp_path / "t.nc"), truth)


def test_a_population_of_ours_is_read_as_it_is(tmp_path: Path, truth: Population) -> None:
    save_population(truth, tmp_path / "t.nc")
    found = import_population(tmp_path / "t.nc")
    assert found.seed == truth.seed
    assert found.provenance == truth.provenance


def test_a_negative_reading_counts_as_nothing_down_to_the_noise_floor(tmp_path: Path, truth: Population) -> None:
    g_p = truth.g_p.copy()
    g_p[0, 0, 0, 0] = -2e-8
    np.savez(tmp_path / "t.npz", g_p=g_p, g_ap=truth.g_ap, unit="S")
    assert import_population(tmp_path / "t.npz", noise_floor=3e-8).g_p[0, 0, 0, 0] == 0
    with pytest.raises(
        ValueError, match=r"t.npz: g_p at \(die, kernel, row, col\) = \(0, 0, 0, 0\): must be a conductance"
    ):
        import_population(tmp_path / "t.npz", noise_floor=1e-8)


def test_the_preview_draws_every_class(truth: Population) -> None:
    figure = draw_preview(truth)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [label.split(" (")[0] for label in labels] == ["healthy", "short", "open", "stuck-P", "stuck-AP"]
    assert f"short ({int(truth.counts()['short'].sum())})" in labels


@pytest.mark.parametrize(
    ("text", "scale"), [("uS", 1e-6), ("µS", 1e-6), ("S", 1.0), ("kOhm", 1e3), ("Ω", 1.0), ("nA", 1e-9)]
)
def test_units_by_name(text: str, scale: float) -> None:
    assert Unit.parse(text).scale == scale


def edited(lines: list[str], line: int, field: int, text: str) -> str:
    """The table with one field of a line (from 1) replaced."""
    fields = lines[line - 1].split(",")
    fields[field] = text
    return "\n".join([*lines[: line - 1], ",".join(fields), *lines[line:]])


@pytest.mark.parametrize(
    ("line", "field", "text", "sentence"),
    [
        (5, 4, "abc", "line 5, field 'g_p': must be a number, not 'abc'"),
        (6, 5, "-3", "line 6, field 'g_ap': must be a conductance of at least 0 [uS], not -3.0"),
        (6, 5, "nan", "line 6, field 'g_ap': must be a conductance of at least 0 [uS], not nan"),
        (7, 2, "-1", "line 7, field 'row': must be an integer from 0 to 9999, not '-1'"),
        (7, 3, "1.5", "line 7, field 'col': must be an integer from 0 to 9999, not '1.5'"),
        (3, 3, "0", "line 3: a cell's P state must come once, and line 2 has it too"),
        (
            1,
            4,
            "g_p [furlong]",
            "field 'g_p': unit must be S, Ohm or A with a prefix, such as uS, kOhm or uA, not 'furlong'",
        ),
        (
            1,
            4,
            "g_p",
            "field 'g_p': unit must be declared (S, Ohm or A with a prefix, such as uS, kOhm or uA), and it is not",
        ),
        (1, 4, "g_p [kOhm]", "field 'g_p': unit must be that of a conductance, not kOhm"),
        (
            1,
            4,
            "on [uS]",
            "line 1: columns must include exactly one of g_p and g_ap, r_p and r_ap, i_p and i_ap, or state and value",
        ),
        (1, 2, "line", "line 1: columns must include 'row', not only die, kernel, line, col, g_p, g_ap"),
        (1, 2, "col", "line 1: column 'col' must come once, not twice"),
        (9, 4, "1,2", "line 9: must have 6 fields as the heading has, not 7"),
        (2, 2, "9", "the P state of every cell must be there, and"),
        (2, 2, "9999", "the P state of every cell must be there, and"),
        (
            2,
            2,
            "99999999999999999999",
            "line 2, field 'row': must be an integer from 0 to 9999, not '99999999999999999999'",
        ),
        (4, 4, '"1', "line 4: must be fields separated by ',': unexpected end of data"),
    ],
)
def test_a_wrong_table_is_one_line_that_says_where(
    tmp_path: Path, truth: Population, line: int, field: int, text: str, sentence: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(edited(long_lines(truth), line, field, text))
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}: {sentence}')}[^\n]*$"):
        read_measurement(path)


def test_a_table_with_a_cell_missing_names_it(tmp_path: Path, truth: Population) -> None:
    path = tmp_path / "t.csv"
    lines = long_lines(truth)
    del lines[10]
    path.write_text("\n".join(lines))
    sentence = "1 of 96 are not: the first is die 3, kernel 0, row 1, col 3, counted from 0"
    with pytest.raises(ValueError, match=f"{re.escape(sentence)}$"):
        read_measurement(path)


def test_a_unit_that_contradicts_the_file_is_refused(tmp_path: Path, truth: Population) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(long_lines(truth)))
    with pytest.raises(ValueError, match=r"field 'g_p': unit must be the declared mS, not uS$"):
        read_measurement(path, unit="mS")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("die3_kernel0_P.csv", "1,2\n3\n", "die3_kernel0_P.csv: line 2: must have 2 numbers as line 1 has, not 1"),
        ("die3_kernel0_P.csv", "1,x\n", "die3_kernel0_P.csv: line 1, field 2: must be a number, not 'x'"),
        (
            "die3_kernel0_P.csv",
            "\n1,-1\n",
            "die3_kernel0_P.csv: line 2, field 2: must be a conductance of at least 0 [uS], not -1.0",
        ),
        ("die3_kernel0_P.csv", "# nothing\n", "die3_kernel0_P.csv: must hold a matrix, and is empty"),
        (
            "die3_kernel1_P.csv",
            "1,2\n3,4\n",
            "die3_kernel1_P.csv: must have 4 rows of 6 numbers as the first file has, not 2 of 2",
        ),
        ("die3_kernel0_P.csv", None, "m: a file for die 3, kernel 0, state p must be there, and is not"),
    ],
)
def test_a_wrong_matrix_is_one_line_that_says_where(
    tmp_path: Path, truth: Population, name: str, text: str | None, sentence: str
) -> None:
    folder = write_matrices(tmp_path / "m", truth)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    with pytest.raises(ValueError, match=f"{re.escape(sentence)}$"):
        read_measurement(folder, unit="uS")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"die,row\xff\xfe\n")
    with pytest.raises(ValueError, match=r"t.csv: must be a text file in UTF-8: byte 7 is not$"):
        read_measurement(tmp_path / "t.csv", unit="uS")


@pytest.mark.parametrize("pattern", ["die{die}.csv", "{state}{state}", "{wafer}_{state}"])
def test_a_pattern_without_a_state_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(
        ValueError, match=r"^pattern must hold \{state\} and at most \{die\} and \{kernel\}, each once, not "
    ):
        read_measurement(tmp_path, unit="uS", pattern=pattern)


def test_a_folder_without_such_files_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"names of its files must follow 'die\{die\}_kernel\{kernel\}_\{state\}.csv', and none"
    ):
        read_measurement(tmp_path, unit="uS")


def test_pickled_objects_are_never_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", g_p=np.array([{}], dtype=object), g_ap=np.zeros((1, 1, 1, 1)))
    with pytest.raises(
        ValueError, match=r"t.npz: must be an NPZ file of plain arrays: it holds pickled objects, which are never"
    ):
        read_measurement(tmp_path / "t.npz", unit="uS")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"g_p": np.ones((1, 1, 2, 2))},
            "arrays must be exactly one of g_p and g_ap, r_p and r_ap, or i_p and i_ap, not g_p",
        ),
        ({}, "arrays must be exactly one of g_p and g_ap, r_p and r_ap, or i_p and i_ap, not none of them"),
        (
            {"g_p": np.ones((2, 2)), "g_ap": np.ones((2, 2))},
            "g_p must be numbers with axes (dies, kernels, rows, cols), not ",
        ),
        (
            {"g_p": np.ones((1, 2, 2)), "g_ap": np.ones((1, 2, 3))},
            "g_ap must have the shape of g_p (1, 1, 2, 2), not (1, 1, 2, 3)",
        ),
        ({"r_p": np.ones((1, 2, 2)), "r_ap": np.ones((1, 2, 2))}, "r_p: unit must be that of a resistance, not uS"),
        (
            {"i_p": np.ones((1, 2, 2)), "i_ap": np.ones((1, 2, 2)), "unit": np.array("uA")},
            "i_p: unit must be the declared uS, not uA",
        ),
        (
            {"g_p": np.ones((1, 2, 2)), "g_ap": np.ones((1, 2, 2)), "die": np.array([0.5])},
            "die must be 1 different integers, not ",
        ),
    ],
)
def test_wrong_arrays_are_one_line_that_says_which(
    tmp_path: Path, arrays: dict[str, np.ndarray], sentence: str
) -> None:
    path = tmp_path / "t.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path}: {sentence}')}[^\n]*$"):
        read_measurement(path, unit="uS")


def test_currents_need_a_read_voltage(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", i_p=np.ones((1, 2, 2)), i_ap=np.ones((1, 2, 2)))
    with pytest.raises(
        ValueError, match=r"read_voltage must be a positive voltage \[V\] for currents in uA, not None$"
    ):
        read_measurement(tmp_path / "t.npz", unit="uA")


@pytest.mark.parametrize("name", ["t.npz", "t.h5", "t.nc"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not an archive", b"\x89HDF\r\n\x1a\n and nothing more"])
def test_truncated_and_foreign_files_are_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name}: must be an? [^\n]+$"):
        import_population(tmp_path / name, unit="uS")


@pytest.mark.parametrize("name", ["t.csv", "t.npz", "t.h5"])
def test_a_missing_file_says_what_may_be_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: must be a folder of matrices, or a file that ends in .csv, "):
        import_population(tmp_path / name, unit="uS")


def test_a_place_without_an_array_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["g_p"] = np.ones((1, 2, 2))
    with pytest.raises(ValueError, match=r"t.h5: g_ap must be at 'off', and no array is there$"):
        read_measurement(tmp_path / "t.h5", unit="uS", names={"g_ap": "off"})
    with pytest.raises(ValueError, match=r"^names must be among g_p, g_ap, r_p, r_ap, i_p, i_ap, die, not 'g_x'$"):
        read_measurement(tmp_path / "t.h5", unit="uS", names={"g_x": "off"})
