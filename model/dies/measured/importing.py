# SPDX-License-Identifier: BSD-3-Clause
"""From files of a measurement to a population with its defects classified."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...reading import check_regular
from ..hdf5_guard import check_hdf5
from ..population import Population
from ..population_file import FORMAT, load_population
from .array_files import read_hdf5, read_npz
from .classification import ClassLimits, classify_cells
from .long_files import read_long_csv
from .matrix_files import DEFAULT_PATTERN, read_matrix_files
from .measurement import Measurement

_FORMS = "a folder of matrices, or a file that ends in .csv, .txt, .tsv, .npz, .h5, .hdf5 or .nc"


def read_measurement(
    path: str | Path,
    *,
    unit: str | None = None,
    pattern: str | None = None,
    names: Mapping[str, str] | None = None,
    first_index: int = 0,
    read_voltage: float | None = None,
    noise_floor: float = 0.0,
) -> Measurement:
    """Read measured dies in whatever form they come.

    Parameters
    ----------
    path : path
        A folder (``read_matrix_files``), a CSV table (``read_long_csv``), an NPZ file (``read_npz``) or an HDF5 or
        NetCDF-4 file (``read_hdf5``).
    unit : str or None
        Of the numbers, where the file does not declare it.
    pattern : str or None
        Names of a folder's files.
    names : mapping or None
        Where an HDF5 file's arrays are.
    first_index : int
        What a table counts kernels, rows and columns from.
    read_voltage : float or None
        Needed for currents [V].
    noise_floor : float
        Down to minus this, in S or A, a negative reading counts as 0.

    Raises
    ------
    ValueError
        One line: the file, the line or array, what was wrong and what is allowed.
    """
    source = Path(path)
    if not (noise_floor >= 0):
        raise ValueError(f"noise_floor must be a non-negative number, not {noise_floor!r}")
    suffix = source.suffix.lower()
    if source.is_dir():
        form = pattern or DEFAULT_PATTERN
        return read_matrix_files(source, unit=unit, pattern=form, read_voltage=read_voltage, noise_floor=noise_floor)
    if not source.exists():
        raise ValueError(f"{path}: must be {_FORMS}, and there is none")
    check_regular(source)
    if pattern is not None:
        raise ValueError(f"{path}: must be a folder when a pattern of file names is given, not a file")
    if suffix in (".csv", ".txt", ".tsv"):
        return read_long_csv(
            source, unit=unit, first_index=first_index, read_voltage=read_voltage, noise_floor=noise_floor
        )
    if suffix == ".npz":
        return read_npz(source, unit=unit, read_voltage=read_voltage, noise_floor=noise_floor)
    if suffix in (".h5", ".hdf5", ".nc"):
        return read_hdf5(source, unit=unit, names=names, read_voltage=read_voltage, noise_floor=noise_floor)
    raise ValueError(f"{path}: must be {_FORMS}")


def measured_population(measurement: Measurement, limits: ClassLimits | None = None) -> Population:
    """A measurement as a population: cells classified, values as measured.

    Defective cells keep what was measured: a stuck cell may differ a little between its states, an open one leak.
    """
    chosen = limits or ClassLimits()
    return Population(
        g_p=measurement.g_p,
        g_ap=measurement.g_ap,
        defect=classify_cells(measurement.g_p, measurement.g_ap, chosen),
        die_ids=measurement.die_ids,
        provenance={
            "source": "measured",
            "files": ", ".join(path.name for path in measurement.files[:4])
            + (f" and {len(measurement.files) - 4} more" if len(measurement.files) > 4 else ""),
            "sha256": measurement.digest,
            "units": measurement.units,
            "class_limits": json.dumps(dataclasses.asdict(chosen)),
        },
    )


def import_population(path: str | Path, *, limits: ClassLimits | None = None, **reading: Any) -> Population:
    """Read measured dies and classify their cells; a file that is a population already is read as it is.

    Parameters
    ----------
    path : path
        As for ``read_measurement``.
    limits : ClassLimits or None
        Between the classes.
    **reading
        Further parameters of ``read_measurement``.
    """
    if Path(path).suffix.lower() == ".nc" and _is_population(Path(path)):
        return load_population(path)
    measurement = read_measurement(path, **reading)
    try:
        return measured_population(measurement, limits)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _is_population(path: Path) -> bool:
    import h5py

    try:
        check_regular(path)
        check_hdf5(path)
        with h5py.File(path, "r") as opened:
            found = opened.attrs.get("format")
    except Exception:  # whoever reads the file says what is wrong with it
        return False
    return bool(isinstance(found, str | bytes) and (found.decode() if isinstance(found, bytes) else found) == FORMAT)
