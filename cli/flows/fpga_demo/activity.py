# SPDX-License-Identifier: BSD-3-Clause
"""What happens in a network on a die, layer by layer, by the golden model.

A board sends classes and nothing else: its activation memory cannot be read. The class that it sends is the golden
model's if everything before it was, which is compared elsewhere in every value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..boards import Prepared

__all__ = ["Activity", "LayerActivity", "golden_activity"]


@dataclass(frozen=True, eq=False)
class LayerActivity:
    """A hidden layer.

    Parameters
    ----------
    values : int array (positions, neurons)
        Activations after pooling; a dense layer has one position.
    top : int
        The largest that there could be.
    """

    values: NDArray[np.int16]
    top: int

    @property
    def active(self) -> int:
        """How many are not 0."""
        return int(np.count_nonzero(self.values))


@dataclass(frozen=True, eq=False)
class Activity:
    """One image on one die.

    Parameters
    ----------
    layers : tuple of LayerActivity
        Hidden layers, the first one first.
    scores : int64 array (outputs,)
        Accumulator and bias of each output: the largest decides, the lowest of equals.
    class_ : int
        Class.
    """

    layers: tuple[LayerActivity, ...]
    scores: NDArray[np.int64]
    class_: int


def golden_activity(prepared: Prepared, inputs: NDArray[np.uint8]) -> Activity:
    """What the golden model makes of one image (inputs,)."""
    from spintile.model.golden import infer

    compiled = prepared.compiled
    record = infer(prepared.image, compiled, inputs[np.newaxis], repair=prepared.contents.repair, record=True)
    layers = []
    schedules = compiled.schedule.layers
    for layer, schedule, found in zip(compiled.network.layers[:-1], schedules[:-1], record.activations, strict=True):
        groups, positions = schedule.shape[:2]
        lanes = found[0, 0].reshape(groups, positions, -1)
        values = _by_neuron(lanes, schedule.lane_neurons, layer.neurons)
        layers.append(LayerActivity(values, (1 << layer.activation_bits) - 1))
    bias = compiled.layers[-1].bias
    assert bias is not None
    last = schedules[-1]
    sums = record.accumulators[-1][0, 0].reshape(last.shape[0], 1, -1)
    scores = _by_neuron(sums, last.lane_neurons, len(bias))[0] + bias
    return Activity(tuple(layers), scores, int(record.classes[0, 0]))


def _by_neuron(lanes: NDArray[Any], lane_neurons: NDArray[np.int64], neurons: int) -> NDArray[Any]:
    """Values of lanes (groups, positions, pairs) as (positions, neurons)."""
    group, lane = np.nonzero(lane_neurons >= 0)
    values = np.zeros((lanes.shape[1], neurons), lanes.dtype)
    values[:, lane_neurons[group, lane]] = lanes[group, :, lane].T
    return values
