# SPDX-License-Identifier: BSD-3-Clause
"""A network in training run through effective weights: matrix products and convolutions, on any device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ..model import Activation, ArrayNetwork, BinaryLayer, Sign

#: Images of one draw whose sums count in ``recalibrate``.
_CALIBRATION_BATCH = 500


def plain_weights(model: ArrayNetwork) -> list[Tensor]:
    """Weights (1, neurons, inputs) of every layer without any array; the gradient passes to the latent weights."""
    return [Sign.apply(layer.latent).unsqueeze(0) for layer in model.binary_layers]


def effective_forward(
    model: ArrayNetwork, inputs: Tensor, weights: Sequence[Tensor], until: int | None = None
) -> Tensor:
    """Logits (images, outputs) of inputs (images, size).

    Sums of a layer that pools are pooled before they are normalised, which is the same and cheaper as long as its
    normalisation rises: ``keep_rising`` sees to that after every step.

    Parameters
    ----------
    model : ArrayNetwork
        Normalisation and activations; in training it normalises by the batch.
    inputs : float tensor
        Integers from 0 to 2^input_bits - 1; each die reads an equal share of the images, in order.
    weights : sequence of float tensors (dies, neurons, inputs)
        Of each layer.
    until : int or None
        Index of a layer: its pooled sums (images * positions, neurons) are returned instead.
    """
    values = inputs
    for index, (layer, of_layer) in enumerate(zip(model.binary_layers, weights, strict=True)):
        sums = _sums(layer, values, of_layer)
        if index == until:
            return sums
        if layer.output:
            return sums * layer.scale.exp() + layer.shift
        z = layer.normalised(sums, model.training and until is None)
        values = Activation.apply(z, layer.wiring.layer.activation_bits).view(len(inputs), -1)
    raise AssertionError("the last layer is the output")


def _sums(layer: BinaryLayer, values: Tensor, weights: Tensor) -> Tensor:
    """Sums (images * pooled positions, neurons) of values (images, size), the largest of each pooling window."""
    shape = layer.wiring.layer
    dies, neurons, _ = weights.shape
    if shape.kind == "dense":
        return torch.bmm(values.view(dies, -1, shape.inputs), weights.transpose(1, 2)).reshape(-1, neurons)
    maps = values.view(-1, *shape.input_shape).permute(0, 3, 1, 2)
    filters = weights.view(dies, neurons, *shape.weights.shape[1:]).permute(0, 1, 4, 2, 3)
    parts = [torch.nn.functional.conv2d(of_die, filters[die]) for die, of_die in enumerate(maps.chunk(dies))]
    sums = parts[0] if dies == 1 else torch.cat(parts)
    if shape.pool > 1:
        sums = torch.nn.functional.max_pool2d(sums, shape.pool)
    return sums.permute(0, 2, 3, 1).reshape(-1, neurons)


@torch.no_grad()
def keep_rising(model: ArrayNetwork) -> None:
    """Make the normalisation of every layer that pools rise with its sums."""
    for layer in model.binary_layers:
        if not layer.output and layer.wiring.layer.pool > 1:
            layer.scale.abs_()


@torch.no_grad()
def recalibrate(model: ArrayNetwork, inputs: Tensor, draw: Callable[[], Sequence[Tensor]]) -> None:
    """Means and variances of the final weights, layer after layer, over drawn dies.

    Parameters
    ----------
    model : ArrayNetwork
        Its running means and variances are replaced.
    inputs : float tensor (images, size)
        Training images.
    draw : function
        Gives effective weights of some dies; called for every 500 images of every layer, of which each reads its share.
    """
    for index, layer in enumerate(model.binary_layers[:-1]):
        count, total, squares = 0, layer.mean.double() * 0, layer.mean.double() * 0
        for part in torch.split(inputs, _CALIBRATION_BATCH):
            weights = draw()
            shared = len(part) // len(weights[0]) * len(weights[0])
            if not shared:
                continue
            sums = effective_forward(model, part[:shared], weights, until=index).double()
            count += len(sums)
            total += sums.sum(0)
            squares += sums.square().sum(0)
        mean = total / count
        layer.mean.copy_(mean)
        layer.variance.copy_(squares / count - mean.square())
