# SPDX-License-Identifier: BSD-3-Clause
"""Tasks: the same setting gives the same network, and answers are the golden model's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spintile.model.evaluation import evaluate_on_dies
from spintile.model.network import software_classes
from spintile.model.training.digits import Conditions, example_images, fresh_images, unpack_network
from spintile.model.training.digits.experiment import ask_on_dies, digits, train_network

SMALL: dict[str, Any] = {"data": "mnist", "epochs": 10, "images": 2000, "asked": 200}
FLAGGED = Conditions(0.5, repair="flags")


@pytest.fixture(scope="module")
def unaware() -> dict[str, Any]:
    return train_network(1, "software", Conditions(0.0, wires=False).as_dict(), **SMALL)


@pytest.fixture(scope="module")
def flagged(unaware: dict[str, Any]) -> dict[str, Any]:
    return train_network(1, "statistics_aware", FLAGGED.as_dict(), start=unaware["network"], **SMALL)


def test_the_same_setting_gives_the_same_network_and_another_seed_another(unaware: dict[str, Any]) -> None:
    conditions = Conditions(0.0, wires=False).as_dict()
    assert train_network(1, "software", conditions, **SMALL) == unaware
    assert train_network(2, "software", conditions, **SMALL)["network"] != unaware["network"]


def test_a_repaired_network_has_three_outputs_and_shuffled_inputs(flagged: dict[str, Any]) -> None:
    network = unpack_network(flagged["network"])
    assert (network.layers[-1].copies, network.layers[-1].combine) == (3, "median")
    assert flagged["network"]["input_order"] is not None


def test_software_accuracy_is_that_of_the_network_and_above_chance(flagged: dict[str, Any]) -> None:
    network = unpack_network(flagged["network"])
    inputs, labels = fresh_images(network, "mnist", 200)
    assert flagged["software"] == pytest.approx(100 * np.mean(software_classes(network, inputs) == labels))
    assert flagged["software"] > 40
    # In the images' own order it answers little more than chance.
    unordered = digits("mnist").take(test=200).inputs(1)[1]
    assert 100 * np.mean(software_classes(network, unordered) == labels) < 30


def test_a_die_aware_network_is_of_its_die(unaware: dict[str, Any]) -> None:
    given = Conditions(1.0).as_dict()
    first, second = (
        train_network(1, "die_aware", given, start=unaware["network"], die=die, **SMALL)["network"] for die in (0, 1)
    )
    assert first != second


def test_fitted_statistics_give_another_network_than_the_true_ones() -> None:
    given = Conditions(1.0).as_dict()
    true, fitted = (
        train_network(1, "statistics_aware", given, fitted=fitted, **SMALL)["network"] for fitted in (None, 1)
    )
    assert true != fitted


def test_answers_are_those_of_the_golden_model(flagged: dict[str, Any]) -> None:
    network = unpack_network(flagged["network"])
    found = ask_on_dies(flagged["network"], FLAGGED.as_dict(), [2, 0], "mnist", 50, software=True)
    inputs, labels = fresh_images(network, "mnist", 50)
    chip, dies, examples = FLAGGED.chip(), FLAGGED.dies([2, 0]), example_images(network, "mnist")
    expected = evaluate_on_dies(network, chip, dies, inputs, labels, flags=True, examples=examples)
    np.testing.assert_array_equal(found["accuracies"], expected.accuracies)
    assert found["software"] == pytest.approx(100 * np.mean(software_classes(network, inputs) == labels))
    # The first training images, in the order that the network asks for.
    first = digits("mnist").take(train=len(examples)).inputs(1)[0].reshape(len(examples), -1)
    assert sorted(examples[0]) == sorted(first[0])
    assert not np.array_equal(examples[0], first[0])
    without = evaluate_on_dies(network, chip, dies, inputs, labels)
    assert not np.array_equal(found["accuracies"], without.accuracies)
