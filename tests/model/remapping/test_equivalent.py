# SPDX-License-Identifier: BSD-3-Clause
"""Turned signs and other orders of inputs change no answer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from small_remaps import chip, convolution, dense, die, images
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.golden import infer
from spintile.model.network import (
    Network,
    activate,
    check_network,
    layer_sums,
    load_network,
    save_network,
    software_scores,
)
from spintile.model.remapping import host_order, ordered_inputs, remap, turn_signs


def random_signs(network: Network, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    signs = [rng.choice(np.array([-1, 1], np.int8), layer.neurons) for layer in network.layers]
    signs[0][0], signs[-1] = -1, np.ones_like(signs[-1])
    return signs


def with_fine_thresholds(network: Network, seed: int) -> Network:
    """Thresholds of a network trained through an array: in codes, of which one weight is 3.6."""
    rng = np.random.default_rng(seed)
    first = network.layers[0]
    thresholds = np.sort(rng.integers(-15, 16, first.thresholds.shape), axis=1)  # type: ignore[union-attr]
    return dataclasses.replace(
        network, layers=(dataclasses.replace(first, thresholds=thresholds, unit=3.6), *network.layers[1:])
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("network", [dense(), dense(bits=2, levels=2), convolution()], ids=["dense", "bits", "conv"])
def test_a_network_with_turned_signs_has_the_same_scores(network: Network, seed: int) -> None:
    turned = turn_signs(network, random_signs(network, seed))
    check_network(turned)
    assert not np.array_equal(turned.layers[0].weights, network.layers[0].weights)
    shown = images(network)
    np.testing.assert_array_equal(software_scores(turned, shown), software_scores(network, shown))


@pytest.mark.parametrize("seed", range(6))
def test_thresholds_finer_than_weights_keep_every_activation(seed: int) -> None:
    network = with_fine_thresholds(dense(levels=2), seed)
    turned = turn_signs(network, random_signs(network, seed))
    shown = images(network).astype(np.float64)
    before, after = (activate(layer_sums(shown, each.layers[0]), each.layers[0]) for each in (network, turned))
    np.testing.assert_array_equal(after, before)


def test_weights_turned_without_their_thresholds_answer_differently() -> None:
    network = dense()
    turned = turn_signs(network, random_signs(network, 0))
    wrong = dataclasses.replace(turned.layers[0], thresholds=network.layers[0].thresholds)
    shown = images(network)
    scores = software_scores(dataclasses.replace(turned, layers=(wrong, turned.layers[1])), shown)
    assert not np.array_equal(scores, software_scores(network, shown))


def test_output_neurons_cannot_be_turned() -> None:
    network = dense()
    signs = [np.ones(8, np.int8), -np.ones(4, np.int8)]
    with pytest.raises(ValueError, match=r"^signs of layer 1 must be \+1: scores of the output layer are compared as"):
        turn_signs(network, signs)


def test_signs_of_another_number_of_layers_or_neurons_are_refused() -> None:
    network = dense()
    with pytest.raises(ValueError, match=r"^signs must be of 2 layers, not 1$"):
        turn_signs(network, [np.ones(8, np.int8)])
    with pytest.raises(ValueError, match=r"^signs of layer 0 must be \+1 or -1 for each of 8 neurons, not "):
        turn_signs(network, [np.zeros(8, np.int8), np.ones(4, np.int8)])


def test_every_code_is_the_same_and_the_program_is_shorter() -> None:
    network, on = dense(bits=2), chip("check")
    drawn, shown = die(on), images(network, 50)
    found = remap(network, on, drawn, images(network))
    moved, placement = host_order(found.network, found.placement)
    records, segments = [], []
    for each, where, inputs in (
        (found.network, found.placement, shown),
        (moved, placement, ordered_inputs(moved, shown)),
    ):
        compiled = compile_for(each, on, placement=where)
        image = die_image_for(compiled, on, drawn, 0)
        records.append(infer(image, compiled, inputs, repair=on.repair, record=True))
        segments.append(len(compiled.program.segments))
    np.testing.assert_array_equal(records[0].codes, records[1].codes)
    np.testing.assert_array_equal(records[0].classes, records[1].classes)
    assert segments[1] < segments[0] - 8


def test_images_in_their_own_order_are_answered_otherwise() -> None:
    network, on = dense(), chip()
    found = remap(network, on, die(on), images(network))
    moved, _ = host_order(found.network, found.placement)
    shown = images(network)
    wanted = software_scores(network, shown)
    np.testing.assert_array_equal(software_scores(moved, ordered_inputs(moved, shown)), wanted)
    assert not np.array_equal(software_scores(moved, shown), wanted)
    np.testing.assert_array_equal(ordered_inputs(network, shown), shown)


def test_the_order_is_kept_in_the_network_s_file_and_orders_follow_each_other(tmp_path: Path) -> None:
    network, on = dense(), chip()
    first = remap(network, on, die(on), images(network))
    moved, placement = host_order(first.network, first.placement)
    path = tmp_path / "network.safetensors"
    save_network(moved, path)
    shown = images(network)
    wanted = software_scores(network, shown)
    loaded = load_network(path)
    np.testing.assert_array_equal(software_scores(loaded, ordered_inputs(loaded, shown)), wanted)
    second = remap(loaded, on, die(on, 8), ordered_inputs(loaded, images(network)))
    again, _ = host_order(second.network, second.placement)
    np.testing.assert_array_equal(software_scores(again, ordered_inputs(again, shown)), wanted)
    placement.check(moved)


def test_a_convolution_s_map_and_a_wrong_order_are_refused() -> None:
    network, on = convolution(), chip()
    found = remap(network, on, die(on), images(network))
    with pytest.raises(ValueError, match=r"^the first layer must be dense for its inputs to come in another order"):
        host_order(found.network, found.placement)
    plain = dense()
    moved, _ = host_order(plain, compile_for(plain, on).placement)
    with pytest.raises(ValueError, match=r"^input_order must hold each of 9 inputs once, not 17 numbers$"):
        ordered_inputs(moved, np.zeros((2, 9), np.uint8))
