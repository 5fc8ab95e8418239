# SPDX-License-Identifier: BSD-3-Clause
"""Warped copies are the same images a little moved, at the network's own resolution and levels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from spintile.model.data import Dataset
from spintile.model.data.resample import resample
from spintile.model.training.digits.best.augmentation import Warp, coarse, copies_of, warped

STILL = Warp(shift=0.0, turn=0.0, stretch=0.0, shear=0.0)


def blobs(side: int, levels: int, count: int = 30) -> Dataset:
    """A bright square somewhere near the middle of each image."""
    rng = np.random.default_rng(0)
    images = np.zeros((count, side, side), np.uint8)
    for image, (row, col) in zip(images, rng.integers(side // 3, side // 2, (count, 2)), strict=True):
        image[row : row + side // 4, col : col + side // 4] = levels - 1
    labels = np.arange(count) % 3
    return Dataset(images, labels, images[:3], labels[:3], "blobs", "ours", levels)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_no_warp_changes_nothing() -> None:
    images = torch.rand(4, 9, 9, generator=generator())
    assert torch.allclose(warped(images, STILL, generator()), images, atol=1e-5)


def test_a_shift_moves_the_middle_of_every_image_within_its_limit() -> None:
    image = torch.zeros(200, 28, 28)
    image[:, 13:15, 13:15] = 1.0
    moved = warped(image, Warp(shift=1 / 14, turn=0.0, stretch=0.0, shear=0.0), generator())
    places = torch.arange(28.0) - 13.5
    centre = (moved.sum(1) * places).sum(1) / moved.sum((1, 2))
    assert float(centre.abs().max()) <= 2.01
    assert float(centre.std()) > 0.8


def test_a_turn_keeps_the_middle_where_it_is() -> None:
    image = torch.zeros(50, 28, 28)
    image[:, 12:16, 12:16] = 1.0
    moved = warped(image, Warp(shift=0.0, turn=0.3, stretch=0.0, shear=0.0), generator())
    places = torch.arange(28.0) - 13.5
    assert float(((moved.sum(1) * places).sum(1) / moved.sum((1, 2))).abs().max()) < 0.1
    assert not torch.allclose(moved[0], image[0], atol=0.05)


def test_coarse_levels_are_those_of_the_data_set() -> None:
    images = np.random.default_rng(3).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    found = coarse(torch.from_numpy(images).float() / 255, 20, 15).numpy()
    wanted = resample(images, 20, 16)
    assert np.mean(found != wanted) < 1e-3
    assert np.mean(coarse(torch.from_numpy(images).float() / 255, 20, 14).numpy() != wanted) > 0.1


def test_the_first_copy_is_the_data_set_and_the_others_are_not() -> None:
    source, dataset = blobs(28, 256), blobs(20, 16)
    copies = copies_of(source, dataset, 3, 4, seed=0)
    assert copies.shape == (3, 30, 400)
    assert np.array_equal(copies[0].numpy().reshape(dataset.train_images.shape), dataset.train_images)
    assert not torch.equal(copies[1], copies[2])
    assert int(copies.max()) == 15


def test_the_same_seed_gives_the_same_copies() -> None:
    source, dataset = blobs(28, 256), blobs(20, 16)
    assert torch.equal(copies_of(source, dataset, 2, 4, seed=5), copies_of(source, dataset, 2, 4, seed=5))
    assert not torch.equal(copies_of(source, dataset, 2, 4, seed=5)[1], copies_of(source, dataset, 2, 4, seed=6)[1])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="source must have the 30 training images, not 29"):
        copies_of(blobs(28, 256, 29), blobs(20, 16), 2, 4, seed=0)
    with pytest.raises(ValueError, match="count must be at least 1, not 0"):
        copies_of(blobs(28, 256), blobs(20, 16), 0, 4, seed=0)
