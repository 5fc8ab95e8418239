# SPDX-License-Identifier: BSD-3-Clause
"""IDX files, the form in which MNIST and its relatives are published; plain or gzipped."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..reading import check_expansion, one_line, read_regular

_UNSIGNED_BYTES = 0x08
#: Largest file [bytes]; the largest published one of its kind has some 550 MB.
_MOST = 1 << 31


def read_idx(path: str | Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes.

    Parameters
    ----------
    path : path
        The file, plain or gzipped (told by its content).
    dimensions : int
        Dimensions it must have: 1 for labels, 3 for images.

    Raises
    ------
    ValueError
        If the file is missing, truncated, too long or not an IDX file of that form; the message names it.
    """
    file = Path(path)
    packed = read_regular(file, _MOST)
    try:
        content = _Content(packed)
        start = 4 + 4 * dimensions
        head = content.take(start)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTES:
            raise ValueError(
                f"must be an IDX file of unsigned bytes, not one that starts with {head[:4].hex() or 'nothing'}"
            )
        if head[3] != dimensions:
            raise ValueError(f"must have {dimensions} dimensions, not {head[3]}")
        shape = tuple(int.from_bytes(head[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(dimensions))
        size = math.prod(shape)
        if len(head) == start:
            check_expansion(size, len(packed))
        body = content.take(size + 1)
        if len(head) < start or len(body) != size:
            more = " or more" if len(body) > size else ""
            raise ValueError(f"must hold {size} bytes of shape {shape}, not {len(body)}{more}")
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{file}: must be a readable file, plain or gzipped: {one_line(error)}") from None
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    if 0 in shape:
        raise ValueError(f"{file}: must not be empty, not of shape {shape}")
    return np.frombuffer(body, np.uint8).reshape(shape)


class _Content:
    """The bytes of a file, unpacked no further than asked for: some kilobytes may hold gigabytes of nothing."""

    def __init__(self, data: bytes) -> None:
        plain = io.BytesIO(data)
        self._stream = gzip.GzipFile(fileobj=plain) if data[:2] == b"\x1f\x8b" else plain

    def take(self, count: int) -> bytes:
        return self._stream.read(count)


def find_idx(folder: Path, part: str, kind: str, dimensions: int) -> Path:
    """The IDX file of one part ("train", "t10k") and kind ("images", "labels") in a folder, by its usual names."""
    names = [f"{part}-{kind}{mark}idx{dimensions}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ValueError(f"{folder}: must hold {names[0]} or {names[1]}")


def read_idx_folder(
    folder: str | Path,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Training images and labels, test images and labels of a folder of four IDX files.

    Returns
    -------
    uint8 array (images, height, width), int64 array (images,), and the same for the test set

    Raises
    ------
    ValueError
        If the folder or a file is missing or broken, or files do not belong together.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ValueError(f"{place}: there is no such folder")
    arrays: list[NDArray[np.uint8]] = []
    for part in ("train", "t10k"):
        image_file, label_file = find_idx(place, part, "images", 3), find_idx(place, part, "labels", 1)
        images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
        if len(labels) != len(images):
            raise ValueError(f"{label_file}: must have a label for each of {len(images)} images, not {len(labels)}")
        arrays += [images, labels]
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        raise ValueError(
            f"{place}: test images must have the shape {arrays[0].shape[1:]} like the others, not {arrays[2].shape[1:]}"
        )
    return arrays[0], arrays[1].astype(np.int64), arrays[2], arrays[3].astype(np.int64)
