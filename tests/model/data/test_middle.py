# SPDX-License-Identifier: BSD-3-Clause
"""The digits for the smallest board are the middle of the bundled ones, and known by their number of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from spintile.model.data import digits_for, load


def test_the_middle_is_the_area_average_of_the_bundled_digits() -> None:
    whole, middle = load("mnist"), load("mnist-8x6")
    assert (middle.shape, middle.name, middle.levels) == ((8, 6), "mnist-8x6", 16)
    assert np.array_equal(middle.test_labels, whole.test_labels)
    cropped = whole.test_images[:200, 2:12, 3:11].astype(np.float64)
    # Ten lines become eight: each takes one and a quarter; eight columns become six.
    down = np.repeat(cropped, 4, axis=1).reshape(200, 8, 5, 8).mean(axis=2)
    both = np.repeat(down, 3, axis=2).reshape(200, 8, 6, 4).mean(axis=3)
    assert np.array_equal(middle.test_images[:200], np.floor(both + 0.5 + 1e-9))


def test_its_side_is_its_own_and_its_levels_are_the_bundles() -> None:
    assert load("mnist-8x6", side=7).shape == (8, 6)
    with pytest.raises(ValueError, match=r"^mnist: side must be 14 and levels 16, not None and 8;"):
        load("mnist-8x6", levels=8)


@pytest.mark.parametrize(("inputs", "name"), [(196, "mnist"), (48, "mnist-8x6"), (64, None)])
def test_digits_are_found_by_their_pixels(inputs: int, name: str | None) -> None:
    assert digits_for(inputs) == name
    if name is not None:
        assert int(np.prod(load(name).shape)) == inputs
