# SPDX-License-Identifier: BSD-3-Clause
"""A solution as the chip's integers: inputs as bit planes, tanh as thresholds.

With u codes per weight and a scale s = G_norm / (G_on - G_off), the first layer's accumulator is ``255 u sum(w x)``,
so that its tanh is at ``z = acc / (255 u s) + b``. An activation a of n = 2^A - 1 steps stands for the voltage
``h = 2 a / n - 1``; a is how many of t = 1 .. n have ``tanh(z) >= (2 t - 1) / n - 1``: h rounded to the nearest step.
In the second layer ``sum(w h) = 2 / n * (sum(w a) - n / 2 * sum(w))``: the constant goes into its bias, and a common
factor moves no maximum.
"""

from __future__ import annotations

import numpy as np

from ...chip import Chip
from ...network import Layer, Network, check_network
from .samples import INPUT_BITS
from .solutions import Solutions


def integer_network(solutions: Solutions, position: int, chip: Chip, scale: float) -> Network:
    """The network of one solution with thresholds and bias in the chip's accumulator steps.

    Parameters
    ----------
    solutions : Solutions
    position : int
        Which of them.
    chip : Chip
        Its codes per weight, and the bits of its activations.
    scale : float
        G_norm in units of G_on - G_off.

    Raises
    ------
    ValueError
        If the scale is not positive.
    """
    if not scale > 0:
        raise ValueError(f"scale must be positive, not {scale!r}")
    unit = chip.codes_per_weight
    bits = chip.geometry.activation_bits
    steps = (1 << bits) - 1
    first, second = (weights[position].T for weights in solutions.weights)
    levels = (2 * np.arange(1, steps + 1) - 1) / steps - 1
    sums = (np.arctanh(levels) - solutions.first_bias[position][:, np.newaxis]) * scale * ((1 << INPUT_BITS) - 1)
    bias = steps / 2 * (scale * solutions.second_bias[position] - second.sum(axis=1))
    network = Network(
        (
            Layer(
                "dense",
                np.ascontiguousarray(first, np.int8),
                (first.shape[1],),
                input_bits=INPUT_BITS,
                thresholds=np.ceil(sums * unit).astype(np.int64),
                activation_bits=bits,
                unit=unit,
            ),
            Layer(
                "dense",
                np.ascontiguousarray(second, np.int8),
                (second.shape[1],),
                input_bits=bits,
                bias=np.rint(bias * unit).astype(np.int64),
                unit=unit,
            ),
        ),
        {"solution": str(solutions.numbers[position]), "scale": repr(scale), "data": "wine"},
    )
    check_network(network)
    return network
