# SPDX-License-Identifier: BSD-3-Clause
"""Arrays and metadata of a safetensors file, read without trust: plain bytes, checked before any array is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import JSON_BYTES, parse_json, read_regular, shown

#: Largest file [bytes].
_MOST = 1 << 32
#: numpy's kinds by their names in such files.
TYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}


def read_safetensors(path: str | Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays by name, and the metadata.

    Raises
    ------
    ValueError
        If the file is missing, is no regular file, or is not safetensors in every byte. The message names the file.
    """
    data = read_regular(path, _MOST)
    try:
        return _parsed(data)
    except ValueError as error:
        raise ValueError(f"{path}: must be a safetensors file, truncated or foreign ({error})") from None


def _parsed(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= min(len(data) - 8, JSON_BYTES):
        raise ValueError(f"its header must lie within its {len(data)} bytes, not be {length} long")
    header = parse_json(data[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("its header must be a table")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("its metadata must be texts")
    body = memoryview(data)[8 + length :]
    arrays: dict[str, NDArray[Any]] = {}
    end = 0
    # In the order of their places: each must begin where the one before ended, and the last end with the file.
    for name, entry in sorted(header.items(), key=lambda item: _place(*item)):
        begin, stop = _place(name, entry)
        arrays[name] = _array(name, entry, body[begin:stop], stop - begin)
        if begin != end:
            raise ValueError(f"array {shown(name)} must begin at byte {end}, not {begin}")
        end = stop
    if end != len(body):
        raise ValueError(f"its arrays must fill {len(body)} bytes, not {end}")
    return arrays, metadata


def _place(name: str, entry: Any) -> tuple[int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"array {shown(name)} must have dtype, shape and data_offsets")
    place = entry["data_offsets"]
    if not isinstance(place, list) or len(place) != 2 or not all(type(at) is int for at in place):
        raise ValueError(f"array {shown(name)}: data_offsets must be two integers, not {shown(place)}")
    if not 0 <= place[0] <= place[1]:
        raise ValueError(f"array {shown(name)}: data_offsets must rise, not {shown(place)}")
    return place[0], place[1]


def _array(name: str, entry: Mapping[str, Any], data: memoryview, wanted: int) -> NDArray[Any]:
    kind, shape = entry["dtype"], entry["shape"]
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"array {shown(name)}: dtype must be one of {', '.join(TYPES)}, not {shown(kind)}")
    if not isinstance(shape, list) or len(shape) > 16 or not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise ValueError(f"array {shown(name)}: shape must be integers, not {shown(shape)}")
    dtype = np.dtype(TYPES[kind])
    if math.prod(shape) * dtype.itemsize != wanted or len(data) != wanted:
        raise ValueError(f"array {shown(name)}: {shown(shape)} of {kind} must have its bytes, not {len(data)}")
    found = np.frombuffer(data, np.uint8)
    if kind == "BOOL" and found.size and found.max() > 1:
        raise ValueError(f"array {shown(name)}: truth values must be 0 or 1")
    return found.view(dtype).reshape(shape).copy() if found.size else np.zeros(shape, dtype)
