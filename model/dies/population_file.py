# SPDX-License-Identifier: BSD-3-Clause
"""Populations as NetCDF-4 files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..network import write_atomically
from .population import Population

FORMAT = "spintile population"
FORMAT_VERSION = 1
_DIMENSIONS = ("die", "kernel", "row", "col")
_VARIABLES = ("g_p", "g_ap", "defect")


def save_population(population: Population, path: str | Path) -> None:
    """Write a population as NetCDF-4 (HDF5), atomically; conductances in S, units as attributes."""
    import xarray as xr  # here, not above: half a second that only files need

    devices = {
        "g_p": (_DIMENSIONS, population.g_p, {"units": "S", "long_name": "conductance after writing P"}),
        "g_ap": (_DIMENSIONS, population.g_ap, {"units": "S", "long_name": "conductance after writing AP"}),
        "defect": (
            _DIMENSIONS,
            population.defect,
            {"long_name": "defect class, 0 none, 1 short, 2 open, 3 stuck P, 4 stuck AP"},
        ),
    }
    attributes: dict[str, object] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "line_resistance": population.line_resistance,
        "line_resistance_units": "Ohm",
        "provenance": json.dumps(dict(population.provenance), sort_keys=True),
    }
    if population.seed is not None:
        attributes["seed"] = str(population.seed)
    dataset = xr.Dataset(devices, coords={"die": ("die", population.die_ids)}, attrs=attributes)
    encoding = {name: {"zlib": True, "complevel": 4, "_FillValue": None} for name in _VARIABLES}
    write_atomically(path, bytes(dataset.to_netcdf(engine="h5netcdf", encoding=encoding)))


def load_population(path: str | Path) -> Population:
    """Read what ``save_population`` wrote.

    Raises
    ------
    ValueError
        If the file is missing, truncated or foreign, has another version, lacks a variable, or holds values that no
        device has; the message names the file and what is wrong.
    """
    import xarray as xr

    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        with xr.open_dataset(path, engine="h5netcdf", mask_and_scale=False) as opened:
            dataset = opened.load()
    except Exception as error:  # h5py raises OSError, KeyError, RuntimeError and more for the same broken file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path}: must be a NetCDF-4 file of a population: {reason}") from None
    if dataset.attrs.get("format") != FORMAT:
        raise ValueError(f"{path}: format must be {FORMAT!r}, not {dataset.attrs.get('format')!r}")
    version = dataset.attrs.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(f"{path}: format_version must be {FORMAT_VERSION}, not {version!r}")
    for name in _VARIABLES:
        if name not in dataset or dataset[name].dims != _DIMENSIONS:
            found = dataset[name].dims if name in dataset else None
            raise ValueError(f"{path}: {name} must have dimensions {_DIMENSIONS}, not {found}")
    if "die" not in dataset.coords:
        raise ValueError(f"{path}: die must be a coordinate that numbers the dies")
    try:
        seed = dataset.attrs.get("seed")
        return Population(
            g_p=dataset["g_p"].values.astype(np.float64),
            g_ap=dataset["g_ap"].values.astype(np.float64),
            defect=dataset["defect"].values.astype(np.uint8),
            die_ids=dataset["die"].values.astype(np.int64),
            seed=None if seed is None else int(seed),
            line_resistance=float(dataset.attrs.get("line_resistance", 0.0)),
            provenance=json.loads(dataset.attrs.get("provenance", "{}")),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
