# SPDX-License-Identifier: BSD-3-Clause
"""Result files give back what they were given, byte for byte the same, and damage never passes for a result."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spintile.model.sweep.plan import task_name
from spintile.model.sweep.results import decode_result, encode_result

TASK = ("module:function", "1", {"seed": 1})
PLAIN: dict[str, Any] = {"accuracy": [0.1, 97], "text": "µ", "flag": True, "none": None}
ARRAYS: dict[str, Any] = {
    "codes": np.arange(6, dtype=np.int16).reshape(2, 3),
    "nested": [{"scalar": np.array(2.5)}, np.array([], np.float32)],
    "swapped": np.arange(3, dtype=">i4"),
    "turned": np.arange(6.0).reshape(2, 3).T,
}


def written(folder: Path, result: object) -> Path:
    suffix, data = encode_result(*TASK, result)
    path = folder / (task_name(*TASK) + suffix)
    path.write_bytes(data)
    return path


def test_plain_results_come_back_from_json(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    assert path.suffix == ".json"
    assert decode_result(path) == PLAIN


def test_arrays_come_back_with_shape_and_kind(tmp_path: Path) -> None:
    path = written(tmp_path, ARRAYS)
    assert path.suffix == ".safetensors"
    found: Any = decode_result(path)
    assert np.array_equal(found["codes"], ARRAYS["codes"])
    assert found["codes"].dtype == np.int16
    assert found["nested"][0]["scalar"].shape == ()
    assert found["nested"][1].shape == (0,)
    assert np.array_equal(found["swapped"], ARRAYS["swapped"])
    assert np.array_equal(found["turned"], ARRAYS["turned"])


def test_tuples_and_scalars_of_numpy_come_back_as_pythons_own(tmp_path: Path) -> None:
    found: Any = decode_result(written(tmp_path, {"pair": (np.int64(1), np.float32(0.5), np.bool_(True))}))
    assert found == {"pair": [1, 0.5, True]}
    assert [type(value) for value in found["pair"]] == [int, float, bool]


def test_nan_and_infinity_come_back_from_a_file_that_any_json_reader_takes(tmp_path: Path) -> None:
    path = written(tmp_path, [math.nan, math.inf, -math.inf])

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(path.read_text(), parse_constant=refuse)
    found: Any = decode_result(path)
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf]


@pytest.mark.parametrize("result", [PLAIN, ARRAYS])
def test_the_same_result_gives_the_same_bytes_and_another_one_others(result: dict[str, Any]) -> None:
    assert encode_result(*TASK, result) == encode_result(*TASK, dict(reversed(list(result.items()))))
    assert encode_result(*TASK, result) != encode_result(*TASK, {**result, "more": 1})


@pytest.mark.parametrize("result", [PLAIN, ARRAYS])
def test_a_file_cut_short_anywhere_is_no_result(tmp_path: Path, result: object) -> None:
    path = written(tmp_path, result)
    data = path.read_bytes()
    for length in range(len(data) - 1):  # without its last line end a JSON file is still whole
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="must be a result file"):
            decode_result(path)


@pytest.mark.parametrize("result", [PLAIN, ARRAYS])
def test_a_changed_byte_is_no_result_or_changes_nothing(tmp_path: Path, result: object) -> None:
    path = written(tmp_path, result)
    data = path.read_bytes()
    refused = 0
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        try:
            found = decode_result(path)
        except ValueError:
            refused += 1
        else:  # a blank between two words of JSON
            assert encode_result(*TASK, found) == encode_result(*TASK, result)
    assert refused > 0.8 * len(data)


def test_a_file_under_another_tasks_name_is_no_result(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    other = path.rename(tmp_path / ("f" * 40 + ".json"))
    with pytest.raises(ValueError, match="its name must be that of its task"):
        decode_result(other)


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ({"a": [object()]}, "result.a[0] must be numbers, texts, arrays, lists or tables, not object"),
        ({"a": np.array(["x"])}, "result.a must be an array of numbers, not of <U1"),
        ({1: 2}, "result: keys must be texts that do not begin with $, not 1"),
        ({"$array": 2}, "result: keys must be texts that do not begin with $, not '$array'"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(result: object, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        encode_result(*TASK, result)
    assert str(caught.value) == sentence
