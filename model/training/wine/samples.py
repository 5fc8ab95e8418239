# SPDX-License-Identifier: BSD-3-Clause
"""The 178 wines as voltages, and which of them a solution is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data import load

#: Bits of an input on the chip; the numbers used everywhere are these levels over the largest.
INPUT_BITS = 8
#: Samples that a solution is trained on; the rest are held out.
TRAINING = 148
_SPLIT_STREAM = 0x53504C54


@dataclass(frozen=True, eq=False)
class Samples:
    """All samples of the set.

    Parameters
    ----------
    levels : uint8 array (samples, 13)
        Features, min-max scaled over the whole set to 0 .. 255.
    labels : int64 array (samples,)
        Class 0, 1 or 2.
    """

    levels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    @property
    def inputs(self) -> NDArray[np.float64]:
        """Features from 0 to 1, (samples, 13): row voltages in units of the read voltage."""
        return self.levels / float((1 << INPUT_BITS) - 1)


def load_samples() -> Samples:
    """UCI Wine, all 178 samples."""
    data = load("wine", levels=1 << INPUT_BITS)
    return Samples(
        np.concatenate([data.train_images, data.test_images]), np.concatenate([data.train_labels, data.test_labels])
    )


def splits(numbers: tuple[int, ...], seed: int, samples: int = 178) -> NDArray[np.bool_]:
    """Which samples each solution is trained on, (solutions, samples); drawn for each solution from (seed, number).

    A split of its own for every solution: together they hold out every sample many times, so that the figure for held
    out samples does not hang on one draw of 30.
    """
    chosen = np.zeros((len(numbers), samples), np.bool_)
    for index, number in enumerate(numbers):
        order = np.random.default_rng([seed, number, _SPLIT_STREAM]).permutation(samples)
        chosen[index, order[:TRAINING]] = True
    return chosen
