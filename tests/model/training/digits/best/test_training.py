# SPDX-License-Identifier: BSD-3-Clause
"""The best network trains on bundled images, and stands the dies better for having met them."""

from __future__ import annotations

import dataclasses

import pytest
from spintile.model.data import Dataset, load
from spintile.model.evaluation import evaluate_on_dies
from spintile.model.network import Network
from spintile.model.training.digits.best import BestPlan, train_best_task, train_on
from spintile.model.training.digits.packing import pack_network, unpack_network

#: Without a teacher or warped copies, and short.
PLAN = BestPlan(teacher_epochs=0, copies=1, epochs=6, aware_epochs=2, train_images=6_000)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("mnist").take(test=1_500)


@pytest.fixture(scope="module")
def trained(digits: Dataset) -> Network:
    return train_on(0, digits, digits, PLAN)


def test_it_learns(trained: Network) -> None:
    assert float(trained.metadata["software_accuracy"]) > 80


def test_having_met_dies_it_stands_them_better(digits: Dataset, trained: Network) -> None:
    """Of networks of equally many epochs, where the dies are bad enough to tell in a short test."""
    unaware = train_on(0, digits, digits, dataclasses.replace(PLAN, epochs=8, aware_epochs=0))
    asked = PLAN.conditions.replace(rate=0.6)
    images = digits.inputs(4)[1][:400]
    found = [
        evaluate_on_dies(network, asked.chip(), asked.dies(4), images, digits.test_labels[:400], flags=True).accuracies
        for network in (trained, unaware)
    ]
    software = [float(network.metadata["software_accuracy"]) for network in (trained, unaware)]
    losses = [own - accuracies.mean() for own, accuracies in zip(software, found, strict=True)]
    assert losses[0] < losses[1]


def test_the_same_seed_gives_the_same_network(digits: Dataset) -> None:
    plan = dataclasses.replace(PLAN, epochs=1, aware_epochs=1, train_images=400)
    few = digits.take(test=100)
    packed = [pack_network(train_on(seed, few, few, plan)) for seed in (0, 0, 1)]
    assert packed[0] == packed[1]
    assert packed[0] != packed[2]


def test_a_task_gives_the_network_and_what_it_knows() -> None:
    plan = dataclasses.replace(PLAN, epochs=1, aware_epochs=0, train_images=400)
    result = train_best_task(0, "mnist", plan.as_dict())
    assert unpack_network(result["network"]).input_shape == (14, 14, 1)
    assert set(result) == {"network", "software", "start"}
    assert result["software"] == result["start"]
