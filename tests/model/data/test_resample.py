# SPDX-License-Identifier: BSD-3-Clause
"""Resampling is the area average, rounded half up."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from spintile.model.data.resample import area_weights, resample

IMAGES = np.random.default_rng(3).integers(0, 256, (5, 6, 6), dtype=np.uint8)


def exact(images: np.ndarray, side: int, levels: int) -> np.ndarray:
    """Area averages in rational arithmetic, pixel by pixel."""
    count, height, width = images.shape
    result = np.zeros((count, side, side), int)

    def share(new: int, old: int, size: int) -> Fraction:
        step = Fraction(size, side)
        return max(Fraction(0), min((new + 1) * step, Fraction(old + 1)) - max(new * step, Fraction(old))) / step

    for n, y, x in np.ndindex(count, side, side):
        total = sum(
            share(y, v, height) * share(x, u, width) * int(images[n, v, u]) for v in range(height) for u in range(width)
        )
        result[n, y, x] = (total * (levels - 1) / 255 + Fraction(1, 2)) // 1
    return result


@pytest.mark.parametrize(("side", "levels"), [(3, 16), (6, 256), (4, 16), (5, 2), (9, 17), (1, 256)])
def test_every_pixel_is_the_exact_area_average_rounded_half_up(side: int, levels: int) -> None:
    assert np.array_equal(resample(IMAGES, side, levels), exact(IMAGES, side, levels))


def test_ties_round_up() -> None:
    tie = np.array([[[0, 17], [17, 0]]], np.uint8)  # mean 8.5: half of one of 16 levels
    assert resample(tie, 1, 16).item() == 1
    assert resample(tie - tie // 17, 1, 16).item() == 0


def test_weights_of_a_new_pixel_sum_to_one() -> None:
    for size, side in ((28, 14), (28, 20), (8, 14)):
        assert area_weights(size, side).sum(axis=1) == pytest.approx(np.ones(side), abs=1e-12)


@pytest.mark.parametrize("side", [0, -1, 2.5, True])
def test_a_side_that_is_no_positive_integer_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match=rf"^side must be a positive integer, not {side}$"):
        resample(IMAGES, side, 16)
