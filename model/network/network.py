# SPDX-License-Identifier: BSD-3-Clause
"""A trained network as integers: binary or ternary weights, integer thresholds, integer output bias."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Layer:
    """One layer.

    Activations are unsigned integers, flattened in (height, width, channel) order.

    Parameters
    ----------
    kind : {"dense", "conv"}
        Convolutions have stride 1 and no padding.
    weights : int8 array
        -1, 0 or +1. Dense: (neurons, inputs). Convolution: (neurons, window height, window width, channels).
    input_shape : tuple of int
        (inputs,) for a dense layer, (height, width, channels) for a convolution.
    input_bits : int
        Bits of each input; each bit is a plane, read on its own.
    thresholds : int64 array (neurons, 2**activation_bits - 1) or None
        Non-decreasing along the last axis; None for the output layer.
    invert : bool array (neurons,) or None
        Neurons whose activation is (2**activation_bits - 1) minus the count of thresholds met.
    bias : int64 array (neurons,) or None
        Only for the output layer.
    activation_bits : int
        Bits of this layer's activations (hidden layers).
    pool : int
        Side of the pooling window, also its stride; pooling is a maximum after activation. 1: none.
        Rows and columns of the map that fill no whole window are dropped.
    copies : int
        How often each pair is placed and read.
    combine : {"sum", "median"}
        What the copies give: all are added to the accumulator, or, of three, only the median of each slice and plane.
    unit : float
        Accumulator steps per unit of sum(input * weight) that thresholds and bias are written in:
        1 for a network trained in software, ``summed_copies`` times the codes per weight for one trained through an
        array.
    """

    kind: Literal["dense", "conv"]
    weights: NDArray[np.int8]
    input_shape: tuple[int, ...]
    input_bits: int = 1
    thresholds: NDArray[np.int64] | None = None
    invert: NDArray[np.bool_] | None = None
    bias: NDArray[np.int64] | None = None
    activation_bits: int = 1
    pool: int = 1
    copies: int = 1
    unit: float = 1.0
    combine: Literal["sum", "median"] = "sum"

    @property
    def summed_copies(self) -> int:
        """Copies that add to the accumulator: of three whose median is taken, one."""
        return 1 if self.combine == "median" else self.copies

    @property
    def neurons(self) -> int:
        return int(self.weights.shape[0])

    @property
    def inputs(self) -> int:
        """Inputs of one neuron: the length of a flattened patch."""
        return int(np.prod(self.weights.shape[1:]))

    @property
    def is_output(self) -> bool:
        return self.bias is not None

    @property
    def is_binary(self) -> bool:
        """Whether no weight is zero (what the pair check asks for)."""
        return bool(np.all(self.weights != 0))

    @property
    def map_shape(self) -> tuple[int, int]:
        """Positions of the window before pooling, (1, 1) for a dense layer."""
        if self.kind == "dense":
            return (1, 1)
        height, width, _ = self.input_shape
        return height - self.weights.shape[1] + 1, width - self.weights.shape[2] + 1

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(height, width, neurons) of the activations after pooling."""
        height, width = self.map_shape
        return height // self.pool, width // self.pool, self.neurons


@dataclass(frozen=True)
class Network:
    """Layers in order; the last one has a bias and gives the class.

    With one output neuron the class is ``acc + bias >= 0``, else the lowest index of the largest ``acc + bias``.
    """

    layers: tuple[Layer, ...]
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.layers[0].input_shape

    @property
    def input_bits(self) -> int:
        return self.layers[0].input_bits

    @property
    def classes(self) -> int:
        outputs = self.layers[-1].neurons
        return 2 if outputs == 1 else outputs
