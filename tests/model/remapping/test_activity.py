# SPDX-License-Identifier: BSD-3-Clause
"""What drives the rows, from training images and ideal devices."""

from __future__ import annotations

import numpy as np
import pytest
from small_remaps import convolution, dense, images
from spintile.model.network import activate, layer_sums
from spintile.model.remapping.activity import activities


def test_inputs_are_driven_as_often_as_they_are() -> None:
    network = dense()
    shown = images(network)
    first, second = activities(network, shown)
    np.testing.assert_allclose(first.driven, shown.mean(axis=0))
    hidden = activate(layer_sums(shown.astype(float), network.layers[0]), network.layers[0]).reshape(len(shown), -1)
    np.testing.assert_allclose(second.driven, hidden.mean(axis=0))
    assert not np.allclose(first.driven, shown[:50].mean(axis=0))


def test_planes_weigh_four_times_the_one_below() -> None:
    network = dense(bits=2)
    shown = images(network)
    first = activities(network, shown)[0]
    np.testing.assert_allclose(first.driven, (shown & 1).mean(axis=0) + 4 * (shown >> 1).mean(axis=0))
    assert first.bits.shape[0] == 2


@pytest.mark.parametrize("network", [dense(bits=2, levels=2), convolution()], ids=["dense", "conv"])
def test_sums_are_those_of_the_bits_that_are_kept(network: object) -> None:
    assert isinstance(network, type(dense()))
    for layer, activity in zip(network.layers, activities(network, images(network)), strict=True):
        weights = layer.weights.reshape(layer.neurons, -1)
        values = sum((1 << plane) * bits for plane, bits in enumerate(activity.bits))
        np.testing.assert_array_equal(values @ weights.T, activity.sums)


def test_thresholds_in_the_middle_of_the_sums_count_most() -> None:
    network = dense()
    first = activities(network, images(network))[0]
    away = np.abs(network.layers[0].thresholds[:, 0] - 0.5 - first.sums.mean(axis=0))  # type: ignore[index]
    assert np.argmax(first.crossings) == np.argmin(away / first.margin)


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^inputs must be at least one image, not none$"):
        activities(dense(), np.zeros((0, 17), np.uint8))
