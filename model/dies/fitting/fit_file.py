# SPDX-License-Identifier: BSD-3-Clause
"""Fits as TOML files, which serve as files of statistics too."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from ...device import Cell
from ...files import read_toml, write_toml
from ...reading import one_line, shown
from ..statistics import FORMAT_VERSION, DefectStatistics
from .fit import Fit
from .rates import Estimate


def save_fit(fit: Fit, path: str | Path) -> None:
    """Write a fit as TOML, atomically.

    The statistics come first, as ``DefectStatistics.load`` reads them; then the nominal cell, the intervals as
    [estimate, low, high], and what the fit was made from.
    """
    cell = {"r_p": fit.cell.r_p, "tmr": fit.cell.tmr, "r_access": fit.cell.r_access}
    lines = ["# Defect statistics of a process, fitted to its dies", f"format_version = {FORMAT_VERSION}", ""]
    lines += [f"{name} = {_number(value)}" for name, value in fit.statistics.as_dict().items()]
    lines += ["", "# Median junction [Ohm], and the access resistance that was assumed", "[cell]"]
    lines += [f"{name} = {_number(value)}" for name, value in cell.items()]
    lines += ["", f"# Estimate and {100 * fit.level:g} % confidence interval", "[intervals]"]
    lines += [f"{name} = [{', '.join(map(_number, estimate))}]" for name, estimate in fit.estimates.items()]
    lines += ["", "[fit]", f"level = {_number(fit.level)}"]
    lines += [f"{name} = {_text(value) if isinstance(value, str) else value}" for name, value in fit.origin.items()]
    lines += ["notes = [", *(f"    {_text(note)}," for note in fit.notes), "]"]
    write_toml(path, lines)


def load_fit(path: str | Path) -> Fit:
    """Read what ``save_fit`` wrote.

    Raises
    ------
    ValueError
        If the file is no fit, or a field is wrong; the message names file and field.
    """
    table = read_toml(path, FORMAT_VERSION)
    statistics = DefectStatistics.from_table(table, path)
    for name in ("cell", "intervals", "fit"):
        if not isinstance(table.get(name), dict):
            raise ValueError(f"{path}: a fit must have a table [{name}], and it has none")
    try:
        cell = Cell(**{name: float(table["cell"][name]) for name in ("r_p", "tmr", "r_access")})
        estimates = {name: _estimate(name, value) for name, value in table["intervals"].items()}
        about: Mapping[str, object] = table["fit"]
        level = about.get("level")
        if not isinstance(level, float) or not 0 < level < 1:
            raise ValueError(f"fit.level must be above 0 and below 1, not {shown(level)}")
        notes = about.get("notes", [])
        if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
            raise ValueError(f"fit.notes must be a list of texts, not {shown(notes)}")
    except KeyError as error:
        raise ValueError(f"{path}: cell.{error.args[0]} must be given, and it is not") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {one_line(error, 600)}") from None
    origin = {
        key: value for key, value in about.items() if key not in ("level", "notes") and isinstance(value, str | int)
    }
    return Fit(statistics, cell, estimates, level, origin, tuple(notes))


def _estimate(name: str, value: object) -> Estimate:
    lawful = isinstance(value, list) and len(value) == 3 and all(isinstance(item, int | float) for item in value)
    if not lawful:
        raise ValueError(f"intervals.{one_line(name, 80)} must be [estimate, low, high], not {shown(value)}")
    assert isinstance(value, list)
    # Only the upper end may be unknown: infinite.
    if not (math.isfinite(value[0]) and math.isfinite(value[1]) and value[1] <= value[2]):
        raise ValueError(f"intervals.{one_line(name, 80)} must be numbers, low at most high, not {shown(value)}")
    return Estimate(*(float(item) for item in value))


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else str(float(value))


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(value, ensure_ascii=True)
