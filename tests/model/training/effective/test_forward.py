# SPDX-License-Identifier: BSD-3-Clause
"""Running a network through effective weights gives what running it through the same sums gives."""

from __future__ import annotations

import pytest
import torch
from spintile.model.training import ArrayNetwork, LayerSpec, NetworkSpec
from spintile.model.training.effective import effective_forward, keep_rising, plain_weights, recalibrate

from ..array_networks import random_inputs, random_model, small_chip

DENSE = (NetworkSpec.dense((9,), 4), (23,))
CONVOLUTIONS = (
    NetworkSpec(
        (LayerSpec(5, 3, 2, activation_bits=2), LayerSpec(3, 2, 1, activation_bits=2), LayerSpec(4)), input_bits=2
    ),
    (10, 9),
)


def made(case: tuple[NetworkSpec, tuple[int, ...]], count: int = 12) -> tuple[ArrayNetwork, torch.Tensor]:
    spec, shape = case
    model = random_model(spec, shape, small_chip(), 3, through_array=False)
    return model, torch.from_numpy(random_inputs(spec, shape, count, 1)).float().view(count, -1)


@pytest.mark.parametrize("case", [DENSE, CONVOLUTIONS])
def test_plain_weights_give_what_plain_sums_give(case: tuple[NetworkSpec, tuple[int, ...]]) -> None:
    model, inputs = made(case)
    keep_rising(model)
    assert torch.allclose(effective_forward(model, inputs, plain_weights(model)), model(inputs), atol=1e-4)


def test_one_weight_of_the_other_sign_gives_something_else() -> None:
    model, inputs = made(CONVOLUTIONS)
    keep_rising(model)
    weights = plain_weights(model)
    weights[1] = -weights[1]
    assert not torch.allclose(effective_forward(model, inputs, weights), model(inputs), atol=1e-2)


@pytest.mark.parametrize("case", [DENSE, CONVOLUTIONS])
def test_every_die_reads_its_share_of_the_images(case: tuple[NetworkSpec, tuple[int, ...]]) -> None:
    model, inputs = made(case)
    keep_rising(model)
    plain = plain_weights(model)
    three = [torch.cat([layer, 0.9 * layer, 1.2 * layer]) for layer in plain]
    together = effective_forward(model, inputs, three)
    for die, share in enumerate(inputs.split(4)):
        alone = effective_forward(model, share, [layer[die : die + 1] for layer in three])
        assert torch.allclose(together[4 * die : 4 * die + 4], alone, atol=1e-4)


def test_gradients_reach_every_layer() -> None:
    model, inputs = made(CONVOLUTIONS)
    model.train()
    effective_forward(model, inputs, plain_weights(model)).square().sum().backward()
    for layer in model.binary_layers:
        assert layer.latent.grad is not None
        assert float(layer.latent.grad.abs().sum()) > 0


def test_only_layers_that_pool_are_made_to_rise() -> None:
    model, _ = made(CONVOLUTIONS)
    before = [layer.scale.detach().clone() for layer in model.binary_layers]
    keep_rising(model)
    assert torch.equal(model.binary_layers[0].scale, before[0].abs())
    assert bool((before[0] < 0).any())
    assert torch.equal(model.binary_layers[1].scale, before[1])
    assert torch.equal(model.binary_layers[2].scale, before[2])


def test_recalibration_takes_the_means_of_what_the_final_weights_give() -> None:
    model, inputs = made(CONVOLUTIONS, 40)
    keep_rising(model)
    recalibrate(model, inputs, lambda: plain_weights(model))
    for index, layer in enumerate(model.binary_layers[:-1]):
        sums = effective_forward(model, inputs, plain_weights(model), until=index)
        assert torch.allclose(layer.mean, sums.mean(0), atol=1e-3)
        assert torch.allclose(layer.variance, sums.var(0, unbiased=False), rtol=1e-3, atol=1e-3)
    layer = model.binary_layers[0]
    layer.latent.data = -layer.latent.data
    sums = effective_forward(model, inputs, plain_weights(model), until=0)
    assert not torch.allclose(layer.mean, sums.mean(0), atol=1e-2)


def test_buffers_move_with_the_model() -> None:
    model, _ = made(DENSE)
    assert {"layers.0.mean", "layers.0.variance"} <= set(model.state_dict())
