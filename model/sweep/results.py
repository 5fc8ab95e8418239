# SPDX-License-Identifier: BSD-3-Clause
"""Result files: JSON, or safetensors where there are arrays; the same result gives the same bytes.

Each names its task in full and carries a checksum, so that a file cut short, edited or renamed is never taken for one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from ..reading import one_line, parse_json, read_regular, shown
from ..safetensors_file import read_safetensors
from .plan import Setting, canonical, task_name

FORMAT_VERSION = 1
#: Largest JSON of a result, a manifest or a lock [bytes].
RESULT_BYTES = 1 << 28
SUFFIXES = (".json", ".safetensors")
_ARRAY, _NUMBER = "$array", "$number"
_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode_result(function: str, version: str, setting: Setting, result: object) -> tuple[str, bytes]:
    """Suffix and bytes of a task's result file.

    Parameters
    ----------
    result : object
        None, truth values, numbers (NaN and infinity too), texts, numpy arrays of numbers or truth values, and lists
        and tables of these; tuples become lists and numpy's scalars Python's numbers.

    Raises
    ------
    ValueError
        If there is anything else in the result; the message names its place.
    """
    arrays: dict[str, NDArray[Any]] = {}
    document = {
        "format_version": FORMAT_VERSION,
        "function": function,
        "version": version,
        "setting": setting,
        "result": _packed(result, "result", arrays),
    }
    document["sha256"] = document_hash(document, arrays)
    if not arrays:
        return ".json", (json.dumps(document, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
    # One entry of metadata: of several, the library may change the order from one file to the next.
    return ".safetensors", save(arrays, metadata={"task": canonical(document)})


def decode_result(path: Path) -> object:
    """What ``encode_result`` was given.

    Raises
    ------
    ValueError
        If the file is missing, cut short, changed, or that of another task than its name says.
    """
    try:
        if path.suffix == ".json":
            arrays: dict[str, NDArray[Any]] = {}
            document = parse_json(read_regular(path, RESULT_BYTES))
        else:
            arrays, metadata = read_safetensors(path)
            document = parse_json(metadata["task"])
        if document["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version must be {FORMAT_VERSION}, not {shown(document['format_version'])}")
        if document.pop("sha256") != document_hash(document, arrays):
            raise ValueError("its checksum must be that of its contents")
        name = task_name(document["function"], document["version"], document["setting"])
        if path.name != name + path.suffix:
            raise ValueError(f"its name must be that of its task, {name}")
        return _unpacked(document["result"], arrays)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = one_line(error).removeprefix(f"{path}: ")
        what = "" if text.startswith(("there is", "must be a regular file")) else "must be a result file: "
        raise ValueError(f"{path}: {what}{text}") from None


def document_hash(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of a document that does not hold it yet and of its arrays, hexadecimal."""
    digest = hashlib.sha256(canonical(document).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _packed(value: object, place: str, arrays: dict[str, NDArray[Any]]) -> object:
    """A value as JSON knows it; arrays go to ``arrays``."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
            raise ValueError(f"{place} must be an array of numbers, not of {value.dtype}")
        name = f"{len(arrays):06d}"
        arrays[name] = np.array(value, value.dtype.newbyteorder("<"), order="C")
        return {_ARRAY: name}
    if isinstance(value, np.generic):
        return _packed(value.item(), place, arrays)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str) or key.startswith("$"):
                raise ValueError(f"{place}: keys must be texts that do not begin with $, not {key!r}")
        return {key: _packed(entry, f"{place}.{key}", arrays) for key, entry in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_packed(entry, f"{place}[{index}]", arrays) for index, entry in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        return {_NUMBER: str(float(value))}  # not JSON: a strict reader would refuse the file
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise ValueError(f"{place} must be numbers, texts, arrays, lists or tables, not {type(value).__name__}")


def _unpacked(value: Any, arrays: Mapping[str, NDArray[Any]]) -> object:
    if isinstance(value, dict):
        if _ARRAY in value:
            return arrays[value[_ARRAY]]
        if _NUMBER in value:
            return _NUMBERS[value[_NUMBER]]
        return {key: _unpacked(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list):
        return [_unpacked(entry, arrays) for entry in value]
    return value
