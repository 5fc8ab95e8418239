# SPDX-License-Identifier: BSD-3-Clause
"""Simulated reads against the golden model, neuron by neuron."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_remaps import chip, convolution, dense, die, images
from spintile.model.chip import Chip
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.golden import infer
from spintile.model.mapping import place
from spintile.model.network import Network
from spintile.model.remapping.activity import activities
from spintile.model.remapping.knowledge import known_die
from spintile.model.remapping.layout import LayerLayout, layouts_of
from spintile.model.remapping.reads import block_differences, lane_differences, sums_on_die
from spintile.model.sensing import RepairMode

CASES = [("none", False), ("range_guard", False), ("pair_check", False), ("check", False), ("check", True)]


def golden_sums(network: Network, on: Chip, seed: int, flags: bool) -> np.ndarray:
    """Accumulators of the first layer (neurons, images), in weights."""
    drawn, shown = die(on, seed), images(network)[:256]
    compiled = compile_for(network, on, flags=flags)
    image = die_image_for(compiled, on, drawn, 0)
    if flags:
        # Flags from the devices as they are: those of self-test's reads are rounded to codes.
        from spintile.model.programming import self_test_flags

        image = image.replace(flags=self_test_flags(drawn, compiled.states, on))
    record = infer(image, compiled, shown, repair=on.repair, record=True)
    lanes = record.accumulators[0][0]  # (images, emits, pairs)
    groups = compiled.placement.layers[0].groups
    found = [lanes[:, group, : len(members)] for group, members in enumerate(groups)]
    order = [neuron for members in groups for neuron in members]
    sums = np.concatenate(found, axis=1).T[np.argsort(order)]
    return np.asarray(sums / on.codes_per_weight)


def simulated(network: Network, on: Chip, seed: int, flags: bool) -> np.ndarray:
    known = known_die(die(on, seed), on, flags=flags)
    shown = images(network)[:256]
    layout = layouts_of(place(network, on.geometry), network)[0]
    return sums_on_die(known, network.layers[0], layout, activities(network, shown)[0])


@pytest.mark.parametrize(("mode", "flags"), CASES)
@pytest.mark.parametrize("bits", [1, 2])
def test_sums_are_the_golden_model_s(mode: RepairMode, flags: bool, bits: int) -> None:
    network, on = dense(bits=bits), chip(mode)
    # Entries of the die image are rounded to LSB/2^F: a code may be one off where a sum is at the edge of two.
    apart = np.abs(simulated(network, on, 3, flags) - golden_sums(network, on, 3, flags)) * on.codes_per_weight
    assert (apart > 0.01).mean() < 0.08
    assert apart.max() < 2.5 * bits * 2


def test_another_die_s_sums_are_far_from_it() -> None:
    network, on = dense(), chip("check")
    apart = np.abs(simulated(network, on, 4, False) - golden_sums(network, on, 3, False))
    assert (apart * on.codes_per_weight > 0.01).mean() > 0.5


@pytest.mark.parametrize(("mode", "flags"), CASES)
def test_lanes_read_what_their_block_reads(mode: RepairMode, flags: bool) -> None:
    network, on = dense(), chip(mode)
    known = known_die(die(on), on, flags=flags)
    bits = activities(network, images(network))[0].bits[0][:, :6]
    rows, weights = np.arange(6), network.layers[0].weights[:, :6]
    every = lane_differences(known, 5, rows, 3, weights, bits)
    chosen = np.array([6, 2, 0])
    block = block_differences(known, np.array([5]), rows, weights[chosen], bits)[0]
    np.testing.assert_array_equal(every[0][chosen, np.arange(3)], block)
    turned = block_differences(known, np.array([5]), rows, -weights[chosen], bits)[0]
    np.testing.assert_array_equal(every[1][chosen, np.arange(3)], -turned)
    assert not np.array_equal(every[0], every[1])


def test_a_median_of_three_copies_is_taken_slice_by_slice() -> None:
    network, on = dense(copies=3), chip("check")
    known = known_die(die(on), on)
    layer = network.layers[1]
    layout = layouts_of(place(network, on.geometry), network)[1]
    activity = activities(network, images(network))[1]

    def one(kernel: int) -> LayerLayout:
        return layout.replace(kernels=layout.kernels[:, :, [kernel]])

    single = dataclasses.replace(layer, copies=1, combine="sum")
    copies = [sums_on_die(known, single, one(copy), activity) for copy in range(3)]
    median = sums_on_die(known, layer, layout, activity)
    assert (median <= np.max(copies, axis=0) + 1e-4).all()
    assert not any(np.allclose(median, copy) for copy in copies)


def test_a_convolution_s_sums_on_an_ideal_die_are_its_own() -> None:
    network, on = convolution(), chip(spread=0.0)
    activity = activities(network, images(network))[0]
    drawn = die(on.replace(statistics=on.statistics.replace(short=0.0, open=0.0, stuck_p=0.0, stuck_ap=0.0)))
    layout = layouts_of(place(network, on.geometry), network)[0]
    sums = sums_on_die(known_die(drawn, on), network.layers[0], layout, activity)
    np.testing.assert_allclose(sums, activity.sums.T, atol=1.5 / on.codes_per_weight)
