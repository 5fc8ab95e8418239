# SPDX-License-Identifier: BSD-3-Clause
"""How flat the loss is around a solution: under random flips of its weights, and from die to die.

The loss is the mean cross-entropy of the scores at a network's own temperature, the one at which its loss without any
disturbance is least. Networks whose scores are large only because of their units then compare.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from ...evaluation import compile_for, die_image_for
from ...golden import infer
from ...network import Network, software_scores
from .conditions import Conditions
from .experiment import fresh_images
from .packing import unpack_network

Floats = NDArray[np.float64]

#: Between which the natural logarithm of a temperature is looked for, in units of a score's standard deviation.
_TEMPERATURES = (-6.0, 6.0)


def loss_around(
    network: dict[str, Any],
    conditions: Mapping[str, Any],
    shares: Sequence[float],
    draws: int,
    dies: int,
    data: str,
    images: int,
    seed: int,
) -> dict[str, Any]:
    """Losses with flipped weights on ideal devices, and with the network's own weights on dies.

    Parameters
    ----------
    network : packed network
    conditions : mapping
        Fields of the ``Conditions`` of the dies.
    shares : sequence of float
        Shares of the weights that are flipped [%].
    draws : int
        Random choices of weights for each share.
    dies : int
        Dies asked.
    data : str
        As ``experiment.digits``.
    images : int
        Test images asked.
    seed : int
        Of the flips.

    Returns
    -------
    dict
        Losses [nat]: ``rest`` without disturbance; ``flips`` float64 array (shares, draws); ``dies`` (dies,).
    """
    asked, chosen = Conditions(**conditions), unpack_network(network)
    inputs, labels = fresh_images(chosen, data, images)
    scores = software_scores(chosen, inputs).astype(np.float64)
    temperature = best_temperature(scores, labels)
    flips = np.empty((len(shares), draws))
    for place, share in enumerate(shares):
        for draw in range(draws):
            generator = np.random.default_rng([seed, place, draw])
            flipped = software_scores(with_flips(chosen, share / 100, generator), inputs)
            flips[place, draw] = cross_entropy(flipped / temperature, labels)
    return {
        "rest": cross_entropy(scores / temperature, labels),
        "flips": flips,
        "dies": np.array(
            [cross_entropy(found / temperature, labels) for found in die_scores(chosen, asked, dies, inputs)]
        ),
    }


def cross_entropy(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Mean over images of logits (images, classes) [nat]."""
    own = np.take_along_axis(logits, labels[:, np.newaxis], axis=1)[:, 0]
    return float(np.mean(logsumexp(logits, axis=1) - own))


def best_temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """What scores (images, classes) are divided by so that their loss is least."""
    unit = float(scores.std()) or 1.0

    def loss(logarithm: float) -> float:
        return cross_entropy(scores / (unit * math.exp(logarithm)), labels)

    found = minimize_scalar(loss, bounds=_TEMPERATURES, method="bounded", options={"xatol": 1e-4})
    return unit * math.exp(float(found.x))


def with_flips(network: Network, share: float, generator: np.random.Generator) -> Network:
    """A network with so many of all its weights, chosen at random, of the other sign; thresholds stay."""
    sizes = [layer.weights.size for layer in network.layers]
    flipped = np.zeros(sum(sizes), np.bool_)
    flipped[generator.choice(flipped.size, round(share * flipped.size), replace=False)] = True
    layers = []
    for layer, part in zip(network.layers, np.split(flipped, np.cumsum(sizes)[:-1]), strict=True):
        sign = np.where(part, -1, 1).astype(np.int8).reshape(layer.weights.shape)
        layers.append(dataclasses.replace(layer, weights=layer.weights * sign))
    return Network(tuple(layers), network.metadata)


def die_scores(network: Network, conditions: Conditions, dies: int, inputs: NDArray[np.uint8]) -> list[Floats]:
    """Scores (images, classes) of every die, as its codes give them."""
    chip, drawn = conditions.chip(), conditions.dies(dies)
    compiled = compile_for(network, chip, flags=conditions.flags)
    image = die_image_for(compiled, chip, drawn, 0, flags=conditions.flags)
    group, lane = np.nonzero(compiled.schedule.layers[-1].lane_neurons >= 0)
    neurons = compiled.schedule.layers[-1].lane_neurons[group, lane]
    bias = compiled.layers[-1].bias
    assert bias is not None
    found = []
    for die in range(drawn.dies):
        record = infer(image.select([die]), compiled, inputs, repair=chip.repair, record=True)
        scores = np.empty((len(inputs), len(neurons)))
        scores[:, neurons] = record.accumulators[-1][0][:, group, lane] + bias[neurons]
        found.append(scores)
    return found
