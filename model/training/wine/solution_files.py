# SPDX-License-Identifier: BSD-3-Clause
"""A folder of solutions: four whitespace-separated text files for each, as the published ones have.

``N_fc1_weight.txt`` (13 lines of 12 states, 0 or 1), ``N_fc1_bias.txt`` (6 numbers), ``N_fc2_weight.txt`` (6 lines of
6 states) and ``N_fc2_bias.txt`` (3 numbers, on one line or one on each).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files import write_atomically
from ...reading import SETTINGS_BYTES, read_text, shown
from .solutions import CLASSES, HIDDEN, INPUTS, Solutions

_NAME = re.compile(r"(0|[1-9][0-9]{0,8})_(fc[12]_(?:weight|bias))\.txt")
_WEIGHTS = {"fc1_weight": (INPUTS, 2 * HIDDEN), "fc2_weight": (HIDDEN, 2 * CLASSES)}
_BIASES = {"fc1_bias": HIDDEN, "fc2_bias": CLASSES}
_PARTS = ("fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias")
#: Beyond this no bias makes sense, and sums lose their digits.
_LARGEST_BIAS = 1e6


def read_folder(folder: str | Path) -> Solutions:
    """Every solution of a folder, in the order of their numbers.

    Raises
    ------
    ValueError
        If there is none, one of its files is missing, or something in a file is not what it must be; the message names
        file and line.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ValueError(f"{place}: solutions must be in a folder, and there is none")
    found = sorted({int(match[1]) for path in place.iterdir() if (match := _NAME.fullmatch(path.name))})
    if not found:
        raise ValueError(f"{place}: must hold files like 0_fc1_weight.txt, and there is none")
    parts: dict[str, list[NDArray[np.float64]]] = {part: [] for part in _PARTS}
    for number in found:
        for part in _PARTS:
            path = place / f"{number}_{part}.txt"
            if not path.is_file():
                raise ValueError(f"{path}: must be there beside the other files of solution {number}")
            read = _read_states(path, *_WEIGHTS[part]) if part in _WEIGHTS else _read_numbers(path, _BIASES[part])
            parts[part].append(read)
    return Solutions(
        tuple(found),
        np.stack(parts["fc1_weight"]).astype(np.bool_),
        np.stack(parts["fc1_bias"]),
        np.stack(parts["fc2_weight"]).astype(np.bool_),
        np.stack(parts["fc2_bias"]),
    )


def save_folder(solutions: Solutions, folder: str | Path) -> None:
    """Write solutions as ``read_folder`` takes them."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for index, number in enumerate(solutions.numbers):
        for name, states in (("fc1", solutions.first[index]), ("fc2", solutions.second[index])):
            text = "".join(" ".join(str(int(state)) for state in row) + "\n" for row in states)
            write_atomically(place / f"{number}_{name}_weight.txt", text.encode())
        for name, bias in (("fc1", solutions.first_bias[index]), ("fc2", solutions.second_bias[index])):
            text = "".join(f"{float(value)!r}\n" for value in bias)
            write_atomically(place / f"{number}_{name}_bias.txt", text.encode())


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Words of every line that has any, with the line's number from 1."""
    text = read_text(path, SETTINGS_BYTES)
    return [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.split()]


def _number(path: Path, line: int, word: str) -> float:
    try:
        value = math.nan if "_" in word else float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{path}: line {line}: values must be finite numbers, not {shown(word)}")
    return value


def _read_states(path: Path, rows: int, cols: int) -> NDArray[np.float64]:
    lines = _lines(path)
    states = np.zeros((len(lines), cols))
    for index, (line, words) in enumerate(lines):
        if index == rows:
            raise ValueError(f"{path}: line {line}: must be the end after {rows} lines, not a further line")
        if len(words) != cols:
            raise ValueError(f"{path}: line {line}: must have {cols} states, not {len(words)}")
        for col, word in enumerate(words):
            states[index, col] = _number(path, line, word)
            if states[index, col] not in (0, 1):
                raise ValueError(f"{path}: line {line}: states must be 0 or 1, not {shown(word)}")
    if len(lines) < rows:
        after = lines[-1][0] if lines else 0
        raise ValueError(f"{path}: line {after + 1}: must be one of {rows} lines of {cols} states, not the end")
    return states


def _read_numbers(path: Path, count: int) -> NDArray[np.float64]:
    values: list[float] = []
    last = 0
    for line, words in _lines(path):
        for word in words:
            if len(values) == count:
                raise ValueError(f"{path}: line {line}: must be the end after {count} numbers, not {shown(word)}")
            value = _number(path, line, word)
            if abs(value) > _LARGEST_BIAS:
                raise ValueError(f"{path}: line {line}: biases must be within +-{_LARGEST_BIAS:g}, not {shown(word)}")
            values.append(value)
        last = line
    if len(values) < count:
        raise ValueError(f"{path}: line {last + 1}: must be one of {count} numbers, not the end after {len(values)}")
    return np.array(values)
