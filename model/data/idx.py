# SPDX-License-Identifier: BSD-3-Clause
"""IDX files, the form in which MNIST and its relatives are published; plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTES = 0x08


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
    try:
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise ValueError(f"{file}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{file}: must be a readable file, plain or gzipped: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTES:
        raise ValueError(
            f"{file}: must be an IDX file of unsigned bytes, not one that starts with {content[:4].hex() or 'nothing'}"
        )
    if content[3] != dimensions:
        raise ValueError(f"{file}: must have {dimensions} dimensions, not {content[3]}")
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(dimensions))
    if len(content) < start or len(content) - start != math.prod(shape):
        raise ValueError(
            f"{file}: must hold {math.prod(shape)} bytes of shape {shape}, not {max(0, len(content) - start)}"
        )
    if 0 in shape:
        raise ValueError(f"{file}: must not be empty, not of shape {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


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
