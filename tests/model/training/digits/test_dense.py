# SPDX-License-Identifier: BSD-3-Clause
"""Dense training in its regimes: what each depends on, and that each does what it is for."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from spintile.model.data import Dataset, load
from spintile.model.evaluation import evaluate_on_dies
from spintile.model.network import Network
from spintile.model.training.digits import Conditions, Recipe, train_dense, with_outputs

HEAVY = Conditions(rate=1.0, strength=6.0, wires=False, repair="none")


@pytest.fixture(scope="module")
def few() -> Dataset:
    return load("mnist").take(train=1000, test=200)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load("mnist").take(train=12_000, test=1000)


@pytest.fixture(scope="module")
def unaware(data: Dataset) -> Network:
    return train_dense(0, "software", HEAVY.chip(), data=data, epochs=8)


def accuracies(network: Network, conditions: Conditions, data: Dataset, dies: list[int]) -> NDArray[np.float64]:
    run = with_outputs(network, conditions.repair != "none")
    chip, inputs = conditions.chip(), data.inputs(1)[1]
    found = evaluate_on_dies(run, chip, conditions.dies(dies), inputs, data.test_labels, flags=conditions.flags)
    return found.accuracies


def same(first: Network, second: Network) -> bool:
    return all(
        np.array_equal(a.weights, b.weights) and np.array_equal(a.thresholds, b.thresholds)
        for a, b in zip(first.layers[:-1], second.layers[:-1], strict=True)
    )


@pytest.mark.parametrize("regime", ["software", "statistics_aware"])
def test_the_same_seed_gives_the_same_network_and_another_seed_another(few: Dataset, regime: Any) -> None:
    networks = [train_dense(seed, regime, HEAVY.chip(), data=few, epochs=1) for seed in (3, 3, 4)]
    assert same(networks[0], networks[1])
    assert not same(networks[0], networks[2])


def test_software_training_knows_nothing_of_the_chip_and_statistics_aware_does(few: Dataset) -> None:
    chips = [HEAVY.chip(), HEAVY.replace(rate=0.1).chip()]
    assert same(*(train_dense(0, "software", chip, data=few, epochs=1) for chip in chips))
    assert not same(*(train_dense(0, "statistics_aware", chip, data=few, epochs=1) for chip in chips))


def test_wires_are_trained_through_unless_the_recipe_leaves_them_out(few: Dataset) -> None:
    wired = HEAVY.replace(wires=True).chip()
    recipe = Recipe(epochs=1)
    through = train_dense(0, "statistics_aware", wired, data=few, recipe=recipe)
    without = train_dense(0, "statistics_aware", wired, data=few, recipe=dataclasses.replace(recipe, wires=False))
    assert not same(through, without)


def test_thresholds_alone_keep_the_weights_that_training_starts_from(data: Dataset, unaware: Network) -> None:
    recipe = Recipe(epochs=1, learning_rate=0.02)
    kept, moved = (
        train_dense(
            0,
            "statistics_aware",
            HEAVY.chip(),
            data=data,
            start=unaware,
            recipe=dataclasses.replace(recipe, weights=weights),
        )
        for weights in (False, True)
    )
    for start, layer in zip(unaware.layers, kept.layers, strict=True):
        np.testing.assert_array_equal(start.weights, layer.weights)
    assert not np.array_equal(unaware.layers[0].weights, moved.layers[0].weights)


def test_statistics_aware_training_is_better_on_unknown_dies_without_repair(data: Dataset, unaware: Network) -> None:
    dies = list(range(24))
    aware = train_dense(0, "statistics_aware", HEAVY.chip(), data=data, epochs=8)
    gain = accuracies(aware, HEAVY, data, dies) - accuracies(unaware, HEAVY, data, dies)
    assert gain.mean() > 2 * gain.std() / len(dies) ** 0.5
    # On dies without defects it has nothing to win.
    clean = HEAVY.replace(rate=0.0)
    assert accuracies(aware, clean, data, [0]).mean() < accuracies(unaware, clean, data, [0]).mean()


def test_die_aware_training_is_better_on_its_die_and_worse_on_others(data: Dataset, unaware: Network) -> None:
    own = train_dense(0, "die_aware", HEAVY.chip(), data=data, population=HEAVY.dies([7]), start=unaware, epochs=4)
    on_own = accuracies(own, HEAVY, data, [7])[0]
    assert own.metadata["die"] == "7"
    assert on_own > accuracies(unaware, HEAVY, data, [7])[0] + 20
    assert on_own > accuracies(own, HEAVY, data, [1, 2, 3]).mean() + 20


def test_repaired_reads_get_three_outputs_and_keep_most_of_the_accuracy(data: Dataset, unaware: Network) -> None:
    flags = HEAVY.replace(repair="flags", wires=True)
    aware = train_dense(
        0, "statistics_aware", flags.chip(), data=data, flags=True, start=unaware, recipe=Recipe(2, 0.01)
    )
    assert aware.layers[-1].copies == 3
    repaired = accuracies(aware, flags, data, [0, 1, 2])
    assert repaired.mean() > float(aware.metadata["software_accuracy"]) - 8
    assert accuracies(aware, HEAVY.replace(wires=True), data, [0, 1, 2]).mean() < repaired.mean() - 20


def test_a_die_is_needed_for_die_aware_training_and_for_no_other(few: Dataset) -> None:
    with pytest.raises(ValueError, match=r"^population must be given for regime 'die_aware'$"):
        train_dense(0, "die_aware", HEAVY.chip(), data=few)
    with pytest.raises(ValueError, match=r"^population must not be given for regime 'software'$"):
        train_dense(0, "software", HEAVY.chip(), data=few, population=HEAVY.dies([0]))


def test_an_unknown_regime_is_refused(few: Dataset) -> None:
    wrong: Any = "lucky"
    with pytest.raises(ValueError, match=r"^regime must be one of software, die_aware, statistics_aware, not 'lucky'$"):
        train_dense(0, wrong, HEAVY.chip(), data=few)
