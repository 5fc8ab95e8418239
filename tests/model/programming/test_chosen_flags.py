# SPDX-License-Identifier: BSD-3-Clause
"""Flags chosen by what a network reads, against the rule that knows no network."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics, Population, sample_population
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.golden import infer
from spintile.model.network import Layer, Network
from spintile.model.programming import chosen_flags, self_test_flags

CHIP = Chip.preset("borders").with_repair("check")
G_P = CHIP.cell.g_p
HEAVY = DefectStatistics(short=0.12, open=0.06, stuck_p=0.06, stuck_ap=0.06, spread=0.05, short_strength=2.3)
WEIGHTS = [1, 1, -1, -1]


def network(copies: int = 1, input_bits: int = 1) -> Network:
    """One output of four inputs."""
    output = Layer(
        kind="dense",
        weights=np.array([WEIGHTS], np.int8),
        input_shape=(4,),
        input_bits=input_bits,
        bias=np.zeros(1, np.int64),
        copies=copies,
        combine="median" if copies == 3 else "sum",
    )
    return Network((output,))


def perfect(dies: int = 1) -> Population:
    """Dies of nominal devices."""
    return sample_population(CHIP.geometry, CHIP.cell, DefectStatistics(), dies, 0)


def changed(population: Population, cells: dict[tuple[int, int, int], float]) -> Population:
    """The same with some cells (kernel, row, column) of die 0 at another conductance in both states [G_P]."""
    g_p, g_ap = population.g_p.copy(), population.g_ap.copy()
    for place, conductance in cells.items():
        g_p[(0, *place)] = g_ap[(0, *place)] = conductance * G_P
    return dataclasses.replace(population, g_p=g_p, g_ap=g_ap)


def chosen(population: Population, given: Network, examples: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return chosen_flags(population, compile_for(given, CHIP, flags=True), CHIP, examples)


def test_a_short_on_a_row_that_is_never_driven_is_no_reason_to_flag() -> None:
    given = network()
    short = changed(perfect(), {(0, 3, 0): 6.0})
    never = np.array([[1, 1, 1, 0], [1, 0, 1, 0]], np.uint8)
    assert self_test_flags(short, compile_for(given, CHIP, flags=True).states, CHIP)[0, 0, 0]
    assert not chosen(short, given, never)[0, 0].any()
    # Where it is driven, the plus column is flagged, which the short sits in.
    often = np.array([[1, 1, 1, 1], [1, 0, 1, 1]], np.uint8)
    assert chosen(short, given, often)[0, 0, :2].tolist() == [True, False]


@pytest.mark.parametrize(("copies", "bits"), [(1, 1), (1, 2), (3, 1)])
def test_no_other_flags_err_less_on_the_examples(copies: int, bits: int) -> None:
    given = network(copies, bits)
    compiled = compile_for(given, CHIP, flags=True)
    kernels = compiled.placement.layers[0].kernels[0, 0]
    examples = np.random.default_rng(1).integers(0, 1 << bits, (12, 4)).astype(np.uint8)
    dies = sample_population(CHIP.geometry, CHIP.cell, HEAVY, 40, 3)
    ours = chosen(dies, given, examples)

    def errors(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Mean square errors of the dies' bit planes, each asked as an image."""
        image = die_image_for(compiled, CHIP, dies, 0).replace(flags=flags)
        planes = np.concatenate([(examples >> plane & 1) for plane in range(bits)]).astype(np.uint8)
        found = infer(image, compiled, planes, repair=CHIP.repair, record=True).accumulators[0][:, :, 0, 0]
        counts = np.repeat([4.0**plane for plane in range(bits)], len(examples))
        wanted = planes.astype(int) @ WEIGHTS * CHIP.codes_per_weight
        return np.asarray(((found - wanted) ** 2 * counts).mean(axis=1))

    least = np.full(len(dies.die_ids), np.inf)
    for choice in itertools.product((False, True), repeat=2 * copies):
        flags = ours.copy()
        flags[:, kernels, :2] = np.reshape(choice, (copies, 2))
        least = np.minimum(least, errors(flags))
    # The choice neglects the reads' rounding of each column by itself, and prefers copies that are good alone.
    np.testing.assert_array_less(errors(ours), 1.05 * least + 1.0)
    plain = errors(self_test_flags(dies, compiled.states, CHIP))
    assert errors(ours).mean() < (0.8 if copies == 3 else 1) * plain.mean()
    turned = ours.copy()
    turned[:, kernels, 0], turned[:, kernels, 1] = ours[:, kernels, 1], ours[:, kernels, 0]
    assert errors(turned).mean() > plain.mean()


def test_kernels_without_weights_are_left_to_the_other_rule() -> None:
    given = network()
    dies = sample_population(CHIP.geometry, CHIP.cell, DefectStatistics(short=0.05, short_strength=6.0), 2, 1)
    states = compile_for(given, CHIP, flags=True).states
    plain, ours = self_test_flags(dies, states, CHIP), chosen(dies, given, np.eye(4, dtype=np.uint8))
    np.testing.assert_array_equal(plain[:, 1:], ours[:, 1:])
    np.testing.assert_array_equal(plain[:, 0, 2:], ours[:, 0, 2:])


def test_each_die_is_flagged_on_its_own() -> None:
    given = network(copies=3)
    dies = sample_population(CHIP.geometry, CHIP.cell, DefectStatistics(short=0.1, short_strength=2.3), 3, 1)
    examples = np.eye(4, dtype=np.uint8)
    together = chosen(dies, given, examples)
    for die in range(3):
        np.testing.assert_array_equal(together[die], chosen(dies.select([die]), given, examples)[0])


@pytest.mark.parametrize("shape", [(0, 4), (2, 5), (3,)])
def test_examples_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="examples must be images of 4 inputs, at least one, not of shape"):
        chosen(perfect(), network(), np.zeros(shape, np.uint8))


def test_a_repair_that_looks_at_no_flags_is_refused() -> None:
    chip = CHIP.with_repair("pair_check")
    with pytest.raises(ValueError, match="flags are looked at by the repair 'check' alone"):
        chosen_flags(perfect(), compile_for(network(), chip), chip, np.eye(4, dtype=np.uint8))
