# SPDX-License-Identifier: BSD-3-Clause
"""Strokes become images like those of the data set: scaled, centred, and read by what read the data set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.model.data import Dataset, draw_strokes, load, to_bits

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, wide: float, high: float, start: int, end: int) -> Stroke:
    """Points of an ellipse; angles in degrees, to the right and down."""
    angles = [math.radians(start + (end - start) * k / 23) for k in range(24)]
    return [(x + wide * math.cos(angle), y + high * math.sin(angle)) for angle in angles]


#: Each digit as a hand draws it.
DIGITS: list[list[Stroke]] = [
    [arc(0.5, 0.5, 0.22, 0.33, -90, 270)],
    [[(0.5, 0.15), (0.5, 0.85)]],
    [[*arc(0.5, 0.32, 0.18, 0.16, -170, 40), (0.3, 0.83), (0.72, 0.82)]],
    [[*arc(0.48, 0.32, 0.18, 0.16, -150, 80), *arc(0.48, 0.66, 0.2, 0.18, -80, 150)]],
    [[(0.42, 0.15), (0.3, 0.52), (0.7, 0.52)], [(0.62, 0.3), (0.62, 0.88)]],
    [[(0.68, 0.17), (0.38, 0.17), (0.36, 0.45), *arc(0.48, 0.63, 0.2, 0.2, -110, 140)]],
    [[(0.6, 0.14), (0.42, 0.38), *arc(0.5, 0.66, 0.18, 0.19, 200, -160)]],
    [[(0.3, 0.18), (0.7, 0.18), (0.45, 0.86)]],
    [arc(0.5, 0.33, 0.15, 0.16, 90, -270), arc(0.5, 0.67, 0.18, 0.18, -90, 270)],
    [[*arc(0.5, 0.35, 0.17, 0.18, 0, -360), (0.66, 0.5), (0.6, 0.86)]],
]


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load("mnist")


def moved(strokes: Sequence[Stroke], scale: float, right: float, down: float) -> list[Stroke]:
    return [[(x * scale + right, y * scale + down) for x, y in stroke] for stroke in strokes]


def test_drawn_digits_resemble_those_of_their_class_most(mnist: Dataset) -> None:
    """By the images of the data set that differ least."""
    bits = to_bits(mnist.train_images, 1).reshape(len(mnist.train_labels), -1).astype(np.float32)
    drawn = np.stack([to_bits(draw_strokes(strokes, mnist), 1).ravel() for strokes in DIGITS]).astype(np.float32)
    differ = drawn.sum(axis=1)[:, np.newaxis] + bits.sum(axis=1) - 2 * drawn @ bits.T
    nearest = mnist.train_labels[np.argsort(differ, axis=1, kind="stable")[:, :9]]
    voted = [int(np.bincount(labels).argmax()) for labels in nearest]
    assert voted == list(range(10))
    # As much ink as the data set's, within a fifth.
    assert drawn.sum(axis=1).mean() == pytest.approx(bits.sum(axis=1).mean(), rel=0.2)


@pytest.mark.parametrize("digit", [1, 4, 8])
def test_size_and_place_on_the_paper_do_not_matter(mnist: Dataset, digit: int) -> None:
    whole = draw_strokes(DIGITS[digit], mnist)
    small = draw_strokes(moved(DIGITS[digit], 0.25, 0.7, 0.05), mnist)
    # A quarter as large: numbers round elsewhere, and no level changes by more than one.
    assert np.abs(whole.astype(int) - small).max() <= 1


def test_every_image_has_the_form_of_its_data_set(mnist: Dataset) -> None:
    for name in ("mnist-8x6", "digits"):
        dataset = load(name)
        image = draw_strokes(DIGITS[8], dataset)
        assert (image.shape, image.dtype) == (dataset.shape, np.uint8)
        assert 0 < image.max() < dataset.levels
    # scikit-learn's digits reach the edges, MNIST's have margins.
    assert draw_strokes(DIGITS[1], load("digits"))[0].max() > 0
    assert draw_strokes(DIGITS[1], mnist)[[0, -1]].max() == 0


def test_a_dot_is_a_dot_and_nothing_is_white(mnist: Dataset) -> None:
    dot: NDArray[np.uint8] = draw_strokes([[(0.9, 0.1)]], mnist)
    assert 0 < np.count_nonzero(dot) <= 9
    assert dot[6:8, 6:8].min() > 0
    assert not draw_strokes([], mnist).any()


@pytest.mark.parametrize(
    ("strokes", "sentence"),
    [
        ([[]], "a stroke must have the shape (points, 2), not (0,)"),
        ([[(0.1, 0.2, 0.3)]], "a stroke must have the shape (points, 2), not (1, 3)"),
        ([[(0.5, 1.5)]], "points of a stroke must be from 0 to 1"),
        ([[(0.5, math.nan)]], "points of a stroke must be from 0 to 1"),
    ],
)
def test_what_is_no_stroke_is_refused(mnist: Dataset, strokes: list[Stroke], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        draw_strokes(strokes, mnist)
    assert str(caught.value) == sentence


def test_what_has_no_images_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match=r"^wine: must have images to be drawn, not 13 features$"):
        draw_strokes(DIGITS[1], load("wine"))
