# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies as arrays: NPZ (never pickled), HDF5 and NetCDF-4 files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...npy_file import read_array
from ...reading import check_expansion, check_regular, one_line
from ..hdf5_guard import check_hdf5, check_sizes, own_dataset
from .measurement import Measurement, digest
from .units import agree, conductance

_PAIRS = (("g_p", "g_ap"), ("r_p", "r_ap"), ("i_p", "i_ap"))
_QUANTITIES = {"g": "conductance", "r": "resistance", "i": "current"}
_AXES = "(dies, kernels, rows, cols)"
Arrays = Mapping[str, tuple[NDArray[np.generic], str | None]]


def read_npz(
    path: str | Path, *, unit: str | None = None, read_voltage: float | None = None, noise_floor: float = 0.0
) -> Measurement:
    """Read arrays ``g_p`` and ``g_ap`` (or ``r_p``, ``r_ap``; ``i_p``, ``i_ap``) from an NPZ file.

    They have axes (dies, kernels, rows, cols), or without the first for one die. An array ``die`` may number the dies,
    and a text ``unit`` declare the unit. Pickled objects are never read.

    Raises
    ------
    ValueError
        If the file is none, or lacks an array, or a value is none that a cell can have; the message names them.
    """
    source = Path(path)
    size = check_regular(source).st_size
    try:
        arrays: dict[str, tuple[NDArray[np.generic], str | None]] = {
            name: (array, None) for name, array in _unpacked(source, size).items()
        }
    except Exception as error:  # a broken archive raises errors of zipfile, zlib, numpy and its header's parser
        raise ValueError(f"{path}: must be an NPZ file of plain arrays: {one_line(error)}") from None
    in_file = str(arrays.pop("unit")[0]) if "unit" in arrays else None
    arrays = {name: (array, in_file) for name, (array, _) in arrays.items()}
    return _measurement(source, arrays, unit, read_voltage, noise_floor)


def read_hdf5(
    path: str | Path,
    *,
    unit: str | None = None,
    names: Mapping[str, str] | None = None,
    read_voltage: float | None = None,
    noise_floor: float = 0.0,
) -> Measurement:
    """Read the arrays of ``read_npz`` from an HDF5 or NetCDF-4 file.

    Parameters
    ----------
    path : path
        The file; an attribute ``units`` (or ``unit``) of an array declares its unit.
    unit : str or None
        Unit of the arrays; None: their attributes declare it.
    names : mapping of str to str
        Where the arrays are, if elsewhere: ``{"g_p": "wafer3/on"}``.
    read_voltage, noise_floor
        As in ``conductance``.
    """
    import h5py  # here, not above: only files need it

    source = Path(path)
    size = check_regular(source).st_size
    arrays: dict[str, tuple[NDArray[np.generic], str | None]] = {}
    places = {name: name for pair in _PAIRS for name in pair} | {"die": "die"}
    unknown = sorted(set(names or {}) - set(places))
    if unknown:
        raise ValueError(f"names must be among {', '.join(places)}, not {unknown[0]!r}")
    try:
        check_hdf5(source)
        with h5py.File(source, "r") as opened:
            wanted = places | dict(names or {})
            found = {
                name: dataset for name, place in wanted.items() if (dataset := own_dataset(opened, place)) is not None
            }
            check_sizes(found.values(), size)
            for name, dataset in found.items():
                units = dataset.attrs.get("units", dataset.attrs.get("unit"))
                if isinstance(units, bytes):
                    units = units.decode(errors="replace")
                arrays[name] = (np.asarray(dataset[()]), None if units is None else str(units))
            absent = [name for name in names or {} if name not in found]
            if absent:
                raise ValueError(f"{absent[0]} must be at {wanted[absent[0]]!r}, and no array is there")
    except ValueError as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    except Exception as error:  # h5py raises OSError, KeyError, RuntimeError and more for the same broken file
        raise ValueError(f"{path}: must be an HDF5 or NetCDF-4 file: {one_line(error)}") from None
    return _measurement(source, arrays, unit, read_voltage, noise_floor)


def _unpacked(path: Path, size: int) -> dict[str, NDArray[np.generic]]:
    """Arrays of an NPZ file by name, each allocated only once its header, its size and the file's size agree."""
    arrays: dict[str, NDArray[np.generic]] = {}
    with zipfile.ZipFile(path) as opened:
        names = [entry.filename for entry in opened.infolist()]
        if len(set(names)) != len(names):
            raise ValueError("an array must be there once, not twice")
        whole = 0
        for name in ("die", "unit", *(name for pair in _PAIRS for name in pair)):
            if f"{name}.npy" not in names:
                continue
            entry = opened.getinfo(f"{name}.npy")
            whole += entry.file_size
            check_expansion(whole, size)
            with opened.open(entry) as stream:
                arrays[name] = read_array(stream, entry.file_size)
                stream.read(1)  # at its end, the sum of a member is checked
    return arrays


def _measurement(
    path: Path, arrays: Arrays, unit: str | None, read_voltage: float | None, noise_floor: float
) -> Measurement:
    given = [pair for pair in _PAIRS if pair[0] in arrays or pair[1] in arrays]
    if len(given) != 1 or any(name not in arrays for name in given[0]):
        found = ", ".join(sorted(arrays)) or "none of them"
        raise ValueError(
            f"{path}: arrays must be exactly one of g_p and g_ap, r_p and r_ap, or i_p and i_ap, not {found}"
        )
    states: list[NDArray[np.float64]] = []
    declared = None
    for name in given[0]:
        array, in_file = arrays[name]
        declared = agree(unit, in_file, f"{path}: {name}")
        if declared.quantity != _QUANTITIES[name[0]]:
            raise ValueError(f"{path}: {name}: unit must be that of a {_QUANTITIES[name[0]]}, not {declared.name}")
        if array.dtype.kind not in "fiu" or array.ndim not in (3, 4) or not array.size:
            raise ValueError(
                f"{path}: {name} must be numbers with axes {_AXES}, not {array.dtype} of shape {array.shape}"
            )
        values = array.astype(np.float64)
        values = values[None] if values.ndim == 3 else values
        if states and values.shape != states[0].shape:
            raise ValueError(
                f"{path}: {name} must have the shape of {given[0][0]} {states[0].shape}, not {values.shape}"
            )
        where = _place(path, name, values.shape)
        states.append(conductance(values, declared, where, read_voltage=read_voltage, noise_floor=noise_floor))
    assert declared is not None
    count = states[0].shape[0]
    dies = arrays["die"][0] if "die" in arrays else np.arange(count)
    if dies.shape != (count,) or dies.dtype.kind not in "iu" or np.unique(dies).size != count:
        raise ValueError(f"{path}: die must be {count} different integers, not {dies.dtype} of shape {dies.shape}")
    return Measurement(states[0], states[1], dies.astype(np.int64), declared.name, (path,), digest([path]))


def _place(path: Path, name: str, shape: tuple[int, ...]) -> Callable[[int], str]:
    def where(index: int) -> str:
        place = tuple(int(axis) for axis in np.unravel_index(index, shape))
        return f"{path}: {name} at (die, kernel, row, col) = {place}"

    return where
