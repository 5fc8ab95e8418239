# SPDX-License-Identifier: BSD-3-Clause
"""Every source gives a data set of the same kind; what is no source gets one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spintile.model.data import load
from spintile.model.data.small_sets import quantise

from .idx_files import write_folder


@pytest.mark.parametrize("compress", [False, True])
def test_folder_is_averaged_to_the_side_asked_for(tmp_path: Path, compress: bool) -> None:
    images = write_folder(tmp_path, compress=compress).astype(np.float64)
    loaded = load(tmp_path)
    means = images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    assert np.array_equal(np.concatenate([loaded.train_images, loaded.test_images]), np.floor(means / 17 + 0.5))
    assert (len(loaded.train_labels), len(loaded.test_labels)) == (30, 12)
    assert load(str(tmp_path), side=20, levels=256).shape == (20, 20)
    assert np.array_equal(load(tmp_path, side=28, levels=256).train_images, images[:30])


def test_folder_loads_the_same_twice_and_another_folder_differently(tmp_path: Path) -> None:
    write_folder(tmp_path / "one")
    write_folder(tmp_path / "two", side=20)
    assert np.array_equal(load(tmp_path / "one").train_images, load(tmp_path / "one").train_images)
    assert not np.array_equal(load(tmp_path / "one").train_images, load(tmp_path / "two").train_images)


@pytest.mark.parametrize(
    ("name", "shape", "counts", "classes"),
    [("digits", (8, 8), (1437, 360), 10), ("wine", (13,), (148, 30), 3), ("moons", (2,), (800, 200), 2)],
)
def test_small_sets_use_the_whole_scale(
    name: str, shape: tuple[int, ...], counts: tuple[int, int], classes: int
) -> None:
    loaded = load(name, levels=256)
    assert (loaded.shape, loaded.classes, loaded.name) == (shape, classes, name)
    assert (len(loaded.train_labels), len(loaded.test_labels)) == counts
    assert {int(label) for label in loaded.test_labels} == set(range(classes))
    values = np.concatenate([loaded.train_images, loaded.test_images])
    assert (values.min(), values.max()) == (0, 255)


def test_digits_keep_their_levels_at_their_own_side() -> None:
    from sklearn import datasets

    loaded = load("digits", levels=17)
    values = np.concatenate([loaded.train_images, loaded.test_images])
    original = datasets.load_digits().images
    assert np.array_equal(np.sort(values.ravel()), np.sort(original.astype(np.uint8).ravel()))


def test_each_feature_is_scaled_by_its_own_range() -> None:
    features = np.array([[0.0, 10.0, 7.0], [1.0, 20.0, 7.0], [4.0, 30.0, 7.0]])
    assert quantise(features, 5).tolist() == [[0, 0, 0], [1, 2, 0], [4, 4, 0]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"source": "mnsit"},
            "data set must be one of digits, mnist, mnist-8x6, moons, wine or a folder of IDX files, not 'mnsit'",
        ),
        (
            {"source": "mnist", "side": 28},
            "mnist: side must be 14 and levels 16, not 28 and 16; give a folder of the original IDX files for others",
        ),
        ({"source": "digits", "side": 0}, "side must be a positive integer, not 0"),
        ({"source": "wine", "levels": 257}, "levels must be an integer from 2 to 256, not 257"),
    ],
)
def test_what_is_no_source_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        load(**arguments)  # type: ignore[arg-type]
    assert str(caught.value) == sentence
