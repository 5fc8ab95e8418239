# SPDX-License-Identifier: BSD-3-Clause
"""Training learns, is repeatable, and each regime sees the devices that it should."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from spintile.model.chip import Chip
from spintile.model.data import Dataset, load
from spintile.model.dies import DefectStatistics, Population, sample_population
from spintile.model.golden import infer, make_die_image
from spintile.model.mapping import compile_network, place
from spintile.model.network import Network
from spintile.model.training import NetworkSpec, Settings, fit, train

from .array_networks import golden, small_chip

BORDERS = Chip.preset("borders")
DIGITS = load("digits")
SPEC = NetworkSpec.dense((24,), 10, input_bits=2)
SHORT = {"epochs": 8, "batch": 100}


def same(first: Network, second: Network) -> bool:
    """Whether two networks are equal array by array."""
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for one, other in zip(first.layers, second.layers, strict=True)
        for field in dataclasses.fields(one)
    )


def accuracy(network: Network, chip: Chip, population: Population, dataset: Dataset) -> np.ndarray:
    """Share of test images that each die tells right."""
    compiled = compile_network(
        network, place(network, chip.geometry), codes_per_weight=chip.codes_per_weight, adc_bits=chip.adc_bits
    )
    image = make_die_image(population, compiled.states, chip.geometry, chip.cell, chip.sensing)
    inputs = dataset.inputs(network.input_bits)[1]
    return np.mean(infer(image, compiled, inputs, repair=chip.repair).classes == dataset.test_labels, axis=1)


@pytest.fixture(scope="module")
def software() -> Network:
    return train(DIGITS, SPEC, "software", BORDERS, epochs=20, batch=100)


def test_software_training_learns_digits(software: Network) -> None:
    assert float(software.metadata["software_accuracy"]) > 80
    assert software.metadata["regime"] == "software"
    assert software.metadata["dataset"] == "digits"


@pytest.mark.parametrize("repair_mode", ["none", "pair_check"])
def test_knowing_the_die_helps_on_that_die(software: Network, repair_mode: str) -> None:
    statistics = DefectStatistics(spread=0.05, short=0.02, open=0.02, stuck_p=0.02, stuck_ap=0.02)
    chip = BORDERS.replace(repair_mode=repair_mode, statistics=statistics)
    population = sample_population(chip.geometry, chip.cell, statistics, 3, seed=2)
    aware = train(
        DIGITS, SPEC, "die_aware", chip, population=population, die=1, start=software, learning_rate=0.01, **SHORT
    )
    assert aware.metadata["die"] == "1"
    assert aware.metadata["repair"] == repair_mode
    assert accuracy(aware, chip, population, DIGITS)[1] > accuracy(software, chip, population, DIGITS)[1] + 0.02


def test_knowing_the_statistics_helps_on_dies_never_seen(software: Network) -> None:
    statistics = DefectStatistics(spread=0.3)
    chip = BORDERS.replace(repair_mode="none", statistics=statistics)
    population = sample_population(chip.geometry, chip.cell, statistics, 20, seed=2)
    aware = train(DIGITS, SPEC, "statistics_aware", chip, start=software, **SHORT)
    assert accuracy(aware, chip, population, DIGITS).mean() > accuracy(software, chip, population, DIGITS).mean() + 0.01


def test_a_convolution_learns_through_the_array() -> None:
    spec = NetworkSpec.convolution((6,), 3, 2, (), 10, activation_bits=2, input_bits=2)
    network = train(DIGITS, spec, "statistics_aware", BORDERS, epochs=6, learning_rate=0.03, batch=50)
    population = sample_population(BORDERS.geometry, BORDERS.cell, BORDERS.statistics, 2, seed=2)
    assert accuracy(network, BORDERS, population, DIGITS).min() > 0.6


def test_one_output_learns_half_moons_of_many_bits() -> None:
    moons = load("moons", levels=16)
    network = train(moons, NetworkSpec.dense((12,), 1, input_bits=4), "software", BORDERS, epochs=40, batch=50)
    assert float(network.metadata["software_accuracy"]) > 82  # a straight line gives 88 at best, chance 50


def test_the_same_seed_gives_the_same_network_whatever_the_threads() -> None:
    chip = BORDERS.replace(sensing=BORDERS.sensing.replace(noise_sigma=0.5))

    def short(seed: int) -> Network:
        return train(DIGITS.take(600), SPEC, "statistics_aware", chip, epochs=1, batch=100, seed=seed)

    before = torch.get_num_threads()
    first = short(1)
    torch.manual_seed(99)
    torch.set_num_threads(2)
    try:
        again = short(1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert same(first, again)
    assert not same(first, short(2))


def test_the_trained_model_decides_as_the_golden_model_on_defective_dies() -> None:
    statistics = DefectStatistics(spread=0.05, short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01)
    chip = BORDERS.replace(statistics=statistics)
    mnist = load("mnist").take(train=2000, test=3000)
    spec = NetworkSpec.demo()
    model = fit(mnist, spec, "statistics_aware", chip, Settings(epochs=3, learning_rate=0.03, batch=50))
    inputs = mnist.inputs(1)[1]
    image, record = golden(model.export(), chip, inputs, dies=2)
    for die in range(2):
        classes = model.scores(inputs, image, die).argmax(1)
        assert np.array_equal(classes, record.classes[die])
        assert np.mean(classes == mnist.test_labels) > 0.6
    assert not np.array_equal(record.classes[0], record.classes[1])


def test_progress_counts_every_step() -> None:
    calls: list[tuple[int, int]] = []
    train(
        DIGITS.take(250),
        SPEC,
        "software",
        BORDERS,
        epochs=2,
        batch=100,
        progress=lambda done, all_: calls.append((done, all_)),
    )
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


POPULATION = sample_population(small_chip().geometry, small_chip().cell, DefectStatistics(), 2, seed=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"regime": "unaware"}, "regime must be one of software, die_aware, statistics_aware, not 'unaware'"),
        ({"regime": "die_aware"}, "population must be given for regime 'die_aware'"),
        ({"regime": "software", "population": POPULATION}, "population must not be given for regime 'software'"),
        ({"regime": "die_aware", "population": POPULATION, "die": 2}, "die must be from 0 to 1, not 2"),
        ({"spec": NetworkSpec.dense((4,), 9)}, "network: outputs must tell 10 classes of digits apart, not 9"),
        ({"epochs": 0}, "training: epochs must be a positive integer, not 0"),
        ({"batch": 2.5}, "training: batch must be a positive integer, not 2.5"),
        ({"learning_rate": float("nan")}, "training: learning_rate must be a positive number, not nan"),
        (
            {"regime": "statistics_aware", "dies_per_batch": 600},
            "training: dies_per_batch must be at most 500, not 600",
        ),
        ({"dataset": DIGITS.take(train=0)}, "digits: train_images must not be empty"),
        (
            {"regime": "die_aware", "population": POPULATION},
            "population must have (kernels, rows, cols) = (32, 25, 25), not (96, 7, 9)",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    values = {"dataset": DIGITS, "spec": SPEC, "regime": "software", "chip": BORDERS, **arguments}
    with pytest.raises(ValueError) as caught:
        train(**values)
    assert str(caught.value) == sentence
