# SPDX-License-Identifier: BSD-3-Clause
"""Networks are placed when they fit, share kernels only when they must, and say what is short when they do not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_networks import geometries, hidden, networks, output
from spintile.model.geometry import Geometry, preset
from spintile.model.mapping import DoesNotFit, place
from spintile.model.network import Network

RNG = np.random.default_rng(5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(network=networks(), geometry=geometries(), kernels=st.integers(1, 40))
def test_whatever_is_placed_is_a_placement(network: Network, geometry: Geometry, kernels: int) -> None:
    geometry = geometry.replace(kernels=kernels)
    try:
        placement = place(network, geometry)
    except DoesNotFit as error:
        assert "kernels" in str(error)  # noqa: PT017
        return
    placement.check(network)
    assert placement.kernels_used <= kernels


def test_demo_network_takes_26_kernels_and_30_with_three_outputs() -> None:
    network = Network((hidden(RNG, (36, 196), (196,)), output(RNG, 10, 36)))
    assert place(network, preset("borders")).kernels_used == 26
    network = Network((network.layers[0], dataclasses.replace(network.layers[1], copies=3)))
    placement = place(network, preset("borders"))
    assert placement.kernels_used == 30
    assert placement.layers[1].kernels.tolist() == [[[24, 25, 26], [27, 28, 29]]]


def test_blocks_share_kernels_on_disjoint_rows_only_when_kernels_run_short() -> None:
    network = Network((hidden(RNG, (4, 20), (20,)), hidden(RNG, (4, 4), (4,)), output(RNG, 2, 4)))
    roomy = place(network, preset("demo"))
    assert roomy.kernels_used == 4
    assert all(min(rows) >= 0 for layer in roomy.layers for rows in layer.slices)
    tight = place(network, preset("demo").replace(kernels=2))
    tight.check(network)
    assert tight.kernels_used == 2
    assert tight.layers[0].slices[1] == (16, 17, 18, 19)
    assert tight.layers[1].slices[0] == (-1,) * 4 + (0, 1, 2, 3)
    assert tight.layers[2].slices[0] == (-1,) * 8 + (0, 1, 2, 3)


def test_smallest_kernel_holds_one_weight() -> None:
    geometry = preset("demo").replace(rows=1, cols=2, kernels=6)
    network = Network((output(RNG, 2, 3),))
    placement = place(network, geometry)
    assert placement.layers[0].kernels.tolist() == [[[0], [1], [2]], [[3], [4], [5]]]


DEEP = (*(hidden(RNG, (2, 2), (2,)) for _ in range(8)), output(RNG, 2, 2))
FINE = hidden(RNG, (2, 2), (2,), activation_bits=4)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            Network((output(RNG, 10, 200),)),
            "network needs 39 kernels of 16 x 8, blocks sharing rows included; geometry 'demo' has 8",
        ),
        (Network(DEEP), "network has 9 layers, geometry 'demo' at most 8"),
        (Network((output(RNG, 2, 4, input_bits=3),)), "layer 0 has 3 input bits, geometry 'demo' at most 2"),
        (
            Network((FINE, output(RNG, 2, 2, input_bits=4))),
            "layer 0 has 4 activation bits, geometry 'demo' at most 2",
        ),
        (
            Network((output(RNG, 2, 600),)),
            "network needs 608 bits of activation memory per image, geometry 'demo' has 512: 96 too few",
        ),
    ],
)
def test_what_does_not_fit_says_by_how_much(network: Network, message: str) -> None:
    with pytest.raises(DoesNotFit) as caught:
        place(network, preset("demo"))
    assert str(caught.value) == message
