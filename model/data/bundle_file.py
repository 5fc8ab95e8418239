# SPDX-License-Identifier: BSD-3-Clause
"""The form of a bundled image set: a line of JSON, labels, then two pixels a byte, all in one xz stream.

xz takes the nibbles of all 70,000 images at 14 x 14 from 6.9 to 2.3 MB, checks them with a CRC, and gives them
back in 0.2 s.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..reading import check_expansion, one_line, parse_json, read_regular, shown
from .dataset import DEFAULT_LEVELS, Dataset

FORMAT = "spintile images"
FORMAT_VERSION = 1
_HEADER_FIELDS = {"format", "format_version", "name", "attribution", "train", "test", "side"}
_LONGEST_HEADER = 4096
#: Largest file [bytes], largest number of images or pixels of a side, memory of the unpacking [bytes], and most that xz
#: can gain.
_MOST, _LARGEST, _UNPACKING_MEMORY, _RATIO = 1 << 28, 1 << 24, 1 << 28, 10_000


def pack_bundle(dataset: Dataset) -> bytes:
    """Content of a bundle file: square images of 16 grey levels.

    Raises
    ------
    ValueError
        If the data set has another form.
    """
    if dataset.levels != DEFAULT_LEVELS or len(dataset.shape) != 2 or dataset.shape[0] != dataset.shape[1]:
        raise ValueError(
            f"a bundle must hold square images of {DEFAULT_LEVELS} levels, not {dataset.shape} of {dataset.levels}"
        )
    images = np.concatenate([dataset.train_images, dataset.test_images]).ravel()
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    if labels.max(initial=0) > 255:
        raise ValueError(f"a bundle's labels must be at most 255, not {labels.max()}")
    nibbles = np.append(images, np.zeros(images.size % 2, np.uint8))
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": dataset.name,
        "attribution": dataset.attribution,
        "train": len(dataset.train_labels),
        "test": len(dataset.test_labels),
        "side": dataset.shape[0],
    }
    content = json.dumps(header, sort_keys=True).encode() + b"\n" + labels.astype(np.uint8).tobytes()
    content += (nibbles[0::2] << 4 | nibbles[1::2]).tobytes()
    filters = [
        {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24, "lc": 4, "lp": 0, "pb": 0}
    ]
    return lzma.compress(content, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=filters)


def read_bundle(path: str | Path) -> Dataset:
    """The data set of a bundle file.

    Raises
    ------
    ValueError
        If the file is missing, truncated or foreign; the message names it.
    """
    file = Path(path)
    packed = read_regular(file, _MOST)
    unpack = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_UNPACKING_MEMORY)
    try:
        content = unpack.decompress(packed, _LONGEST_HEADER)
        end = content.find(b"\n", 0, _LONGEST_HEADER)
        header = _header(content[: max(end, 0)], file)
        train, side = header["train"], header["side"]
        count = train + header["test"]
        pixels = count * side * side
        size = count + (pixels + 1) // 2
        check_expansion(2 * size, len(packed), _RATIO)
        # One byte more than wanted: a longer stream is then not at its end, whose check is only made there.
        while not unpack.eof and len(content) <= end + 1 + size:
            more = unpack.decompress(b"", end + 2 + size - len(content))
            if not more:
                break
            content += more
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{file}: must be a whole xz file of images: {one_line(error)}") from None
    except ValueError as error:
        raise ValueError(f"{file}: {str(error).removeprefix(f'{file}: ')}") from None
    body = np.frombuffer(content, np.uint8, offset=end + 1)
    if body.size != size:
        raise ValueError(f"{file}: must hold {size} bytes of labels and pixels, not {body.size}")
    if not unpack.eof or unpack.unused_data:
        raise ValueError(f"{file}: must be a whole xz file of images: it is truncated, or goes on behind its end")
    images = unpack_nibbles(body[count:])[:pixels].reshape(count, side, side)
    labels = body[:count].astype(np.int64)
    return Dataset(
        train_images=images[:train],
        train_labels=labels[:train],
        test_images=images[train:],
        test_labels=labels[train:],
        name=header["name"],
        attribution=header["attribution"],
        levels=DEFAULT_LEVELS,
    )


def unpack_nibbles(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two values from 0 to 15 for each byte, the high one first."""
    values = np.empty((packed.size, 2), np.uint8)
    np.right_shift(packed, 4, out=values[:, 0])
    np.bitwise_and(packed, 15, out=values[:, 1])
    return values.ravel()


def _header(line: bytes, file: Path) -> dict[str, Any]:
    try:
        header = parse_json(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"{file}: must start with the header of {FORMAT!r}")
    if header.get("format_version") != FORMAT_VERSION:
        raise ValueError(f"{file}: format_version must be {FORMAT_VERSION}, not {shown(header.get('format_version'))}")
    if set(header) != _HEADER_FIELDS:
        raise ValueError(
            f"{file}: header must have the fields {', '.join(sorted(_HEADER_FIELDS))}, not {shown(sorted(header))}"
        )
    for name in ("train", "test", "side"):
        if isinstance(header[name], bool) or not isinstance(header[name], int) or not 1 <= header[name] <= _LARGEST:
            raise ValueError(f"{file}: {name} must be a positive integer, not {shown(header[name])}")
    for name in ("name", "attribution"):
        if not isinstance(header[name], str):
            raise ValueError(f"{file}: {name} must be a text, not {shown(header[name])}")
    return header
