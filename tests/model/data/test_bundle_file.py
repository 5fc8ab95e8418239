# SPDX-License-Identifier: BSD-3-Clause
"""The bundle gives back what went in, is MNIST, is small, and is refused when it is broken."""

from __future__ import annotations

import dataclasses
import hashlib
import lzma
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from spintile.model.data import Dataset, load, pack_bundle, read_bundle

GENERATOR = np.random.default_rng(1)


def images(count: int) -> np.ndarray:
    return GENERATOR.integers(0, 16, (count, 3, 3), dtype=np.uint8)


SET = Dataset(images(5), np.arange(5), images(4), np.arange(4), "tiny", "nobody")
CONTENT = pack_bundle(SET)


def test_an_odd_number_of_pixels_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "tiny.xz"
    path.write_bytes(CONTENT)
    again = read_bundle(path)
    for field in dataclasses.fields(Dataset):
        assert np.array_equal(getattr(again, field.name), getattr(SET, field.name)), field.name


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels": 17}, "a bundle must hold square images of 16 levels, not (3, 3) of 17"),
        ({"train_labels": np.full(5, 256)}, "a bundle's labels must be at most 255, not 256"),
    ],
)
def test_what_the_form_cannot_hold_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        pack_bundle(dataclasses.replace(SET, **changes))  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def header(**changes: object) -> bytes:
    import json

    content = lzma.decompress(CONTENT)
    line, rest = content.split(b"\n", 1)
    fields = {**json.loads(line), **changes}
    return lzma.compress(json.dumps({k: v for k, v in fields.items() if v is not None}).encode() + b"\n" + rest)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (CONTENT[:-20], "must be a whole xz file of images: "),
        (CONTENT[:40] + b"\xff" + CONTENT[41:], "must be a whole xz file of images: "),
        (b"no xz at all", "must be a whole xz file of images: "),
        (lzma.compress(b"something else\n"), "must start with the header of 'spintile images'"),
        (lzma.compress(b""), "must start with the header of 'spintile images'"),
        (header(format="other"), "must start with the header of 'spintile images'"),
        (header(format_version=2), "format_version must be 1, not 2"),
        (header(side=None), "header must have the fields "),
        (header(side=0), "side must be a positive integer, not 0"),
        (header(train=6), "must hold 55 bytes of labels and pixels, not 50"),
    ],
)
def test_broken_bundle_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "broken.xz"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read_bundle(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")
    assert "\n" not in str(caught.value)


def test_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.xz: there is no such file$"):
        read_bundle(tmp_path / "nowhere.xz")


def test_bundled_files_are_at_most_three_megabytes_with_their_licence_beside_them() -> None:
    folder = resources.files("spintile.model.data").joinpath("bundle")
    files = {entry.name: len(entry.read_bytes()) for entry in folder.iterdir()}
    assert sum(files.values()) <= 3_000_000
    assert "CC-BY-SA-3.0" in folder.joinpath("LICENSE.md").read_text(encoding="utf-8")


def test_bundle_is_all_of_mnist() -> None:
    mnist = load("mnist")
    assert mnist.train_images.shape == (60_000, 14, 14)
    assert mnist.test_images.shape == (10_000, 14, 14)
    # The published numbers of each digit.
    assert np.bincount(mnist.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert "CC BY-SA 3.0" in mnist.attribution
    digest = hashlib.sha256(mnist.train_images.tobytes() + mnist.test_images.tobytes()).hexdigest()
    assert digest == "894de63a9752bad7e1d62d5f9350fcc6d22cd98c3657b4be072c464c626c5b61"
