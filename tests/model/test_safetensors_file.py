# SPDX-License-Identifier: BSD-3-Clause
"""What the library writes is read; whatever its header says that is not so is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save
from spintile.model.safetensors_file import TYPES, read_safetensors

ARRAYS = {
    "a": np.arange(6, dtype=np.int32).reshape(2, 3),
    "b": np.array([True, False]),
    "c": np.zeros((0, 4)),
    "d": np.array(2.5),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "f.safetensors").write_bytes(save(ARRAYS, metadata={"x": "y"}))
    return tmp_path / "f.safetensors"


def test_arrays_and_metadata_come_back(path: Path) -> None:
    arrays, metadata = read_safetensors(path)
    assert metadata == {"x": "y"}
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].flags.writeable


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_kind_of_number_comes_back(tmp_path: Path, kind: str) -> None:
    array = np.array([0, 1, 1]).astype(TYPES[kind])
    (tmp_path / "f").write_bytes(save({"a": array}))
    found = read_safetensors(tmp_path / "f")[0]["a"]
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype


def changed(path: Path, **fields: Any) -> Path:
    """The file with fields of array ``a`` changed."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["a"] |= fields
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    return path


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dtype": "F32"}, None),
        ({"dtype": "BF16"}, "dtype must be one of "),
        ({"dtype": ["I32"]}, "dtype must be one of "),
        ({"dtype": "I64"}, "must have its bytes"),
        ({"shape": [3, 3]}, "must have its bytes"),
        ({"shape": [1 << 62, 4]}, "shape must be integers"),
        ({"shape": [-2, -3]}, "shape must be integers"),
        ({"shape": [True, 6]}, "shape must be integers"),
        ({"shape": 6}, "shape must be integers"),
        ({"data_offsets": [0, 1 << 40]}, "must have its bytes"),
        ({"data_offsets": [4, 0]}, "data_offsets must rise"),
        ({"data_offsets": [0.0, 24]}, "data_offsets must be two integers"),
        ({"extra": 1}, "must have dtype, shape and data_offsets"),
    ],
)
def test_a_header_that_lies_is_refused(path: Path, fields: dict[str, Any], said: str | None) -> None:
    if said is None:
        assert read_safetensors(changed(path, **fields))[0]["a"].dtype == np.float32
        return
    with pytest.raises(ValueError, match=said) as caught:
        read_safetensors(changed(path, **fields))
    assert str(caught.value).startswith(f"{path}: must be a safetensors file, truncated or foreign (")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "its header must lie within its 0 bytes"),
        (b"\xff" * 16, "its header must lie within its 16 bytes"),
        ((2).to_bytes(8, "little") + b"[]", "its header must be a table"),
        ((2).to_bytes(8, "little") + b"{}x", "its arrays must fill 1 bytes, not 0"),
        ((22).to_bytes(8, "little") + b'{"__metadata__": {"a"}', "Expecting"),
        ((26).to_bytes(8, "little") + b'{"__metadata__": {"a": 1}}', "its metadata must be texts"),
    ],
)
def test_what_is_no_such_file_is_refused(path: Path, data: bytes, said: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ValueError, match=said):
        read_safetensors(path)


def test_two_arrays_must_not_share_bytes_and_none_may_be_left_over(path: Path) -> None:
    entry = '{"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}'
    for text, said in (
        (f'{{"a": {entry}, "b": {entry}}}', "must begin at byte 2, not 0"),
        (f'{{"a": {entry}}}', "fill 3"),
    ):
        path.write_bytes(len(text).to_bytes(8, "little") + text.encode() + b"abc")
        with pytest.raises(ValueError, match=said):
            read_safetensors(path)


def test_truth_values_are_0_or_1(tmp_path: Path) -> None:
    data = save({"a": np.array([True, True])})
    (tmp_path / "f").write_bytes(data[:-1] + b"\2")
    with pytest.raises(ValueError, match="truth values must be 0 or 1"):
        read_safetensors(tmp_path / "f")
