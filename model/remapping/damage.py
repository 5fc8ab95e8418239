# SPDX-License-Identifier: BSD-3-Clause
"""What wrong sums cost: decisions that flip, and what a flip costs in the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..network import Network
from .activity import Activity

Floats = NDArray[np.float64]

#: Error that reads have in any case, from spread and rounding [weights squared]: what costs are linear below.
FLOOR = 0.5


@dataclass(frozen=True, eq=False)
class Price:
    """What errors of one layer's sums cost.

    A sum's margin and its error are taken for normal: with standard deviations m and e, a threshold in the middle of
    the sums is passed on the wrong side in a share ``arctan(e / m) / pi`` of all sums. The cost of a hidden layer is
    that share of flips, times what a flip costs later; of the output layer, the squared error itself.

    Parameters
    ----------
    margin, crossings : float64 arrays (neurons,)
        As in ``Activity``.
    flip : float
        What one flip costs [squared error of scores, in weights]; 0 for the output layer.
    """

    margin: Floats
    crossings: Floats
    flip: float

    def of(self, squared: Floats) -> Floats:
        """Cost of expected squared errors (neurons, ...) [weights squared]."""
        if not self.flip:
            return squared
        margin, crossings = (values.reshape(-1, *[1] * (squared.ndim - 1)) for values in (self.margin, self.crossings))
        return np.asarray(self.flip * crossings * np.arctan(np.sqrt(squared) / margin) / np.pi)

    def slope(self, squared: Floats) -> Floats:
        """Derivative of the cost (neurons,)."""
        if not self.flip:
            return np.ones_like(squared)
        error = np.sqrt(np.maximum(squared, FLOOR))
        ratio = error / self.margin
        return np.asarray(self.flip * self.crossings / (2 * np.pi * error * self.margin * (1 + np.square(ratio))))


def prices(network: Network, active: Sequence[Activity]) -> list[Price]:
    """What errors cost in every layer, found from the last layer back.

    A flip is one step of one input of the next layer, and so a squared error of 1 in each sum that it is part of.
    """
    found: list[Price] = []
    for layer, activity in zip(reversed(network.layers), reversed(active), strict=True):
        flip = 0.0
        if found:
            after = found[0]
            flip = float(after.slope(np.full(len(after.margin), FLOOR)).sum())
        found.insert(0, Price(activity.margin, activity.crossings, flip))
        assert layer.neurons == len(activity.margin)
    return found


def squared_error(sums: Floats, activity: Activity) -> Floats:
    """Mean squared error (neurons,) of sums (neurons, samples), in weights squared."""
    return np.asarray(np.square(sums - activity.sums.T).mean(axis=1))
