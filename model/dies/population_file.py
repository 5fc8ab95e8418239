# SPDX-License-Identifier: BSD-3-Clause
"""Populations as NetCDF-4 files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_atomically
from ..reading import check_regular, one_line, parse_json, shown
from .hdf5_guard import check_hdf5, check_sizes, own_dataset, sealed
from .population import Defect, Population

FORMAT = "spintile population"
FORMAT_VERSION = 1
_DIMENSIONS = ("die", "kernel", "row", "col")
_VARIABLES = ("g_p", "g_ap", "defect")
#: Only in files of populations with broken lines: 1 where one is.
_BREAKS = ("row_breaks", "col_breaks")


def save_population(population: Population, path: str | Path) -> None:
    """Write a population as NetCDF-4 (HDF5), atomically and sealed (``hdf5_guard``); conductances in S."""
    import xarray as xr  # here, not above: half a second that only files need

    devices = {
        "g_p": (_DIMENSIONS, population.g_p, {"units": "S", "long_name": "conductance after writing P"}),
        "g_ap": (_DIMENSIONS, population.g_ap, {"units": "S", "long_name": "conductance after writing AP"}),
        "defect": (
            _DIMENSIONS,
            population.defect,
            {"long_name": "defect class, 0 none, 1 short, 2 open, 3 stuck P, 4 stuck AP, 5 pinhole"},
        ),
    }
    for name, place in (("row_breaks", "just before"), ("col_breaks", "just after")):
        broken = getattr(population, name)
        if broken is not None:
            long_name = f"1 where a {name[:3]} is interrupted {place} the cell"
            devices[name] = (_DIMENSIONS, broken.astype(np.uint8), {"long_name": long_name})
    attributes: dict[str, object] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "line_resistance": population.line_resistance,
        "line_resistance_units": "Ohm",
        "resolution": population.resolution,
        "resolution_units": "S",
        "provenance": json.dumps(dict(population.provenance), sort_keys=True),
    }
    if population.seed is not None:
        attributes["seed"] = str(population.seed)
    dataset = xr.Dataset(devices, coords={"die": ("die", population.die_ids)}, attrs=attributes)
    encoding = {name: {"zlib": True, "complevel": 4, "_FillValue": None} for name in devices}
    write_atomically(path, sealed(bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding))))


def load_population(path: str | Path) -> Population:
    """Read what ``save_population`` wrote.

    Raises
    ------
    ValueError
        If the file is missing, truncated, damaged or foreign, has another version, lacks a variable, or holds values
        that no device has; the message names the file and what is wrong.
    """
    check_regular(path)
    try:
        check_hdf5(path, ours=True)
        attributes, variables = _contents(path)
    except Exception as error:  # h5py raises OSError, KeyError, RuntimeError and more for the same broken file
        raise ValueError(f"{path}: must be a NetCDF-4 file of a population: {one_line(error)}") from None
    if attributes.get("format") != FORMAT:
        raise ValueError(f"{path}: format must be {FORMAT!r}, not {shown(attributes.get('format'))}")
    version = attributes.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(f"{path}: format_version must be {FORMAT_VERSION}, not {shown(version)}")
    for name in (*_VARIABLES, *(name for name in _BREAKS if name in variables)):
        found = variables[name][0] if name in variables else None
        if found != _DIMENSIONS:
            raise ValueError(f"{path}: {name} must have dimensions {_DIMENSIONS}, not {shown(found)}")
    if "die" not in variables:
        raise ValueError(f"{path}: die must be a coordinate that numbers the dies")
    arrays = {name: values for name, (_, values) in variables.items()}
    seed = _attribute(attributes, "seed", int, None, "an integer", path)
    line_resistance = _attribute(attributes, "line_resistance", float, 0.0, "a number [Ohm]", path)
    resolution = _attribute(attributes, "resolution", float, 0.0, "a number [S]", path)
    provenance = _attribute(attributes, "provenance", parse_json, {}, "a JSON object", path)
    if not isinstance(provenance, dict):
        raise ValueError(f"{path}: provenance must be a JSON object, not {shown(provenance)}")
    for name, kinds in (("g_p", "fiu"), ("g_ap", "fiu"), ("defect", "iu"), ("die", "iu")):
        if arrays[name].dtype.kind not in kinds:
            wanted = "numbers" if "f" in kinds else "integers"
            raise ValueError(f"{path}: {name} must be {wanted}, not {arrays[name].dtype}")
    if not all(arrays["g_p"].shape):
        raise ValueError(f"{path}: g_p must hold at least one device, not none: shape {arrays['g_p'].shape}")
    shape = arrays["g_p"].shape
    for name in ("g_ap", "defect", *(name for name in _BREAKS if name in arrays)):
        if arrays[name].shape != shape:
            raise ValueError(f"{path}: {name} must have the shape of g_p {shape}, not {arrays[name].shape}")
    if arrays["die"].shape != shape[:1]:
        raise ValueError(f"{path}: die must number {shape[0]} dies, not have shape {arrays['die'].shape}")
    for name in _BREAKS:
        if name in arrays and not np.isin(arrays[name], (0, 1)).all():
            raise ValueError(f"{path}: {name} must be 0 or 1, not {_few(np.setdiff1d(arrays[name], (0, 1)))}")
    numbers = arrays["die"]
    # A die's number is a word of the key of its noise.
    if numbers.min() < 0 or numbers.max() >= 1 << 32 or np.unique(numbers).size != numbers.size:
        raise ValueError(f"{path}: die must be different integers from 0 to {(1 << 32) - 1}, not {_few(numbers)}")
    classes = arrays["defect"]
    if classes.min() < 0 or classes.max() > 255:  # before they are cut to 8 bits
        raise ValueError(f"{path}: defect must be from 0 to {int(max(Defect))}, not {classes.min()} to {classes.max()}")
    try:
        return Population(
            g_p=arrays["g_p"].astype(np.float64, copy=False),
            g_ap=arrays["g_ap"].astype(np.float64, copy=False),
            defect=classes.astype(np.uint8),
            die_ids=numbers.astype(np.int64),
            seed=seed,
            line_resistance=line_resistance,
            resolution=resolution,
            provenance=provenance,
            **{name: arrays[name].astype(np.bool_) for name in _BREAKS if name in arrays},
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _attribute(
    attributes: Mapping[Any, Any], name: str, kind: Callable[[Any], Any], default: object, wanted: str, path: str | Path
) -> Any:
    """An attribute's value; ValueError names it."""
    if name not in attributes:
        return default
    try:
        return kind(attributes[name])
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{path}: {name} must be {wanted}, not {shown(attributes[name])}") from None


def _contents(path: str | Path) -> tuple[dict[str, Any], dict[str, tuple[tuple[str, ...], np.ndarray]]]:
    """Attributes of a file, and dimensions and values of its variables of a population."""
    import h5py  # not through h5netcdf, which leaves a half open file object behind when a file is broken

    with h5py.File(path, "r") as opened:
        attributes = {name: _plain(opened.attrs[name]) for name in opened.attrs}
        variables = {}
        names = (*_VARIABLES, *_BREAKS, "die")
        found = {name: dataset for name in names if (dataset := own_dataset(opened, name)) is not None}
        check_sizes(found.values(), Path(path).stat().st_size)
        for name, dataset in found.items():
            scales = [axis[0].name if len(axis) else "" for axis in dataset.dims]
            variables[name] = (tuple(str(scale).strip("/") for scale in scales), np.asarray(dataset[()]))
    return attributes, variables


def _plain(value: Any) -> Any:
    """An attribute's value as Python's own; netCDF's library writes texts as bytes and numbers as arrays of one."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.item() if value.size == 1 else value.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _few(values: np.ndarray) -> str:
    shown = ", ".join(str(value) for value in values[:8].tolist())
    return shown + (", ..." if values.size > 8 else "")
