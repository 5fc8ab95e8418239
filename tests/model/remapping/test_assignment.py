# SPDX-License-Identifier: BSD-3-Clause
"""Neurons on lanes and blocks on kernels, against all that could have been chosen."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from small_remaps import chip, dense, die, ideal, images
from spintile.model.chip import Chip
from spintile.model.mapping import place
from spintile.model.remapping.activity import activities
from spintile.model.remapping.assignment import assign_kernels, assign_lanes
from spintile.model.remapping.damage import prices, squared_error
from spintile.model.remapping.knowledge import KnownDie, known_die
from spintile.model.remapping.layout import LayerLayout, layouts_of
from spintile.model.remapping.reads import sums_on_die
from spintile.model.sensing import RepairMode

NETWORK = dense()
ACTIVE = activities(NETWORK, images(NETWORK))
PRICES = prices(NETWORK, ACTIVE)


def plain(on: Chip) -> list[LayerLayout]:
    return layouts_of(place(NETWORK, on.geometry), NETWORK)


def cost(known: KnownDie, layout: LayerLayout, index: int = 0) -> float:
    sums = sums_on_die(known, NETWORK.layers[index], layout, ACTIVE[index])
    return float(PRICES[index].of(squared_error(sums, ACTIVE[index])).sum())


@pytest.mark.parametrize("mode", ["none", "check"])
@pytest.mark.parametrize("flags", [False, True])
def test_no_exchange_of_two_neurons_and_no_sign_costs_less(mode: RepairMode, flags: bool) -> None:
    on = chip(mode)
    known = known_die(die(on), on, flags=flags and mode == "check")
    layout = assign_lanes(known, NETWORK.layers[0], plain(on)[0], ACTIVE[0], PRICES[0])
    least = cost(known, layout)
    assert least < cost(known, plain(on)[0])
    places = [tuple(place) for place in np.argwhere(layout.neurons >= 0)]
    for one, other in itertools.combinations(places, 2):
        neurons = layout.neurons.copy()
        neurons[one], neurons[other] = layout.neurons[other], layout.neurons[one]
        assert cost(known, layout.replace(neurons=neurons)) >= least * (1 - 1e-6)
    for neuron in range(8):
        sign = layout.sign.copy()
        sign[neuron] *= -1
        assert cost(known, layout.replace(sign=sign)) >= least * (1 - 1e-6)


def test_output_neurons_stay_in_order() -> None:
    on = chip()
    layout = plain(on)[1]
    assert assign_lanes(known_die(die(on), on), NETWORK.layers[1], layout, ACTIVE[1], PRICES[1]) is layout


def test_kernels_with_faults_stay_unused_while_others_are_free() -> None:
    on = chip(spread=0.0)
    bad = {0, 5, 9}
    known = known_die(ideal(on, *((kernel, 0, 1, 6.0) for kernel in bad)), on)
    slopes = [np.ones(8), np.ones(4)]
    layouts = assign_kernels(known, NETWORK, plain(on), ACTIVE, slopes)
    used = np.concatenate([layout.kernels.ravel() for layout in layouts])
    # The output's last rows are of neurons that are hardly ever on: a fault there may cost nothing.
    assert not bad & set(layouts[0].kernels.ravel().tolist())
    assert len(set(used.tolist())) == len(used) == 13
    assert len(bad & set(plain(on)[0].kernels.ravel().tolist())) == 2


def test_the_faults_nobody_can_avoid_go_to_the_block_that_matters_least() -> None:
    on = chip(spread=0.0)
    good = {3, *range(11, 23)}  # one kernel fewer than blocks, and the first lane of the others shorted
    bad = [kernel for kernel in range(24) if kernel not in good]
    known = known_die(ideal(on, *((kernel, 0, 0, 6.0) for kernel in bad[:-1])), on)
    slopes = [np.ones(8), np.zeros(4)]
    layouts = assign_kernels(known, NETWORK, plain(on), ACTIVE, slopes)
    assert not set(bad[:-1]) & set(layouts[0].kernels.ravel().tolist())
