# SPDX-License-Identifier: BSD-3-Clause
"""What drives the rows of each layer: reads of some training images, by ideal devices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..mapping.schedule import patch_indices
from ..network import Layer, Network, activate, layer_sums

Floats = NDArray[np.float64]

#: Sums of a layer (images, or images times positions) that are looked at, and those whose reads are simulated.
SEEN, SIMULATED = 4096, 256


@dataclass(frozen=True, eq=False)
class Activity:
    """Reads of one layer.

    Parameters
    ----------
    bits : float32 array (planes, samples, inputs)
        Driven or not: of the sums whose reads are simulated.
    sums : float64 array (samples, neurons)
        What ideal devices give for them, in units of a weight.
    driven : float64 array (inputs,)
        How often each input is driven, over all sums that are looked at; each plane weighs 4 times the one below it.
    margin : float64 array (neurons,)
        Spread of a neuron's sum about its thresholds [weights]; of an output neuron, how far its score is from the best
        other one.
    crossings : float64 array (neurons,)
        How many thresholds there are within that spread, each counted as a normal distribution does.
    """

    bits: NDArray[np.float32]
    sums: Floats
    driven: Floats
    margin: Floats
    crossings: Floats


def activities(network: Network, inputs: NDArray[np.integer], seed: int = 0) -> list[Activity]:
    """What drives every layer.

    Parameters
    ----------
    network : Network
        What runs.
    inputs : int array (images, ...)
        Training images, quantised to the network's input bits.
    seed : int
        Of the choice among images, and among positions of a convolution.

    Raises
    ------
    ValueError
        If there is no image.
    """
    if not len(inputs):
        raise ValueError("inputs must be at least one image, not none")
    generator = np.random.default_rng([seed, 0x4143])
    chosen = np.sort(generator.permutation(len(inputs))[:SEEN])
    values = np.asarray(inputs)[chosen].reshape(len(chosen), -1).astype(np.float64)
    found = []
    for layer in network.layers:
        found.append(_activity(layer, values, generator))
        if not layer.is_output:
            values = activate(layer_sums(values, layer), layer).reshape(len(values), -1)
    return found


def _activity(layer: Layer, values: Floats, generator: np.random.Generator) -> Activity:
    positions = patch_indices(layer)
    image = generator.integers(len(values), size=SEEN) if len(positions) > 1 else np.arange(len(values))
    place = generator.integers(len(positions), size=len(image))
    patches = values[image[:, np.newaxis], positions[place]].astype(np.int64)
    weights = layer.weights.reshape(layer.neurons, layer.inputs)
    sums: Floats = patches.astype(np.float64) @ weights.T.astype(np.float64)
    planes = np.stack([(patches >> plane) & 1 for plane in range(layer.input_bits)]).astype(np.float32)
    driven = np.tensordot(4.0 ** np.arange(layer.input_bits), planes.mean(axis=1, dtype=np.float64), axes=1)
    margin, crossings = _decisions(layer, sums)
    few = np.linspace(0, len(patches) - 1, min(SIMULATED, len(patches))).astype(np.intp)
    return Activity(planes[:, few], sums[few], np.asarray(driven), margin, crossings)


def _decisions(layer: Layer, sums: Floats) -> tuple[Floats, Floats]:
    if layer.thresholds is not None:
        spread = np.maximum(sums.std(axis=0), 1.0)
        away = (layer.thresholds / layer.unit - 0.5 - sums.mean(axis=0)[:, np.newaxis]) / spread[:, np.newaxis]
        return spread, np.exp(-np.square(away) / 2).sum(axis=1)
    assert layer.bias is not None
    scores = sums + layer.bias / layer.unit
    if layer.neurons == 1:
        return np.maximum(np.abs(scores).mean(axis=0), 1.0), np.ones(1)
    ordered = np.sort(scores, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    apart = np.abs(scores - np.where(scores == best, second, best))
    return np.maximum(apart.mean(axis=0), 1.0), np.ones(layer.neurons)
