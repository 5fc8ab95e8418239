# SPDX-License-Identifier: BSD-3-Clause
"""Recipes of the dense network, and its shape with one output layer or three."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from spintile.model.chip import Chip
from spintile.model.evaluation import evaluate_on_dies
from spintile.model.network import software_classes
from spintile.model.training import ArrayNetwork
from spintile.model.training.digits import Conditions, Recipe, dense_spec, with_outputs


@pytest.mark.parametrize(("repaired", "summed", "kernels"), [(False, False, 26), (True, False, 30), (False, True, 30)])
def test_the_network_takes_the_kernels_that_are_said(repaired: bool, summed: bool, kernels: int) -> None:
    placement = dense_spec(repaired, summed).placed((14, 14), Chip.preset("borders").geometry)
    used = {int(kernel) for layer in placement.layers for kernel in np.ravel(layer.kernels)}
    assert len(used) == kernels


@pytest.mark.parametrize(("repaired", "combine"), [(True, "median"), (False, "sum")])
def test_more_outputs_change_no_decision_and_can_be_taken_back(repaired: bool, combine: str) -> None:
    single = ArrayNetwork(dense_spec(False), (14, 14), Chip.preset("borders"), through_array=False).export()
    tripled = with_outputs(single, repaired, summed=True)
    images = np.random.default_rng(0).integers(0, 2, (50, 14, 14)).astype(np.uint8)
    assert (tripled.layers[-1].copies, tripled.layers[-1].combine) == (3, combine)
    np.testing.assert_array_equal(software_classes(single, images), software_classes(tripled, images))
    back = with_outputs(tripled, False).layers[-1]
    assert (back.copies, back.combine, back.unit) == (1, "sum", single.layers[-1].unit)


def test_summed_outputs_keep_their_decisions_on_a_die() -> None:
    conditions = Conditions(rate=0.0, strength=6.0, wires=False, repair="none")
    chip, die = conditions.chip(), conditions.dies(1)
    network = ArrayNetwork(dense_spec(False), (14, 14), chip, seed=1).export()
    summed = with_outputs(network, False, summed=True)
    images = np.random.default_rng(0).integers(0, 2, (200, 14, 14)).astype(np.uint8)
    answers = software_classes(network, images)
    wrong = dataclasses.replace(summed.layers[-1], bias=np.roll(np.arange(10), 1) * 1000)
    broken = dataclasses.replace(summed, layers=(summed.layers[0], wrong))
    right, off = (evaluate_on_dies(each, chip, die, images, answers).accuracies[0] for each in (summed, broken))
    assert right > 80  # spread and rounding of codes move the closest decisions of an untrained network
    assert off < 50


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"epochs": 0}, "recipe: epochs must be a positive integer, not 0"),
        ({"dies": True}, "recipe: dies must be a positive integer, not True"),
        ({"dies": 7}, "recipe: batch must be a multiple of 7 dies, not 500"),
        ({"learning_rate": 1.0}, "recipe: learning_rate must be between 0 and 1, not 1.0"),
        ({"least_rate": 1.5}, "recipe: least_rate must be from 0 to 1, not 1.5"),
        ({"tail": -1.0}, "recipe: tail must be from 0 to 100, not -1.0"),
    ],
)
def test_fields_out_of_range_are_refused(field: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Recipe(**field)


def test_training_from_a_trained_network_is_shorter_and_slower() -> None:
    fresh, again = (Recipe.default("statistics_aware", False, started) for started in (False, True))
    assert again.epochs < fresh.epochs
    assert again.learning_rate < fresh.learning_rate


def test_only_repaired_reads_are_trained_for_all_rates_at_once() -> None:
    assert Recipe.default("statistics_aware", True, True).least_rate == 0
    assert Recipe.default("statistics_aware", False, False).least_rate == 1
