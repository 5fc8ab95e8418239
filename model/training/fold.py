# SPDX-License-Identifier: BSD-3-Clause
"""Batch normalisation and multi-level activation folded into integer thresholds, with nothing lost.

A normalised accumulator z(acc) = (acc - centre) * slope + shift is monotone in acc even as rounded floating point
(subtraction, multiplication and addition each are), so the integer at which ``z >= level`` changes is found by
bisection on that very expression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Range of z over which a multi-level activation rises from its lowest to its highest value.
ACTIVATION_SPAN = 4.0


@dataclass(frozen=True)
class Normalisation:
    """z = (acc - centre) * slope + shift of each neuron: float64 arrays (neurons,)."""

    centre: NDArray[np.float64]
    slope: NDArray[np.float64]
    shift: NDArray[np.float64]

    def __call__(self, accumulators: NDArray[np.float64]) -> NDArray[np.float64]:
        """z of accumulators (..., neurons)."""
        return (accumulators - self.centre) * self.slope + self.shift


def activation_levels(bits: int) -> NDArray[np.float64]:
    """Values of z at which an activation of ``bits`` bits rises by 1: 0 for one bit; -1, 0, 1 for two."""
    count = 1 << bits
    return ACTIVATION_SPAN * (np.arange(1, count, dtype=np.float64) / count - 0.5)


def fold(normalisation: Normalisation, bits: int, limit: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Integer thresholds of an activation ``a = sum_t [z >= level_t]``.

    Parameters
    ----------
    normalisation : Normalisation
        Of the layer's accumulators; a negative slope gives an inverted neuron.
    bits : int
        Bits of the activation.
    limit : int
        Accumulators lie strictly between -limit and limit; -limit means always, limit never.

    Returns
    -------
    int64 array (neurons, 2**bits - 1)
        Non-decreasing: ``a = sum_t [acc >= T_t]``, or 2**bits - 1 minus that where inverted.
    bool array (neurons,)
        Inverted neurons.
    """
    inverted = normalisation.slope < 0
    levels = activation_levels(bits)
    thresholds = np.stack([_first_met(normalisation, level, inverted, limit) for level in levels], axis=1)
    # For a falling z the highest level is lost first.
    return np.sort(thresholds, axis=1), inverted


def _first_met(
    normalisation: Normalisation, level: float, inverted: NDArray[np.bool_], limit: int
) -> NDArray[np.int64]:
    """Smallest integer from -limit on at which z >= level (inverted: z < level); limit if there is none below it."""
    below = np.full(inverted.shape, -limit - 1, np.int64)  # not met, or outside
    met = np.full(inverted.shape, limit, np.int64)
    while np.any(met - below > 1):
        middle = np.maximum((below + met) // 2, -limit)
        reached = (normalisation(middle.astype(np.float64)) >= level) != inverted
        met = np.where(reached, middle, met)
        below = np.where(reached, below, middle)
    return met
