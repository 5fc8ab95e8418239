# SPDX-License-Identifier: BSD-3-Clause
"""Arrays in numpy's own form, read without trust: no pickled objects, no array larger than its bytes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .reading import check_regular, memory, one_line


def read_array(stream: IO[bytes], size: int) -> NDArray[Any]:
    """The array in a stream.

    Parameters
    ----------
    stream : binary stream
    size : int
        Bytes that there are, header included.

    Raises
    ------
    ValueError
        If they are no such array, or not exactly one; the message does not name the file.
    """
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"format of an array must be 1.0 or 2.0, not {version[0]}.{version[1]}")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, dtype = read_header(stream)
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never read")
    wanted = math.prod(shape) * dtype.itemsize
    there = size - stream.tell()
    if wanted != there or any(not isinstance(n, int) or n < 0 for n in shape):
        raise ValueError(f"an array of shape {shape} of {dtype} must have {wanted} bytes, not {there}")
    if wanted > memory() // 2:
        raise ValueError(f"an array of it must fit into half of this machine's memory, and {wanted} bytes do not")
    data = stream.read(wanted)
    if len(data) != wanted:
        raise ValueError(f"an array must have {wanted} bytes, not {len(data)}")
    if not wanted:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(data, dtype)
    return flat.reshape(shape, order="F" if by_columns else "C").copy()


def read_npy(path: str | Path) -> NDArray[Any]:
    """The array of an .npy file; ValueError names the file and says what is wrong."""
    size = check_regular(path).st_size
    try:
        with open(path, "rb") as stream:
            return read_array(stream, size)
    except Exception as error:  # the header's parser raises errors of many kinds
        raise ValueError(f"{path}: must be an array of numpy (.npy): {one_line(error)}") from None
