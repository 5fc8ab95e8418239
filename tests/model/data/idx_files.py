# SPDX-License-Identifier: BSD-3-Clause
"""Small IDX files for tests."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """An array as an IDX file of unsigned bytes."""
    sizes = b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_folder(
    folder: Path, side: int = 28, train: int = 30, test: int = 12, compress: bool = False
) -> NDArray[np.uint8]:
    """The four files with random images; the images of both parts."""
    generator = np.random.default_rng(5)
    images = generator.integers(0, 256, (train + test, side, side), dtype=np.uint8)
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    for part, chosen in (("train", slice(0, train)), ("t10k", slice(train, None))):
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx_bytes(array[chosen])
            name = f"{part}-{kind}-ubyte"
            if compress:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return images
