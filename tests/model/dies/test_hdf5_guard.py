# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from spintile.model.device import Cell
from spintile.model.dies import DefectStatistics, hdf5_guard, hdf5_probe, load_population, sample_population
from spintile.model.dies.hdf5_guard import check_hdf5, sealed
from spintile.model.dies.measured.array_files import read_hdf5
from spintile.model.dies.population_file import save_population
from spintile.model.geometry import preset


@pytest.fixture
def path(tmp_path: Path) -> Path:
    population = sample_population(preset("demo"), Cell.preset("demo"), DefectStatistics.demo(), [0], seed=9)
    save_population(population, tmp_path / "dies.nc")
    return tmp_path / "dies.nc"


def _foreign(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        for name in ("g_p", "g_ap"):
            file[name] = np.ones((1, 2, 2)) * (2 if name == "g_p" else 1)
    return path


@pytest.mark.parametrize("part", np.linspace(0, 1, 20, endpoint=False).tolist())
def test_any_flipped_byte_of_a_population_is_found_before_libhdf5_sees_it(path: Path, part: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(part * (len(data) - 100))] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"dies.nc: must be a NetCDF-4 file of a population: the file is damaged: "):
        load_population(path)


def test_a_file_is_probed_once_as_long_as_it_is_not_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_hdf5(path)
    runs = []
    plain = hdf5_guard.subprocess.run
    monkeypatch.setattr(hdf5_guard.subprocess, "run", lambda *a, **k: runs.append(a) or plain(*a, **k))
    check_hdf5(path)
    assert not runs
    path.write_bytes(sealed(path.read_bytes()[:-82] + b" "))
    check_hdf5(path)
    assert len(runs) == 1


def test_a_sealed_file_opens_in_every_other_program(path: Path) -> None:
    with h5py.File(path, "r") as file:
        assert "g_p" in file


@pytest.mark.parametrize("cut", [1, 20, 81])
def test_a_broken_seal_is_not_taken_for_none(path: Path, cut: int) -> None:
    whole = path.read_bytes()
    for data in (whole[:-cut], whole[:-cut] + b"\0" * cut, whole + b"\0"):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="the file is damaged: it"):
            load_population(path)
    path.write_bytes(whole[:-82])
    load_population(path)


@pytest.mark.parametrize("way", ["external link", "link to a link", "external storage", "virtual"])
def test_a_file_stands_for_itself(tmp_path: Path, way: str) -> None:
    other, path = _foreign(tmp_path / "other.h5"), tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file["g_ap"] = np.ones((1, 2, 2))
        if way == "external link":
            file["g_p"] = h5py.ExternalLink(str(other), "/g_p")
        elif way == "link to a link":
            file["away"] = h5py.ExternalLink(str(other), "/")
            file["g_p"] = h5py.SoftLink("/away/g_p")
        elif way == "external storage":
            stored = [(str(other), 2048, h5py.h5f.UNLIMITED)]
            file.create_dataset("g_p", shape=(1, 2, 2), dtype=float, external=stored)
        else:
            layout = h5py.VirtualLayout(shape=(1, 2, 2), dtype=float)
            layout[:] = h5py.VirtualSource(str(other), "g_p", shape=(1, 2, 2))
            file.create_virtual_dataset("g_p", layout)
    with pytest.raises(ValueError, match=r"m\.h5: /?g_p must be in the file itself, not .*another file$"):
        read_hdf5(path, unit="uS")


def test_a_program_that_writes_into_the_file_removes_the_seal(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["g_p"][0, 0, 0, 0] = 1e-4
    assert b"spintile sha256" not in path.read_bytes()
    assert load_population(path).g_p[0, 0, 0, 0] == 1e-4


def test_a_file_that_crashes_the_library_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(hdf5_probe, "__file__", str(crash))
    found = _foreign(tmp_path / "m.h5")
    said = r"m.h5: the file is damaged: reading it crashed the HDF5 library \(signal 11\)$"
    with pytest.raises(ValueError, match=said):
        read_hdf5(found, unit="uS")


def test_a_file_that_is_never_read_to_its_end_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text("while True: pass")
    monkeypatch.setattr(hdf5_probe, "__file__", str(endless))
    monkeypatch.setattr(hdf5_guard, "_LONGEST", 0.2)
    with pytest.raises(ValueError, match=r"^the file is damaged: reading it did not end within 0 s$"):
        check_hdf5(_foreign(tmp_path / "m.h5"))


def test_an_array_larger_than_memory_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.create_dataset("g_p", shape=(1 << 40, 2, 2), dtype=float, chunks=True)
    with pytest.raises(ValueError, match=r"m.h5: an array of it must fit into half of this machine's memory$"):
        read_hdf5(tmp_path / "m.h5", unit="uS")


def test_a_foreign_file_that_is_sound_passes(tmp_path: Path) -> None:
    check_hdf5(_foreign(tmp_path / "m.h5"))
    check_hdf5(_truncated(tmp_path / "m.h5"))  # whoever reads it says what is wrong


def _truncated(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:100])
    return path


def test_the_seal_is_a_line_that_a_person_can_read() -> None:
    assert re.fullmatch(rb"data\nspintile sha256 [0-9a-f]{64}\n", sealed(b"data"))
