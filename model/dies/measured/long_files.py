# SPDX-License-Identifier: BSD-3-Clause
"""Measured dies as one CSV table in long form: a line per cell, or per cell and state."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...reading import one_line, shown
from .measurement import Measurement, digest, number, read_table
from .units import Unit, agree, conductance

_PLACES = ("die", "kernel", "row", "col")
_PAIRS = (("g_p", "g_ap"), ("r_p", "r_ap"), ("i_p", "i_ap"))
_HEADING = re.compile(r"\s*(\w+)\s*(?:[\[(]\s*([^\])]+?)\s*[\])])?\s*")
_STATES = {"p": 0, "ap": 1}
_LARGEST = (999_999_999, 9_999, 9_999, 9_999)


def read_long_csv(
    path: str | Path,
    *,
    unit: str | None = None,
    first_index: int = 0,
    read_voltage: float | None = None,
    noise_floor: float = 0.0,
) -> Measurement:
    """Read a table whose first line names its columns.

    Columns ``row`` and ``col``, and unless there is only one ``die`` and ``kernel``; then either both states of a cell
    on one line (``g_p`` and ``g_ap``, or ``r_p`` and ``r_ap``, or ``i_p`` and ``i_ap``), or one (``state``, P or AP,
    and ``value``). Units stand in the heading, ``g_p [uS]``, or are declared by the caller. Other columns are left
    alone.

    Parameters
    ----------
    path : path
        Fields separated by commas, semicolons or tabs; lines that begin with # are remarks.
    unit : str or None
        Unit of the numbers; None: the headings declare it.
    first_index : int
        What kernels, rows and columns are counted from.
    read_voltage, noise_floor
        As in ``conductance``.

    Raises
    ------
    ValueError
        If a column is missing, a field is wrong, or a cell comes twice or not at all; the message names line and field.
    """
    source = Path(path)
    lines = [
        (i, text)
        for i, text in enumerate(read_table(source).splitlines(), 1)
        if text.strip() and text.lstrip()[0] != "#"
    ]
    if len(lines) < 2:
        raise ValueError(
            f"{path}: must hold a line of column names and then a line per cell, and has {len(lines)} lines"
        )
    separator = max(",;\t", key=lines[0][1].count)
    numbers = [line for line, _ in lines]
    records = [_split(text, separator, f"{path}: line {line}") for line, text in lines]
    columns, units = _headings(records[0], f"{path}: line {numbers[0]}")
    for line, record in zip(numbers, records, strict=True):
        if len(record) != len(records[0]):
            raise ValueError(
                f"{path}: line {line}: must have {len(records[0])} fields as the heading has, not {len(record)}"
            )
    body, body_lines = records[1:], numbers[1:]
    places = _places(body, body_lines, columns, str(path), first_index)

    def where(name: str) -> Callable[[int], str]:
        return lambda index: f"{path}: line {body_lines[index]}, field {name!r}"

    def read(name: str) -> tuple[NDArray[np.float64], Unit]:
        declared = agree(unit, units[name], f"{path}: field {name!r}")
        wanted = {"g": "conductance", "r": "resistance", "i": "current"}.get(name[0], declared.quantity)
        if declared.quantity != wanted:
            raise ValueError(f"{path}: field {name!r}: unit must be that of a {wanted}, not {declared.name}")
        at, index = where(name), columns[name]
        try:
            values = np.array([float(record[index]) for record in body])
            if any("_" in record[index] for record in body):
                raise ValueError
        except ValueError:
            values = np.array([number(record[index], at(i)) for i, record in enumerate(body)])
        return conductance(values, declared, at, read_voltage=read_voltage, noise_floor=noise_floor), declared

    if "value" in columns:
        states = _states(body, columns["state"], where("state"))
        values, found = read("value")
        halves = [
            (places[states == state], values[states == state], np.flatnonzero(states == state)) for state in (0, 1)
        ]
    else:
        pair = next(pair for pair in _PAIRS if pair[0] in columns)
        (g_p, found), (g_ap, _) = read(pair[0]), read(pair[1])
        everything = np.arange(len(body))
        halves = [(places, g_p, everything), (places, g_ap, everything)]
    dies = np.unique(places[:, 0])
    shape = (len(dies), *(int(places[:, axis].max()) + 1 for axis in (1, 2, 3)))
    filled = [
        _fill(half, dies, shape, body_lines, str(path), name) for half, name in zip(halves, ("P", "AP"), strict=True)
    ]
    return Measurement(filled[0], filled[1], dies.astype(np.int64), found.name, (source,), digest([source]))


def _split(text: str, separator: str, where: str) -> list[str]:
    """Fields of a line. A quoted field ends on it."""
    try:
        return next(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValueError(f"{where}: must be fields separated by {separator!r}: {one_line(error)}") from None


def _headings(record: Sequence[str], where: str) -> tuple[dict[str, int], dict[str, str | None]]:
    """Index and declared unit of each column."""
    columns: dict[str, int] = {}
    units: dict[str, str | None] = {}
    for index, text in enumerate(record):
        found = _HEADING.fullmatch(text)
        if not found:
            continue
        name = found[1].lower()
        if name in columns:
            raise ValueError(f"{where}: column {shown(name)} must come once, not twice")
        columns[name], units[name] = index, found[2]
    absent = [name for name in ("row", "col") if name not in columns]
    if absent:
        raise ValueError(f"{where}: columns must include {absent[0]!r}, not only {one_line(', '.join(columns))}")
    given = [pair for pair in _PAIRS if pair[0] in columns and pair[1] in columns]
    if ("state" in columns and "value" in columns) + len(given) != 1:
        raise ValueError(
            f"{where}: columns must include exactly one of g_p and g_ap, r_p and r_ap, i_p and i_ap, or state and "
            f"value, not {one_line(', '.join(columns))}"
        )
    if given:
        columns.pop("value", None)
    return columns, units


def _places(
    body: Sequence[Sequence[str]], lines: Sequence[int], columns: dict[str, int], path: str, first_index: int
) -> NDArray[np.int64]:
    """(die, kernel, row, col) of every line; kernel, row and col from 0."""
    places = np.zeros((len(body), 4), np.int64)
    for axis, name in enumerate(_PLACES):
        if name not in columns:
            continue
        lowest = 0 if name == "die" else first_index
        for i, record in enumerate(body):
            text = record[columns[name]].strip()
            if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not lowest <= int(text) <= _LARGEST[axis]:
                raise ValueError(
                    f"{path}: line {lines[i]}, field {name!r}: must be an integer from {lowest} to {_LARGEST[axis]}, "
                    f"not {shown(text)}"
                )
            places[i, axis] = int(text) - lowest
    return places


def _states(body: Sequence[Sequence[str]], index: int, where: Callable[[int], str]) -> NDArray[np.int64]:
    states = np.empty(len(body), np.int64)
    for i, record in enumerate(body):
        text = record[index].strip()
        if text.lower() not in _STATES:
            raise ValueError(f"{where(i)}: must be P or AP, not {shown(text)}")
        states[i] = _STATES[text.lower()]
    return states


def _fill(
    half: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]],
    dies: NDArray[np.int64],
    shape: tuple[int, ...],
    lines: Sequence[int],
    path: str,
    state: str,
) -> NDArray[np.float64]:
    """Values of one state in their places, each exactly once."""
    places, values, records = half
    indices = (np.searchsorted(dies, places[:, 0]), places[:, 1], places[:, 2], places[:, 3])
    flat = np.ravel_multi_index(indices, shape)
    order = np.argsort(flat, kind="stable")
    again = np.flatnonzero(np.diff(flat[order]) == 0)
    if again.size:
        first, second = (lines[int(records[order[again[0] + step]])] for step in (0, 1))
        raise ValueError(f"{path}: line {second}: a cell's {state} state must come once, and line {first} has it too")
    count = math.prod(shape)
    if flat.size < count:
        # The first place in order that is not where it would be if all were there; no list of all of them is made,
        # since a single mistyped index may call for very many.
        first_absent = int(np.argmax(np.append(flat[order] != np.arange(flat.size), True)))
        die, *place = (int(index) for index in np.unravel_index(first_absent, shape))
        names = ", ".join(f"{name} {index}" for name, index in zip(_PLACES[1:], place, strict=True))
        raise ValueError(
            f"{path}: the {state} state of every cell must be there, and {count - flat.size} of {count} are not: the "
            f"first is die {int(dies[die])}, {names}, counted from 0"
        )
    filled = np.empty(count)
    filled[flat] = values
    return filled.reshape(shape)
