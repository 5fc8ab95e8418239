# SPDX-License-Identifier: BSD-3-Clause
"""Thresholds keep their meaning in accumulator units; devices hold their weights; what overflows is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_networks import hidden, output
from spintile.model.geometry import preset
from spintile.model.mapping import Compiled, DoesNotFit, compile_network, device_states, place
from spintile.model.network import Network

RNG = np.random.default_rng(10)
NETWORK = Network((hidden(RNG, (5, 30), (30,)), output(RNG, 3, 5, copies=2)))
BORDERS = preset("borders")


def compiled(network: Network = NETWORK, codes: float = 3.3, bits: int = 8, **fields: int) -> Compiled:
    geometry = BORDERS.replace(**fields)
    return compile_network(network, place(network, geometry), codes_per_weight=codes, adc_bits=bits)


@given(threshold=st.integers(-40, 40), total=st.integers(-40, 40), codes=st.floats(1.5, 50))
def test_sum_meets_its_threshold_in_codes_as_in_software(threshold: int, total: int, codes: float) -> None:
    layer = dataclasses.replace(NETWORK.layers[0], thresholds=np.full((5, 1), threshold))
    constants = compiled(Network((layer, NETWORK.layers[1])), codes).layers[0]
    assert constants.thresholds is not None
    assert (round(total * codes) >= constants.thresholds[0, 0]) == (total >= threshold)


def test_a_median_has_the_units_and_the_bound_of_one_copy() -> None:
    three = Network((NETWORK.layers[0], dataclasses.replace(NETWORK.layers[1], copies=3)))
    median = Network((NETWORK.layers[0], dataclasses.replace(three.layers[1], combine="median")))
    single = Network((NETWORK.layers[0], dataclasses.replace(three.layers[1], copies=1)))
    found, summed, wanted = (compiled(network, codes=4.25).layers[1] for network in (median, three, single))
    assert found.bias is not None
    assert wanted.bias is not None
    assert summed.bias is not None
    assert found.bias.tolist() == wanted.bias.tolist() != summed.bias.tolist()
    assert 3 * found.accumulator_bound == summed.accumulator_bound == 3 * wanted.accumulator_bound


def test_flagged_is_one_for_each_layer() -> None:
    plan = compile_network(NETWORK, place(NETWORK, BORDERS), codes_per_weight=4.0, adc_bits=8, flagged=True)
    assert [layer.flagged for layer in plan.schedule.layers] == [True, True]
    with pytest.raises(ValueError, match=r"^flagged must be one for each of 2 layers, not 3$"):
        compile_network(NETWORK, place(NETWORK, BORDERS), codes_per_weight=4.0, adc_bits=8, flagged=[True] * 3)


def test_copies_scale_the_bias() -> None:
    constants = compiled(codes=3.3).layers[1]
    assert constants.bias is not None
    assert NETWORK.layers[1].bias is not None
    assert constants.bias.tolist() == np.rint(NETWORK.layers[1].bias * 6.6).tolist()


def test_layer_trained_through_the_array_is_used_as_it_is() -> None:
    hidden_layer = dataclasses.replace(NETWORK.layers[0], unit=3.3)
    output_layer = dataclasses.replace(NETWORK.layers[1], unit=6.6 * (1 + 1e-12))
    constants = compiled(Network((hidden_layer, output_layer)), 3.3).layers
    assert np.array_equal(constants[0].thresholds, hidden_layer.thresholds)
    assert np.array_equal(constants[1].bias, output_layer.bias)


def test_layer_trained_for_another_chip_is_converted() -> None:
    layer = dataclasses.replace(NETWORK.layers[0], unit=2.0, thresholds=np.full((5, 1), 10))
    constants = compiled(Network((layer, NETWORK.layers[1])), 3.0).layers[0]
    assert constants.thresholds is not None
    assert constants.thresholds.tolist() == [[15]] * 5  # ceil(9.5 * 1.5)


def test_thresholds_beyond_every_accumulator_become_always_and_never() -> None:
    extreme = np.array([[-(1 << 62)], [1 << 62], [-(1 << 40)], [1 << 40], [0]])
    layer = dataclasses.replace(NETWORK.layers[0], thresholds=extreme)
    for unit in (1.0, 3.3):
        constants = compiled(Network((dataclasses.replace(layer, unit=unit), NETWORK.layers[1])), 3.3).layers[0]
        assert constants.thresholds is not None
        never, always = (1 << 24) - 1, -(1 << 24)
        assert constants.thresholds[:4, 0].tolist() == [always, never, always, never]


def test_states_hold_weights_and_unused_devices_are_antiparallel() -> None:
    placement = place(NETWORK, BORDERS)
    states = device_states(NETWORK, placement)
    assert states.shape == (32, 25, 25)
    expected = np.zeros_like(states)
    for layer, placed in zip(NETWORK.layers, placement.layers, strict=True):
        for (group, index, _), kernel in np.ndenumerate(placed.kernels):
            for lane, neuron in enumerate(placed.groups[group]):
                for row, source in enumerate(placed.slices[index]):
                    expected[kernel, row, 2 * lane] = layer.weights[neuron, source] == 1
                    expected[kernel, row, 2 * lane + 1] = layer.weights[neuron, source] == -1
    assert np.array_equal(states, expected)
    assert {-1, 0, 1} == set(NETWORK.layers[0].weights.ravel().tolist())


def test_cycles_bound_counts_reads_and_shared_converters() -> None:
    shared = compiled(columns_per_adc=5)
    assert shared.reads_per_image == 2 + 2
    assert shared.cycles_bound() == 4 * 5 * 9
    assert shared.cycles_bound(1) == 4 * 5 * 2


def test_accumulator_that_could_overflow_is_refused() -> None:
    with pytest.raises(DoesNotFit) as caught:
        compiled(acc_bits=9)
    # two slices of one bit plane, 8-bit codes with offsets up to 32: 2 * (255 + 64)
    assert str(caught.value) == "layer 0: accumulators must hold at most 255 (9 bits), not 638 (11 bits)"
    assert compiled(acc_bits=11).layers[0].accumulator_bound == 638


def test_bias_that_could_overflow_is_refused() -> None:
    layer = dataclasses.replace(NETWORK.layers[1], bias=np.array([0, 1 << 30, 0]))
    with pytest.raises(
        DoesNotFit, match=r"output bias must be from -16777216 to 16777215 \(acc_bits 24\), not 7086696038"
    ):
        compiled(Network((NETWORK.layers[0], layer)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bits": 9}, r"adc_bits must be from 1 to 8 \(geometry 'borders'\), not 9"),
        ({"bits": 0}, "adc_bits must be from 1 to 8"),
        ({"codes": 0.0}, "codes_per_weight must be positive and finite, not 0.0"),
        ({"codes": float("nan")}, "codes_per_weight must be positive and finite, not nan"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compiled(**arguments)  # type: ignore[arg-type]


def test_placement_of_another_network_is_refused() -> None:
    other = Network((output(RNG, 3, 5),))
    with pytest.raises(ValueError, match="placement must have 2 layers like the network, not 1"):
        compile_network(NETWORK, place(other, BORDERS), codes_per_weight=1.0, adc_bits=4)
