# SPDX-License-Identifier: BSD-3-Clause
"""What the model decides in evaluation, the exported network decides in the golden model, bit for bit."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from spintile.model.network import Network, software_classes, software_scores
from spintile.model.training import ArrayNetwork, LayerSpec, NetworkSpec

from .array_networks import golden, random_inputs, random_model, small_chip

DENSE = NetworkSpec.dense((11,), 5, output_copies=3)
MEDIAN = NetworkSpec((LayerSpec(6, copies=3, combine="median"), LayerSpec(5, copies=3, combine="median")), 2)
DEEP = NetworkSpec.dense((9, 6), 4, input_bits=2, activation_bits=2)
CONVOLUTION = NetworkSpec.convolution((5,), 3, 2, (6,), 4, input_bits=2, activation_bits=2, output_copies=2)
TWICE = NetworkSpec((LayerSpec(3, 2), LayerSpec(4, 2, 2, activation_bits=3), LayerSpec(1)), 1)
CASES: dict[str, tuple[NetworkSpec, tuple[int, ...], dict[str, Any]]] = {
    "dense, pair check": (DENSE, (23,), {}),
    "dense, strict pair check": (DENSE, (23,), {"strict": True}),
    "dense, range guard": (DENSE, (23,), {"repair_mode": "range_guard"}),
    "dense, no repair": (DENSE, (23,), {"repair_mode": "none"}),
    "dense, 1 bit": (DENSE, (23,), {"adc_bits": 1}),
    "dense, 6 bits": (DENSE, (23,), {"adc_bits": 6}),
    "dense, 12 bits": (DENSE, (23,), {"adc_bits": 12}),
    "dense, offsets, gains and registers": (
        DENSE,
        (23,),
        {"sensing": {"offset_sigma": 2.0, "gain_sigma": 0.02, "column_offset": (1, 0, 2, -1, 0, 0, 3, 1, 0)}},
    ),
    "dense, rails within the range": (DENSE, (23,), {"sensing": {"rail_low": 0.1, "rail_high": 0.4}}),
    "three layers of 2 bits": (DEEP, (10,), {}),
    "three layers of 2 bits, 1-bit reads": (DEEP, (10,), {"adc_bits": 1}),
    "convolution of 2 bits, pooled": (CONVOLUTION, (8, 9), {}),
    "two convolutions, one output": (TWICE, (6, 5, 2), {}),
    "dense, check": (DENSE, (23,), {"repair_mode": "check"}),
    "median of two-bit inputs": (MEDIAN, (12,), {}),
    "median, check": (MEDIAN, (12,), {"repair_mode": "check"}),
    "median, 1-bit reads": (MEDIAN, (12,), {"adc_bits": 1}),
    "kernels shared by blocks": (NetworkSpec.dense((5, 4), 3), (9,), {"kernels": 4}),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_the_golden_model_on_defective_dies(case: str) -> None:
    spec, shape, changes = CASES[case]
    chip = small_chip(**changes)
    model = random_model(spec, shape, chip, seed=1)
    inputs = random_inputs(spec, shape, 40, seed=2)
    network = model.export()
    image, record = golden(network, chip, inputs)
    assert record.accumulators is not None
    for die in range(image.dies):
        expected = _golden_scores(network, record.accumulators[-1][die])
        assert np.array_equal(model.scores(inputs, image, die), expected)
    assert not np.array_equal(record.accumulators[-1][0], record.accumulators[-1][1])


def _golden_scores(network: Network, accumulators: np.ndarray) -> np.ndarray:
    """Output accumulators (images, emits, lanes) plus bias, in the order of the neurons."""
    output = network.layers[-1]
    assert output.bias is not None
    return accumulators.reshape(len(accumulators), -1)[:, _output_lanes(output.neurons)] + output.bias


def _output_lanes(neurons: int, pairs: int = 4) -> np.ndarray:
    return np.arange(neurons) // pairs * pairs + np.arange(neurons) % pairs


@pytest.mark.parametrize("case", ["dense, pair check", "convolution of 2 bits, pooled"])
def test_one_threshold_off_by_one_is_noticed(case: str) -> None:
    spec, shape, changes = CASES[case]
    chip = small_chip(**changes)
    model = random_model(spec, shape, chip, seed=1)
    inputs = random_inputs(spec, shape, 400, seed=2)
    network = model.export()
    first = network.layers[0]
    assert first.thresholds is not None
    thresholds = first.thresholds + (np.arange(first.neurons) == 1)[:, np.newaxis]
    wrong = dataclasses.replace(
        network, layers=(dataclasses.replace(first, thresholds=thresholds), *network.layers[1:])
    )
    image, record = golden(wrong, chip, inputs)
    assert record.accumulators is not None
    scores = model.scores(inputs, image, 0)
    assert not np.array_equal(scores, _golden_scores(wrong, record.accumulators[-1][0]))


@pytest.mark.parametrize("spec_shape", [(DENSE, (23,)), (DEEP, (10,)), (CONVOLUTION, (8, 9)), (TWICE, (6, 5, 2))])
def test_software_scores_are_those_of_the_exported_integers(spec_shape: tuple[NetworkSpec, tuple[int, ...]]) -> None:
    spec, shape = spec_shape
    model = random_model(spec, shape, small_chip(), seed=4, through_array=False)
    inputs = random_inputs(spec, shape, 60, seed=5)
    assert np.array_equal(model.scores(inputs), software_scores(model.export(), inputs))
    assert {layer.unit for layer in model.export().layers} == {1.0}


def test_units_say_how_many_codes_a_weight_is_worth() -> None:
    chip = small_chip()
    units = [layer.unit for layer in random_model(DENSE, (23,), chip, seed=1).export().layers]
    assert units == [chip.codes_per_weight, 3 * chip.codes_per_weight]
    units = [layer.unit for layer in random_model(MEDIAN, (12,), chip, seed=1).export().layers]
    assert units == [chip.codes_per_weight, chip.codes_per_weight]


def test_a_die_image_is_for_networks_trained_through_an_array_only() -> None:
    chip = small_chip()
    inputs = random_inputs(DENSE, (23,), 3, seed=5)
    with pytest.raises(ValueError, match=r"^scores: a die image must be given to a network trained through an array$"):
        random_model(DENSE, (23,), chip, seed=1).scores(inputs)
    software = random_model(DENSE, (23,), chip, seed=1, through_array=False)
    image, _ = golden(software.export(), chip, inputs)
    with pytest.raises(ValueError, match=r"^scores: no die image must be given to a network trained in software$"):
        software.scores(inputs, image)


@pytest.mark.parametrize("spec", [DENSE, NetworkSpec.dense((11, 6), 1)])
def test_a_network_that_is_adopted_is_exported_again(spec: NetworkSpec) -> None:
    chip = small_chip()
    given = random_model(spec, (23,), chip, seed=6, through_array=False).export()
    inputs = random_inputs(spec, (23,), 300, seed=7)
    model = ArrayNetwork(spec, (23,), chip, through_array=False, seed=8)
    model.adopt(given, torch.from_numpy(inputs.astype(np.float32)))
    again = model.eval().export()
    assert np.array_equal(software_classes(again, inputs), software_classes(given, inputs))
    for layer, before in zip(again.layers, given.layers, strict=True):
        assert np.array_equal(layer.weights, before.weights)


def test_even_thresholds_of_more_bits_survive_adoption() -> None:
    spec = NetworkSpec.dense((4,), 3, activation_bits=2)
    chip = small_chip()
    model = random_model(spec, (9,), chip, seed=1, through_array=False)
    given = model.export()
    hidden = given.layers[0]
    thresholds = np.array([[-2, 0, 2], [-3, 0, 3], [1, 2, 3], [-1, 3, 7]])
    given = Network((dataclasses.replace(hidden, thresholds=thresholds), *given.layers[1:]))
    again = ArrayNetwork(spec, (9,), chip, through_array=False)
    again.adopt(given, torch.from_numpy(random_inputs(spec, (9,), 50, seed=2).astype(np.float32)))
    assert np.array_equal(again.export().layers[0].thresholds, thresholds)
    assert np.array_equal(again.export().layers[0].invert, hidden.invert)


def test_a_network_of_another_shape_is_not_adopted() -> None:
    chip = small_chip()
    given = random_model(DENSE, (23,), chip, seed=1).export()
    model = ArrayNetwork(DEEP, (10,), chip)
    with pytest.raises(
        ValueError, match=r"^start must be .* 2-bit inputs, 9 of 2 bits, .*, 4, not 1-bit inputs, 11, 5 x 3$"
    ):
        model.adopt(given, torch.zeros(1, 10))
