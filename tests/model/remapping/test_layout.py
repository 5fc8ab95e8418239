# SPDX-License-Identifier: BSD-3-Clause
"""Layouts say the same as placements; random placements are placements, and differ."""

from __future__ import annotations

import numpy as np
import pytest
from small_remaps import SHAPE, convolution, dense, images
from spintile.model.mapping import compile_network, device_states, execute, ideal_differences, place
from spintile.model.network import Network, software_classes
from spintile.model.remapping import random_placement
from spintile.model.remapping.layout import layouts_of, placement_of, share_kernels


@pytest.mark.parametrize("network", [dense(copies=3), convolution()], ids=["dense", "conv"])
def test_a_layout_gives_its_placement_back(network: Network) -> None:
    plain = place(network, SHAPE)
    again = placement_of(layouts_of(plain, network), SHAPE)
    again.check(network)
    np.testing.assert_array_equal(device_states(network, again), device_states(network, plain))
    programs = [
        compile_network(network, each, codes_per_weight=3.6, adc_bits=8).program.segments for each in (plain, again)
    ]
    np.testing.assert_array_equal(*programs)


def test_a_changed_layout_is_another_placement() -> None:
    network = dense()
    layouts = layouts_of(place(network, SHAPE), network)
    swapped = layouts[0].replace(inputs=layouts[0].inputs[:, ::-1])
    changed = placement_of([swapped, layouts[1]], SHAPE)
    changed.check(network)
    assert not np.array_equal(device_states(network, changed), device_states(network, place(network, SHAPE)))


def test_blocks_on_one_kernel_are_seen() -> None:
    network = dense()
    assert not share_kernels(layouts_of(place(network, SHAPE), network))
    # Rows enough for the output's 8 inputs beside the hidden layer's second slice of 5.
    tight = SHAPE.replace(kernels=6, rows=13)
    assert share_kernels(layouts_of(place(network, tight), network))


def test_signed_weights_turn_whole_neurons() -> None:
    network = dense()
    layout = layouts_of(place(network, SHAPE), network)[0]
    sign = np.ones(8, np.int8)
    sign[3] = -1
    signed = layout.replace(sign=sign).signed(network.layers[0])
    np.testing.assert_array_equal(signed[3], -network.layers[0].weights[3])
    np.testing.assert_array_equal(signed[2], network.layers[0].weights[2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("network", [dense(copies=3), convolution()], ids=["dense", "conv"])
@pytest.mark.parametrize("segments", [128, 24])
def test_ideal_devices_answer_as_software_does(network: Network, seed: int, segments: int) -> None:
    shape = SHAPE.replace(segment_depth=segments)
    placement = random_placement(network, shape, seed)
    placement.check(network)
    program = compile_network(network, placement, codes_per_weight=1.0, adc_bits=8).program
    shown = images(network, 20)
    states = device_states(network, placement)
    answers = [execute(program, shape, image, ideal_differences(states)).predicted for image in shown]
    np.testing.assert_array_equal(answers, software_classes(network, shown))


def test_seeds_differ_from_each_other_and_from_the_plain_placement() -> None:
    network = dense()
    placements = [random_placement(network, SHAPE, seed) for seed in (0, 0, 1)] + [place(network, SHAPE)]
    held = [device_states(network, placement) for placement in placements]
    np.testing.assert_array_equal(held[0], held[1])
    assert not np.array_equal(held[0], held[2])
    assert not np.array_equal(held[0], held[3])


def test_blocks_that_share_kernels_keep_them() -> None:
    network, shape = dense(), SHAPE.replace(kernels=6, rows=13)
    placement = random_placement(network, shape, 0)
    placement.check(network)
    for each, plain in zip(placement.layers, place(network, shape).layers, strict=True):
        np.testing.assert_array_equal(each.kernels, plain.kernels)
