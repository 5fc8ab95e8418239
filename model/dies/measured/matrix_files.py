# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies as text files of one matrix each: one kernel of one die in one state."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .measurement import Measurement, digest, number, read_table
from .units import Unit, agree, conductance

DEFAULT_PATTERN = "die{die}_kernel{kernel}_{state}.csv"
_FIELDS = {"die": r"(?P<die>\d{1,9})", "kernel": r"(?P<kernel>\d{1,9})", "state": r"(?P<state>[Aa]?[Pp])"}


def read_matrix_files(
    folder: str | Path,
    *,
    unit: str | None,
    pattern: str = DEFAULT_PATTERN,
    read_voltage: float | None = None,
    noise_floor: float = 0.0,
) -> Measurement:
    """Read a folder of matrices, a line per row of the kernel.

    Parameters
    ----------
    folder : path
        Where the files are; others in it are left alone.
    unit : str
        Of every number: ``uS``, ``kOhm``, ``uA``, ...
    pattern : str
        Name of a file, with ``{state}`` (P or AP) and, unless there is only one, ``{die}`` and ``{kernel}``.
    read_voltage, noise_floor
        As in ``conductance``.

    Raises
    ------
    ValueError
        If the pattern is none, or fits no file; if a file is missing or its shape is not that of the others; if a
        field is no number, or none that a cell can have. The message names file, line and field.
    """
    declared = agree(unit, None, str(folder))
    expression = _compile(pattern)
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"{folder}: must be a folder, and there is none")
    found: dict[tuple[int, int, str], Path] = {}
    for path in sorted(root.iterdir()):
        match = expression.fullmatch(path.name)
        if match and path.is_file():
            groups = match.groupdict()
            key = (int(groups.get("die") or 0), int(groups.get("kernel") or 0), groups["state"].lower())
            if key in found:
                raise ValueError(
                    f"{path}: die {key[0]}, kernel {key[1]}, state {key[2]} must come once, and is {found[key]} too"
                )
            found[key] = path
    if not found:
        raise ValueError(f"{folder}: names of its files must follow {pattern!r}, and none does")
    dies, kernels = sorted({key[0] for key in found}), sorted({key[1] for key in found})
    if kernels != list(range(len(kernels))):
        raise ValueError(
            f"{folder}: kernels must be numbered 0 to {len(kernels) - 1}, not {kernels[0]} to {kernels[-1]}"
        )
    for die in dies:
        for kernel in kernels:
            for state in ("p", "ap"):
                if (die, kernel, state) not in found:
                    raise ValueError(
                        f"{folder}: a file for die {die}, kernel {kernel}, state {state} must be there, and is not"
                    )
    shape: tuple[int, int] | None = None
    states: dict[str, NDArray[np.float64]] = {}
    for state in ("p", "ap"):
        matrices = []
        for die in dies:
            for kernel in kernels:
                path = found[die, kernel, state]
                matrix = _read_matrix(path, declared, read_voltage, noise_floor)
                shape = shape or (matrix.shape[0], matrix.shape[1])
                if matrix.shape != shape:
                    raise ValueError(
                        f"{path}: must have {shape[0]} rows of {shape[1]} numbers as the first file has, not "
                        f"{matrix.shape[0]} of {matrix.shape[1]}"
                    )
                matrices.append(matrix)
        assert shape is not None
        states[state] = np.array(matrices).reshape(len(dies), len(kernels), *shape)
    files = tuple(found[key] for key in sorted(found))
    return Measurement(states["p"], states["ap"], np.array(dies, np.int64), declared.name, files, digest(files))


def _compile(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w*)\}", pattern)
    names = parts[1::2]
    unknown = [name for name in names if name not in _FIELDS]
    if unknown or names.count("state") != 1 or len(set(names)) != len(names):
        raise ValueError(f"pattern must hold {{state}} and at most {{die}} and {{kernel}}, each once, not {pattern!r}")
    return re.compile("".join(_FIELDS[part] if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def _read_matrix(path: Path, unit: Unit, read_voltage: float | None, noise_floor: float) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    lines: list[int] = []
    for line, text in enumerate(read_table(path).splitlines(), 1):
        content = text.partition("#")[0].strip()
        if not content:
            continue
        separator = next((mark for mark in (";", ",", "\t") if mark in content), None)
        fields = content.split(separator)
        rows.append([number(field, f"{path}: line {line}, field {i}") for i, field in enumerate(fields, 1)])
        lines.append(line)
        if len(fields) != len(rows[0]):
            raise ValueError(
                f"{path}: line {line}: must have {len(rows[0])} numbers as line {lines[0]} has, not {len(fields)}"
            )
    if not rows:
        raise ValueError(f"{path}: must hold a matrix, and is empty")
    width = len(rows[0])
    return conductance(
        np.array(rows),
        unit,
        lambda place: f"{path}: line {lines[place // width]}, field {place % width + 1}",
        read_voltage=read_voltage,
        noise_floor=noise_floor,
    )
