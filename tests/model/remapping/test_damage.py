# SPDX-License-Identifier: BSD-3-Clause
"""What wrong sums cost."""

from __future__ import annotations

import numpy as np
from small_remaps import dense, images
from spintile.model.remapping.activity import activities
from spintile.model.remapping.damage import Price, prices, squared_error


def test_flips_are_those_of_normal_sums_and_errors() -> None:
    rng = np.random.default_rng(0)
    sums, errors = 4.0 * rng.standard_normal(400_000), 3.0 * rng.standard_normal(400_000)
    flips = np.mean((sums > 0) != (sums + errors > 0))
    price = Price(np.array([4.0]), np.array([1.0]), 1.0)
    # Three standard errors of a share of 0.2 among 400,000.
    assert abs(price.of(np.array([9.0]))[0] - flips) < 0.002
    assert abs(price.of(np.array([16.0]))[0] - flips) > 0.02


def test_the_slope_is_the_cost_s_derivative() -> None:
    price = Price(np.array([4.0, 7.0]), np.array([1.0, 0.3]), 2.0)
    squared = np.array([5.0, 20.0])
    step = 1e-5
    np.testing.assert_allclose(price.slope(squared), (price.of(squared + step) - price.of(squared)) / step, rtol=1e-4)


def test_a_ruined_neuron_costs_hardly_more_when_it_is_ruined_further() -> None:
    price = Price(np.array([4.0]), np.array([1.0]), 1.0)
    first, second, third = (price.of(np.array([value]))[0] for value in (0.0, 400.0, 800.0))
    assert second - first > 10 * (third - second)


def test_scores_cost_their_squared_error_and_a_flip_what_it_does_to_them() -> None:
    network = dense()
    hidden, output = prices(network, activities(network, images(network)))
    np.testing.assert_array_equal(output.of(np.array([3.0, 1.0, 0.0, 2.0])), [3.0, 1.0, 0.0, 2.0])
    # A flip is one step of one input of each of four outputs.
    assert hidden.flip == 4.0


def test_sums_that_are_right_have_no_error() -> None:
    network = dense()
    activity = activities(network, images(network))[0]
    assert squared_error(activity.sums.T, activity).sum() == 0
    np.testing.assert_allclose(squared_error(activity.sums.T + 2.0, activity), 4.0)
