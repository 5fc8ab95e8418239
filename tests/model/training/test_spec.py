# SPDX-License-Identifier: BSD-3-Clause
"""A shape becomes the network that placement needs, and what is no shape is refused."""

from __future__ import annotations

from typing import Any

import pytest
from spintile.model.geometry import preset
from spintile.model.mapping import DoesNotFit
from spintile.model.network import check_network
from spintile.model.training import LayerSpec, NetworkSpec


def test_demo_fills_thirty_of_thirty_two_kernels() -> None:
    assert NetworkSpec.demo().placed((14, 14), preset("borders")).kernels_used == 30


@pytest.mark.parametrize(
    ("spec", "shape", "shapes"),
    [
        (NetworkSpec.dense((36,), 10), (14, 14), [(196,), (36,)]),
        (NetworkSpec.dense((), 3, input_bits=4), (13,), [(13,)]),
        (NetworkSpec.convolution((24,), 5, 2, (), 10), (14, 14), [(14, 14, 1), (600,)]),
        (
            NetworkSpec.convolution((3, 4), 2, 1, (5,), 1, activation_bits=2),
            (6, 5, 2),
            [(6, 5, 2), (5, 4, 3), (48,), (5,)],
        ),
    ],
)
def test_template_is_a_network_whose_layers_chain(
    spec: NetworkSpec, shape: tuple[int, ...], shapes: list[tuple[int, ...]]
) -> None:
    template = spec.template(shape)
    check_network(template)
    assert [layer.input_shape for layer in template.layers] == shapes
    assert NetworkSpec.of(template) == spec


def test_a_network_that_is_too_large_says_so() -> None:
    with pytest.raises(DoesNotFit, match="network needs 36 kernels"):
        NetworkSpec.dense((48,), 10, output_copies=2).placed((14, 14), preset("borders"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"neurons": 0}, "layer: neurons must be an integer of at least 1, not 0"),
        ({"neurons": 3, "window": -1}, "layer: window must be an integer of at least 0, not -1"),
        ({"neurons": 3, "activation_bits": 5}, "layer: activation_bits must be an integer from 1 to 4, not 5"),
        ({"neurons": 3, "copies": 2, "combine": "median"}, "layer: copies must be 3 for a median, not 2"),
        ({"neurons": 3, "combine": "mean"}, "layer: combine must be 'sum' or 'median', not 'mean'"),
        ({"neurons": 3, "copies": True}, "layer: copies must be an integer of at least 1, not True"),
        ({"neurons": 3, "pool": 2}, "layer: pool must be 1 in a dense layer, not 2"),
    ],
)
def test_a_layer_out_of_range_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        LayerSpec(**fields)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("layers", "bits", "sentence"),
    [
        ((), 1, "network: the last layer must be dense, not absent"),
        ((LayerSpec(3, window=2),), 1, "network: the last layer must be dense, not LayerSpec"),
        (
            (LayerSpec(3), LayerSpec(2, window=2), LayerSpec(1)),
            1,
            "network: convolutions must come before dense layers",
        ),
        ((LayerSpec(3),), 9, "network: input_bits must be an integer from 1 to 8, not 9"),
    ],
)
def test_a_network_without_a_lawful_order_is_refused(layers: tuple[LayerSpec, ...], bits: int, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        NetworkSpec(layers, bits)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((13,), r"layer 0: a convolution's input must be \(height, width, channels\), not \(13,\)"),
        ((5, 9), "layer 0: window 5 and pool 2 must fit into a map of 5 x 9"),
    ],
)
def test_inputs_that_a_convolution_cannot_take_are_refused(shape: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        NetworkSpec.convolution((3,), 5, 2).template(shape)


def test_a_shape_is_a_few_words_in_a_message() -> None:
    last = LayerSpec(10, copies=3, combine="median")
    spec = NetworkSpec((LayerSpec(24, 5, 2, activation_bits=2), LayerSpec(36), last), 4)
    assert spec.text() == "4-bit inputs, 24 5x5 pool 2 of 2 bits, 36, 10 x 3 by median"
