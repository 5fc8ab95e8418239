# SPDX-License-Identifier: BSD-3-Clause
"""What is known of a die, in codes; flags foreseen for weights that are not placed yet."""

from __future__ import annotations

import numpy as np
import pytest
from small_remaps import SHAPE, chip, dense, die, ideal
from spintile.model.evaluation import compile_for
from spintile.model.golden import make_die_image
from spintile.model.programming import self_test_flags, self_test_reads
from spintile.model.remapping.knowledge import flags_of_block, flags_of_lanes, known_die


@pytest.mark.parametrize("state", [True, False])
@pytest.mark.parametrize("wires", [False, True])
def test_codes_are_those_of_the_die_image(state: bool, wires: bool) -> None:
    on = chip(wires=wires)
    drawn = die(on)
    known = known_die(drawn, on)
    states = np.full(drawn.shape[1:], state)
    image = make_die_image(drawn, states, on.geometry, on.cell, on.sensing, wires=on.wires)
    wanted = image.q[0, :, :, :6] / (1 << image.fraction_bits)
    found = (known.parallel if state else known.antiparallel).reshape(wanted.shape)
    # Rounding to LSB/2^F; through wires the table is a nominal kernel's, shorts load their lines, and a little of their
    # current comes by way of other rows.
    np.testing.assert_allclose(found, wanted, atol=0.02 if wires else 2**-9 * 1.01, rtol=0.1 if wires else 0)
    if wires:
        plain = known_die(drawn, on.replace(wires=chip().wires)).parallel
        assert (known.parallel <= plain).all()
        assert np.abs(plain - known.parallel).max() > 0.05


def test_devices_as_they_should_be_are_not_off() -> None:
    on = chip()
    known = known_die(ideal(on, (2, 1, 3, 6.0)), on)
    off = known.off_parallel != 0
    assert np.argwhere(off).tolist() == [[2, 1, 1, 1]]
    apart = (on.cell.g_p - on.cell.g_ap) / on.cell.g_p
    assert known.off_parallel[2, 1, 1, 1] == pytest.approx(5 / apart)


def test_what_self_test_finds_is_known_too() -> None:
    on = chip()
    drawn = ideal(on, (2, 1, 3, 6.0))
    known = known_die(self_test_reads(drawn, on), on)
    assert np.unravel_index(np.argmax(known.off_parallel), known.off_parallel.shape) == (2, 1, 1, 1)


def test_another_shape_several_dies_and_one_bit_are_refused() -> None:
    on = chip()
    drawn = die(on)
    with pytest.raises(ValueError, match=r"^die must be one, \(1, kernels, rows, cols\) = \(1, 24, 6, 7\), not \(2, "):
        known_die(drawn.select([0, 0]), on)
    one_bit = on.replace(sensing=on.sensing.replace(adc_bits=1), repair_mode="none")
    with pytest.raises(ValueError, match=r"^remapping needs converters of at least 2 bits, not 1$"):
        known_die(drawn, one_bit)


@pytest.mark.parametrize("seed", range(5))
def test_flags_of_a_block_are_self_test_s(seed: int) -> None:
    network, on = dense(), chip("check")
    compiled = compile_for(network, on)
    drawn = die(on, seed)
    wanted = self_test_flags(drawn, compiled.states, on)[0]
    known = known_die(drawn, on, flags=True)
    placed = compiled.placement.layers[0]
    seen = 0
    for (group, index, _), kernel in np.ndenumerate(placed.kernels):
        rows = np.array(placed.rows(index))
        weights = network.layers[0].weights[list(placed.groups[group])][:, list(placed.slices[index])]
        flags = flags_of_block(known, np.array([kernel]), rows, weights)[:, 0]
        count = len(weights)
        np.testing.assert_array_equal(flags[0], wanted[kernel, 0 : 2 * count : 2])
        np.testing.assert_array_equal(flags[1], wanted[kernel, 1 : 2 * count : 2])
        seen += int(flags.sum())
    assert seen > 0


def test_flags_of_lanes_are_those_of_the_block_that_holds_the_neuron() -> None:
    network, on = dense(), chip("check")
    known = known_die(die(on), on, flags=True)
    rows, weights = np.arange(SHAPE.rows), network.layers[0].weights[:, : SHAPE.rows]
    every = flags_of_lanes(known, 4, rows, 3, weights)
    for neuron in range(8):
        block = flags_of_block(known, np.array([4]), rows, np.repeat(weights[[neuron]], 3, axis=0))
        np.testing.assert_array_equal(every[:, neuron], block[:, 0])
    assert not np.array_equal(every[0], every[1])
