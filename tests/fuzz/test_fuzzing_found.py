# SPDX-License-Identifier: BSD-3-Clause
"""Everything that damaged files ever did wrong, kept: each was a crash, a hang, a memory eater, or read in silence."""

from __future__ import annotations

import dataclasses
import gzip
import json
import lzma
import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from spintile.cli.errors import BadInput
from spintile.cli.flows.demo.settings import DemoSettings
from spintile.cli.fuzzing.container_damage import join_safetensors, npy, split_safetensors
from spintile.cli.fuzzing.samples import Reader, readers
from spintile.cli.fuzzing.sound import CHIP, idx
from spintile.model.chip import Chip
from spintile.model.data.bundle_file import read_bundle
from spintile.model.data.idx import read_idx
from spintile.model.dies import DefectStatistics, load_population
from spintile.model.dies.fitting import load_fit
from spintile.model.dies.measured import draw_preview, import_population, read_measurement
from spintile.model.network import load_network, save_network

FOUND = Path(__file__).with_name("found")
READERS = {reader.name: reader for reader in readers()}


def sound(name: str, folder: Path) -> tuple[Reader, Path]:
    """A reader's sound input; the reader and the first of its files."""
    READERS[name].make(folder, 0)
    return READERS[name], folder / READERS[name].files[0]


def refused(read: Callable[[], object], words: str) -> None:
    """Reading must end in one short printable line with these words."""
    with pytest.raises((ValueError, BadInput)) as caught:
        read()
    said = str(caught.value)
    assert words in said
    assert said.isprintable()
    assert len(said) < 1200


@pytest.mark.parametrize("case", ["7940", "9197"])
def test_broken_references_to_dimensions_crash_libhdf5_only_in_the_probe(tmp_path: Path, case: str) -> None:
    (tmp_path / "dies.nc").write_bytes(lzma.decompress((FOUND / f"scales-{case}.nc.xz").read_bytes()))
    refused(lambda: load_population(tmp_path / "dies.nc"), "dies.nc: must be a NetCDF-4 file of a population: ")


@pytest.mark.parametrize("name", ["chip", "statistics", "settings", "placement", "disturbance", "measured table"])
def test_a_pipe_does_not_wait_for_a_writer(tmp_path: Path, name: str) -> None:
    reader, path = sound(name, tmp_path)
    path.unlink()
    os.mkfifo(path)
    said: list[str] = []

    def read() -> None:
        try:
            reader.read(tmp_path)
        except (ValueError, BadInput) as error:
            said.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(30)
    assert said == [f"{path}: must be a regular file, not a pipe"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 100_000, "must be a TOML file: "),
        ("a = " + "[" * 5_000, "it is nested too deeply"),
        ("[cell]\ntmr = 1.0\nr_p." + "a." * 3000 + "a = 1", "r_p must be a number"),
        ("a." * 100_000 + "a = 1", "lines must have at most 16384 characters"),
        ("margin_row = " + "9" * 5000, "must be a TOML file: Exceeds the limit"),
        ("margin_row = " + "9" * 4000, "margin_row must be a number"),
        ("x" * 10_000 + " = 1", "fields must be among "),
        ('"\\u001b[31m" = 1', "fields must be among "),
        ("[cell]\nr_p = 1e-320\ntmr = 1.0", "r_p must be from 1e-09 to 1e+15"),
        ("[cell]\nr_p = 1e308\ntmr = 1.0", "r_p must be from 1e-09 to 1e+15"),
        ("margin_base = 1e308", "margin_base must be at most 1e6 G_P"),
        ("[statistics]\nshort_strength = 1e300", "short_strength must be a positive number"),
    ],
)
def test_settings_that_meant_to_do_harm(tmp_path: Path, text: str, words: str) -> None:
    lines = {} if "[" in text.partition("=")[0] else {"cell": "[cell]\nr_p = 1000.0\ntmr = 1.0"}
    geometry = '[geometry]\nname = "x"\nrows = 4\ncols = 4\nkernels = 1'
    whole = "\n".join(["format_version = 1", text, *lines.values(), geometry])
    (tmp_path / "chip.toml").write_text(whole + "\n")
    refused(lambda: Chip.load(tmp_path / "chip.toml"), words)


def test_a_tiny_range_of_clusters_is_no_overflow(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("format_version = 1\nspatial_range = 1e-300\nspatial_clustering = 0.5\n")
    refused(lambda: DefectStatistics.load(tmp_path / "s.toml"), "spatial_clustering must be from 0 to 0")


def test_settings_name_their_file_whatever_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for text in ("die_aware = 1000000000", "9" * 5000 + " = 1", '"\\u0000" = 36', "dies = " + "9" * 3000):
        path.write_text(f"format_version = 1\n{text}\n")
        refused(lambda: DemoSettings.load(path), f"{path}: ")


@pytest.mark.parametrize("name", ["chip", "statistics", "fit", "settings"])
def test_a_file_that_lost_its_end_or_a_digit_is_warned_of(tmp_path: Path, name: str) -> None:
    reader, path = sound(name, tmp_path)
    whole = path.read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reader.read(tmp_path)
    last = whole.rstrip().rindex("\n") + 1
    damaged_words = whole.replace("below, as", "below. as", 1)
    for text in (whole[:last] if name != "fit" else whole.replace("# Median", "# Medium"), damaged_words):
        path.write_text(text)
        with pytest.warns(
            UserWarning, match="was changed since it was written; if that was on purpose, remove its first"
        ):
            reader.read(tmp_path)
    path.write_text(whole.partition("\n")[2])  # the way out that the warning names
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reader.read(tmp_path)


def test_an_interval_of_no_numbers_is_refused(tmp_path: Path) -> None:
    _, path = sound("fit", tmp_path)
    lines = path.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("r_p = ["))
    for value in ("[nan, 1.0, 2.0]", "[1.0, 2.0, nan]", "[1.0, 3.0, 2.0]", "[1.0, -inf, 2.0]"):
        path.write_text("\n".join([*lines[1:at], f"r_p = {value}", *lines[at + 1 :]]))
        refused(lambda: load_fit(path), "intervals.r_p must be numbers, low at most high")


@pytest.mark.parametrize("name", ["placement", "result", "sweep", "step record"])
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 5000, '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1e999}', "9" * 5000]
)
def test_json_that_meant_to_do_harm(tmp_path: Path, name: str, text: str) -> None:
    reader, path = sound(name, tmp_path)
    path.write_text(text)
    refused(lambda: reader.read(tmp_path), "must be ")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("placement", '"kernels": [[[0', '"kernels": [[[3'),
        ("sweep", '"rate": 0.5', '"rate": 0.6'),
        ("step record", "0.9", "0.8"),
        ("network", "0.8125", "0.9125"),
        ("states", '\\"seed\\": 0', '\\"seed\\": 1'),
    ],
)
def test_a_changed_value_is_not_read_in_silence(tmp_path: Path, name: str, old: str, new: str) -> None:
    reader, path = sound(name, tmp_path)
    data = path.read_bytes()
    assert old.encode() in data
    path.write_bytes(data.replace(old.encode(), new.encode(), 1))
    refused(lambda: reader.read(tmp_path), "must ")


def test_states_other_than_0_and_1_are_refused(tmp_path: Path) -> None:
    reader, path = sound("states", tmp_path)
    header, body = split_safetensors(path.read_bytes())
    contents = json.loads(header["__metadata__"]["spintile"])
    del contents["sha256"], contents["checksum"]
    header["__metadata__"]["spintile"] = json.dumps(contents)
    path.write_bytes(join_safetensors(header, bytes([2]) + body[1:]))
    refused(lambda: reader.read(tmp_path), "states must be 0 (AP) or 1 (P) everywhere")


def test_a_network_of_a_thousand_million_copies_is_refused(tmp_path: Path) -> None:
    _, path = sound("network", tmp_path)
    network = load_network(path)
    many = dataclasses.replace(
        network, layers=(dataclasses.replace(network.layers[0], copies=10**9), network.layers[1])
    )
    refused(lambda: save_network(many, path), "copies must be at most 4096")


def test_a_unit_that_no_float_holds_is_refused(tmp_path: Path) -> None:
    reader, path = sound("network", tmp_path)
    header, body = split_safetensors(path.read_bytes())
    contents = json.loads(header["__metadata__"]["spintile"])
    del contents["sha256"], contents["checksum"]
    contents["layers"][0]["unit"] = 10**400
    header["__metadata__"]["spintile"] = json.dumps(contents)
    path.write_bytes(join_safetensors(header, body))
    refused(lambda: reader.read(tmp_path), "too large")


def test_a_population_whose_arrays_differ_in_shape_names_its_file(tmp_path: Path) -> None:
    reader, path = sound("population", tmp_path)
    with h5py.File(path, "r+") as file:
        scales = [axis[0].name for axis in file["defect"].dims]
        del file["defect"]
        made = file.create_dataset("defect", shape=(0, 0, 0, 0), dtype=np.uint8)
        for axis, scale in enumerate(scales):
            made.dims[axis].attach_scale(file[scale])
    refused(lambda: reader.read(tmp_path), f"{path}: defect must have the shape of g_p")


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    zeros = bytes(1 << 26)
    path = tmp_path / "bomb"
    shape = (60_000).to_bytes(4, "big") + (20_000).to_bytes(4, "big") * 2
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 3]) + shape + zeros))
    refused(lambda: read_idx(path, 3), "its arrays must be what")
    path.write_bytes(gzip.compress(idx(np.zeros((1, 2, 2), np.uint8)) + zeros))
    refused(lambda: read_idx(path, 3), "must hold 4 bytes of shape (1, 2, 2), not 5 or more")
    header = {"format": "spintile images", "format_version": 1, "name": "x", "attribution": "x"}
    text = json.dumps({**header, "train": 9_000_000, "test": 1, "side": 60}).encode()
    path.write_bytes(lzma.compress(text + b"\n" + zeros, preset=0))
    refused(lambda: read_bundle(path), "its arrays must be what")
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        for name in ("g_p", "g_ap"):
            file.create_dataset(name, (100_000, 4, 25, 25), "f8", chunks=True, fillvalue=1.0)
    refused(lambda: read_measurement(tmp_path / "bomb.h5", unit="uS"), "must ")


def test_an_array_of_pickles_never_runs(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (tmp_path / "targets.npy").write_bytes(npy(np.zeros(1), marker))
    refused(lambda: READERS["targets"].read(tmp_path), "it holds pickled objects, which are never read")
    assert not marker.exists()


def test_numbers_of_python_are_no_numbers_of_a_table(tmp_path: Path) -> None:
    for name, old, new in (("measured table", "0,0,0,0,", "0,0,0,0,1_0"), ("disturbance", "1,", "1_0,")):
        folder = tmp_path / name
        folder.mkdir()
        reader, path = sound(name, folder)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        refused(lambda reader=reader, folder=folder: reader.read(folder), "number")


def test_dies_that_cannot_be_classified_name_their_file(tmp_path: Path) -> None:
    path = tmp_path / "swapped.csv"
    path.write_text("row,col,g_p [uS],g_ap [uS]\n0,0,100,200\n0,1,100,200\n")
    refused(lambda: import_population(path), f"{path}: die 0 (by position): the median conductance must be higher")


def test_the_chip_of_these_samples_is_sound(tmp_path: Path) -> None:
    CHIP.save(tmp_path / "chip.toml")
    assert Chip.load(tmp_path / "chip.toml") == CHIP


def test_a_name_that_looks_like_a_formula_is_drawn_as_it_is(tmp_path: Path) -> None:
    population = load_population(_sound_population(tmp_path))
    named = dataclasses.replace(population, provenance={"files": r"$\frac{$ \input{x}" + "\n" + "x" * 5000})
    draw_preview(named).savefig(tmp_path / "preview.png")
    assert (tmp_path / "preview.png").stat().st_size > 1000


def _sound_population(folder: Path) -> Path:
    return sound("population", folder)[1]
