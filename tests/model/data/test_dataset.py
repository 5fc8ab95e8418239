# SPDX-License-Identifier: BSD-3-Clause
"""A data set refuses what does not fit together; grey levels become bit planes as documented."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spintile.model.data import Dataset, to_bits

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4) % 16
SET = Dataset(IMAGES, np.array([0, 1]), IMAGES[:1], np.array([2]), "tiny", "nobody")


def test_shape_and_classes_cover_both_parts() -> None:
    assert SET.shape == (3, 4)
    assert SET.classes == 3


def test_take_keeps_the_first_images_of_each_part() -> None:
    few = SET.take(train=1, test=0)
    assert np.array_equal(few.train_images, IMAGES[:1])
    assert few.test_labels.shape == (0,)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels": 1}, "levels must be an integer from 2 to 256, not 1"),
        ({"levels": 9}, "tiny: train_images must be below 9, not 15"),
        (
            {"train_labels": np.array([0])},
            "tiny: train_labels must have one class for each of 2 images, not shape (1,)",
        ),
        ({"test_images": IMAGES[:1, :2]}, "tiny: test_images must have the shape (3, 4) each, not (2, 4)"),
        ({"test_labels": np.array([-1])}, "tiny: test_labels must not be negative, not -1"),
    ],
)
def test_a_data_set_that_does_not_fit_together_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        dataclasses.replace(SET, **changes)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


def test_one_bit_is_set_from_an_eighth_of_the_levels_up() -> None:
    assert to_bits(np.arange(16), 1).tolist() == [0, 0, *[1] * 14]
    assert to_bits(np.arange(4), 1, levels=4).tolist() == [0, 1, 1, 1]


def test_as_many_bits_as_levels_change_nothing() -> None:
    assert to_bits(np.arange(16), 4).tolist() == list(range(16))
    assert to_bits(np.arange(256), 8, levels=256).tolist() == list(range(256))


@pytest.mark.parametrize("bits", [2, 3, 5, 8])
def test_scaling_keeps_both_ends_and_the_order(bits: int) -> None:
    values = to_bits(np.arange(16), bits).astype(int)
    assert (values[0], values[-1]) == (0, 2**bits - 1)
    assert np.all(np.diff(values) >= 0)
    assert np.all(np.abs(values / (2**bits - 1) - np.arange(16) / 15) <= 0.5 / (2**bits - 1) + 1e-12)


def test_inputs_are_those_of_to_bits_at_the_sets_levels() -> None:
    train, test = SET.inputs(2)
    assert np.array_equal(train, to_bits(IMAGES, 2))
    assert np.array_equal(test, to_bits(IMAGES[:1], 2))


@pytest.mark.parametrize(
    ("images", "bits", "sentence"),
    [
        (IMAGES, 0, "bits must be an integer from 1 to 8, not 0"),
        (IMAGES, True, "bits must be an integer from 1 to 8, not True"),
        (IMAGES + 1, 2, "images must be integers from 0 to 15, not uint8 up to 16"),
        (IMAGES / 2, 2, "images must be integers from 0 to 15, not float64 up to 7.5"),
    ],
)
def test_levels_and_bits_out_of_range_are_refused(images: np.ndarray, bits: int, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        to_bits(images, bits)
    assert str(caught.value) == sentence
