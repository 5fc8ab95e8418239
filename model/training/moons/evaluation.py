# SPDX-License-Identifier: BSD-3-Clause
"""Thousands of transfers of one network, without torch: how often each point comes out right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...array import Wires
from .crossbar import WINDOW, WritingErrors
from .layout import Written
from .lines import through_lines
from .points import Points

#: Transfers drawn at once; a number of its own, so that results do not depend on memory.
_BLOCK = 100


@dataclass(frozen=True)
class Transfers:
    """Which transfers: errors, how many, seed, and the lines that the conductances are seen through."""

    errors: WritingErrors
    count: int
    seed: int
    wires: Wires = field(default_factory=Wires)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"transfers: count must be at least 1, not {self.count}")

    def draw(self, written: Written) -> Iterator[list[NDArray[np.float32]]]:
        """Conductances in the devices [uS], block by block; each layer (transfers, neurons, inputs + 1, 2)."""
        generator = np.random.default_rng([self.seed, 0x5452])
        for start in range(0, self.count, _BLOCK):
            # Whole blocks, so that a transfer does not depend on how many there are.
            count = min(_BLOCK, self.count - start)
            yield [
                self.errors.draw(target, later, _BLOCK, generator)[0][:count]
                for target, later in zip(written.targets, written.later, strict=True)
            ]


def logits(
    written: Written, x: NDArray[np.float32], conductances: list[NDArray[np.float32]], wires: Wires
) -> NDArray[np.float32]:
    """Logit of every point in every transfer, (transfers, points)."""
    span = WINDOW[1] - WINDOW[0]
    signal = np.broadcast_to(x, (len(conductances[0]), *x.shape))
    for index, (conductance, scale) in enumerate(zip(conductances, written.scales, strict=True)):
        seen = through_lines(conductance, written.arrays, wires)
        weights = (seen[..., 0] - seen[..., 1]) * np.float32(scale / span)
        sums = signal @ weights[..., :-1].swapaxes(1, 2) + weights[:, None, :, -1]
        if index < len(written.scales) - 1:
            signal = 0.5 + 0.5 * np.tanh(0.5 * sums)  # the sigmoid, without overflow
    return np.ascontiguousarray(sums[..., 0])


def predicted_shares(written: Written, x: NDArray[np.float32], transfers: Transfers) -> NDArray[np.float64]:
    """Share of the transfers that put each point into class 1, (points,)."""
    ones = np.zeros(len(x), np.int64)
    for conductances in transfers.draw(written):
        ones += (logits(written, x, conductances, transfers.wires) >= 0).sum(axis=0)
    return np.asarray(ones / transfers.count)


def clean_logits(written: Written, x: NDArray[np.float32], wires: Wires) -> NDArray[np.float32]:
    """Logits where every device has what was asked for, (points,)."""
    return logits(written, x, [target[None] for target in written.targets], wires)[0]


def correct_shares(
    written: Written, points: Points, transfers: Transfers
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Share of the transfers in which each point is right, and whether it is right without any error."""
    ones = predicted_shares(written, points.x, transfers)
    shares = np.where(points.label, ones, 1 - ones)
    return shares, (clean_logits(written, points.x, transfers.wires) >= 0) == points.label
