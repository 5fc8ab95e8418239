# SPDX-License-Identifier: BSD-3-Clause
"""A network mapped for one die: the same in software, better on that die, and a program that every engine can run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_remaps import SHAPE, chip, convolution, dense, die, images
from spintile.model.chip import Chip
from spintile.model.dies import Population
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.golden import infer
from spintile.model.mapping import DoesNotFit, Placement
from spintile.model.network import Network, software_scores
from spintile.model.programming import self_test_reads
from spintile.model.remapping import CHOICES, remap
from spintile.model.remapping.layout import follow, free_layers, layouts_of
from spintile.model.sensing import RepairMode


def score_error(network: Network, placement: Placement | None, on: Chip, drawn: Population, flags: bool) -> float:
    """Mean squared error of the scores that a die gives, against software [weights squared]."""
    shown = images(network, 1000, seed=9)
    compiled = compile_for(network, on, placement=placement, flags=flags)
    image = die_image_for(compiled, on, drawn, 0, flags=flags)
    lanes = infer(image, compiled, shown, repair=on.repair, record=True).accumulators[-1][0]
    groups = compiled.placement.layers[-1].groups
    found = np.concatenate([lanes[:, group, : len(members)] for group, members in enumerate(groups)], axis=1)
    bias = network.layers[-1].bias
    assert bias is not None
    return float(np.square(found / on.codes_per_weight + bias - software_scores(network, shown)).mean())


@pytest.mark.parametrize(("mode", "flags"), [("none", False), ("check", False), ("check", True)])
def test_scores_come_closer_to_software_on_this_die(mode: RepairMode, flags: bool) -> None:
    network, on = dense(), chip(mode, wires=True)
    before, after, foreign = [], [], []
    for seed in range(6):
        drawn = die(on, seed)
        found = remap(network, on, drawn, images(network), flags=flags)
        assert found.after < found.before
        before.append(score_error(network, None, on, drawn, flags))
        after.append(score_error(found.network, found.placement, on, drawn, flags))
        foreign.append(score_error(found.network, found.placement, on, die(on, seed + 20), flags))
    assert np.mean(after) < 0.6 * np.mean(before)
    # It is this die that the mapping is good for.
    assert np.mean(after) < 0.6 * np.mean(foreign)


@pytest.mark.parametrize(
    "network", [dense(bits=2, levels=2), dense(copies=3), convolution()], ids=["bits", "x3", "conv"]
)
def test_software_answers_stay_bit_for_bit(network: Network) -> None:
    on = chip("check")
    found = remap(network, on, die(on), images(network))
    shown = images(network, seed=5)
    np.testing.assert_array_equal(software_scores(found.network, shown), software_scores(network, shown))
    found.placement.check(found.network)
    assert found.after < found.before


def test_what_self_test_reads_is_knowledge_enough() -> None:
    network, on = dense(), chip("check")
    errors = []
    for seed in range(6):
        drawn = die(on, seed)
        found = remap(network, on, self_test_reads(drawn, on), images(network))
        plain = score_error(network, None, on, drawn, False)
        errors.append((plain, score_error(found.network, found.placement, on, drawn, False)))
    before, after = np.mean(errors, axis=0)
    assert after < 0.6 * before


def test_every_choice_alone_lessens_the_damage_and_all_together_most() -> None:
    network, on = dense(), chip()
    alone = [remap(network, on, die(on), images(network), choices=[choice]) for choice in CHOICES]
    every = remap(network, on, die(on), images(network))
    assert all(every.after < found.after < found.before for found in alone)


def test_the_same_die_gives_the_same_mapping() -> None:
    network, on = dense(), chip("check")
    one, other = (remap(network, on, die(on), images(network)) for _ in range(2))
    assert one.after == other.after
    for each, again in zip(one.placement.layers, other.placement.layers, strict=True):
        assert each.groups == again.groups
        assert each.slices == again.slices
        np.testing.assert_array_equal(each.kernels, again.kernels)


def test_blocks_that_share_kernels_keep_them_and_their_rows() -> None:
    network = dense()
    on = chip().replace(geometry=SHAPE.replace(kernels=6, rows=13))
    drawn = die(on)
    found = remap(network, on, drawn, images(network))
    plain = compile_for(network, on).placement
    for each, before in zip(found.placement.layers, plain.layers, strict=True):
        np.testing.assert_array_equal(each.kernels, before.kernels)
    assert found.after < found.before


def test_inputs_stay_in_order_where_segments_do_not_suffice() -> None:
    network = convolution()
    shape = SHAPE.replace(segment_depth=24)
    plain = layouts_of(compile_for(network, chip().replace(geometry=shape)).placement, network)
    assert free_layers(network, plain, shape) == [True, False]
    assert free_layers(network, plain, shape.replace(segment_depth=42)) == [True, True]
    on = chip().replace(geometry=shape)
    found = remap(network, on, die(on), images(network))
    assert found.after < found.before
    compile_for(found.network, on, placement=found.placement)
    # Were the second layer's rows in the order of its inputs, filters on other lanes would scatter them in memory.
    order = [neuron for group in found.placement.layers[0].groups for neuron in group]
    if order != sorted(order):
        scattered = dataclasses.replace(
            found.placement, layers=(found.placement.layers[0], compile_for(network, on).placement.layers[1])
        )
        with pytest.raises(DoesNotFit, match="segments"):
            compile_for(found.network, on, placement=scattered)


def test_rows_follow_the_neurons_of_the_layer_before() -> None:
    network = convolution()
    first, second = layouts_of(compile_for(network, chip()).placement, network)
    moved = first.replace(neurons=np.array([[2, 0, 1]]))
    inputs = follow(second, moved)
    np.testing.assert_array_equal(inputs[0], [2, 0, 1, 5, 3, 4])
    assert sorted(inputs[inputs >= 0]) == list(range(36))


def test_unknown_choices_and_no_rounds_are_refused() -> None:
    network, on = dense(), chip()
    with pytest.raises(ValueError, match=r"^choices must be of kernels, rows, lanes, not 'columns'$"):
        remap(network, on, die(on), images(network), choices=["columns"])
    with pytest.raises(ValueError, match=r"^rounds must be at least 1, not 0$"):
        remap(network, on, die(on), images(network), rounds=0)
