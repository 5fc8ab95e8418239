# SPDX-License-Identifier: BSD-3-Clause
"""IDX files are read plain or gzipped; broken ones get one line that names the file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from spintile.model.data import read_idx, read_idx_folder

from .idx_files import idx_bytes, write_folder

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("compress", [False, True])
def test_array_is_read_back(tmp_path: Path, compress: bool) -> None:
    content = idx_bytes(ARRAY)
    path = tmp_path / "images"
    path.write_bytes(gzip.compress(content) if compress else content)
    assert np.array_equal(read_idx(path, 3), ARRAY)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must be an IDX file of unsigned bytes, not one that starts with nothing"),
        (b"PK\3\4....", "must be an IDX file of unsigned bytes, not one that starts with 504b0304"),
        (bytes([0, 0, 13, 3]) + bytes(12), "must be an IDX file of unsigned bytes, not one that starts with 00000d03"),
        (idx_bytes(ARRAY[0, 0]), "must have 3 dimensions, not 1"),
        (idx_bytes(ARRAY)[:-1], "must hold 24 bytes of shape (2, 3, 4), not 23"),
        (idx_bytes(ARRAY) + b"x", "must hold 24 bytes of shape (2, 3, 4), not 25 or more"),
        (idx_bytes(ARRAY)[:9], "must hold 0 bytes of shape (2, 0, 0), not 0"),
        (idx_bytes(ARRAY[:0]), "must not be empty, not of shape (0, 3, 4)"),
    ],
)
def test_broken_file_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read_idx(path, 3)
    assert str(caught.value) == f"{path}: {sentence}"


def test_truncated_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(ARRAY))[:-9])
    with pytest.raises(ValueError, match=r"images\.gz: must be a readable file, plain or gzipped: "):
        read_idx(path, 3)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: there is no such file$"):
        read_idx(tmp_path / "nowhere", 3)


def test_folder_with_the_other_usual_names_is_read(tmp_path: Path) -> None:
    images = write_folder(tmp_path)
    for file in sorted(tmp_path.iterdir()):
        file.rename(file.with_name(file.name.replace("-idx", ".idx")))
    train, train_labels, test, test_labels = read_idx_folder(tmp_path)
    assert np.array_equal(np.concatenate([train, test]), images)
    assert np.array_equal(np.concatenate([train_labels, test_labels]), np.arange(42) % 10)


def test_missing_folder_and_missing_part_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: there is no such folder$"):
        read_idx_folder(tmp_path / "nowhere")
    write_folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match=r": must hold t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz$"):
        read_idx_folder(tmp_path)


def test_files_that_do_not_belong_together_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte"
    whole = labels.read_bytes()
    labels.write_bytes(idx_bytes(np.zeros(29, np.uint8)))
    with pytest.raises(ValueError, match=r"train-labels-idx1-ubyte: must have a label for each of 30 images, not 29$"):
        read_idx_folder(tmp_path)
    labels.write_bytes(whole)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((12, 27, 28), np.uint8)))
    with pytest.raises(
        ValueError, match=r": test images must have the shape \(28, 28\) like the others, not \(27, 28\)$"
    ):
        read_idx_folder(tmp_path)
