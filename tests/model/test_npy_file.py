# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of numpy come back; pickles, false sizes and foreign files do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.npy_file import read_npy


@pytest.mark.parametrize(
    "array",
    [np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.zeros((0, 3)), np.array("uS")],
)
def test_arrays_come_back(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    found = read_npy(tmp_path / "a.npy")
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


PLAIN = "{'descr': '<f8', 'fortran_order': False, 'shape': "


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "must be an array of numpy"),
        (b"\x93NUMPY\x03\x00\x00\x00", "format of an array must be 1.0 or 2.0, not 3.0"),
        (header(PLAIN + "(1000000000000,)}\n"), "must have 8000000000000 bytes, not 0"),
        (header(PLAIN + "(2,)}\n") + bytes(15), "must have 16 bytes, not 15"),
        (header(PLAIN + "(2,)}\n") + bytes(17), "must have 16 bytes, not 17"),
        (header(PLAIN + "(-1,)}\n"), "must have -8 bytes, not 0"),
        (header(PLAIN + "open('/tmp/x')}\n"), "must be an array of numpy"),
        (header("[" * 9000 + "\n"), "must be an array of numpy"),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n") + bytes(8), "pickled objects"),
    ],
)
def test_what_is_no_array_is_refused_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ValueError, match=said) as caught:
        read_npy(tmp_path / "a.npy")
    assert str(caught.value).startswith(f"{tmp_path / 'a.npy'}: ")
    assert str(caught.value).isprintable()
