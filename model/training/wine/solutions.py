# SPDX-License-Identifier: BSD-3-Clause
"""Solutions: states of two matrices of devices with float biases, and what ideal devices make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INPUTS, HIDDEN, CLASSES = 13, 6, 3


@dataclass(frozen=True, eq=False)
class Solutions:
    """Trained networks of one topology, 13-6-3.

    In each row of a matrix even columns are G+ and odd ones G- of the pair, so that a pair's weight is -1, 0 or +1.

    Parameters
    ----------
    numbers : tuple of int
        Number of each solution: part of its files' names, and of its die.
    first : bool array (solutions, 13, 12)
        Devices of the first layer; True is P.
    first_bias : float array (solutions, 6)
    second : bool array (solutions, 6, 6)
        Devices of the second layer.
    second_bias : float array (solutions, 3)

    Raises
    ------
    ValueError
        If an array has another shape.
    """

    numbers: tuple[int, ...]
    first: NDArray[np.bool_]
    first_bias: NDArray[np.float64]
    second: NDArray[np.bool_]
    second_bias: NDArray[np.float64]

    def __post_init__(self) -> None:
        count = len(self.numbers)
        shapes = {
            "first": (count, INPUTS, 2 * HIDDEN),
            "first_bias": (count, HIDDEN),
            "second": (count, HIDDEN, 2 * CLASSES),
            "second_bias": (count, CLASSES),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"solutions: {name} must have shape {shape}, not {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def weights(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Weights of both layers, (solutions, 13, 6) and (solutions, 6, 3)."""
        return pair_weights(self.first), pair_weights(self.second)

    def select(self, positions: Sequence[int]) -> Solutions:
        """Some of the solutions, by position."""
        index = np.asarray(positions, np.intp)
        return Solutions(
            tuple(self.numbers[i] for i in index),
            self.first[index],
            self.first_bias[index],
            self.second[index],
            self.second_bias[index],
        )

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Fields as arrays, for a result file; ``from_arrays`` takes them back."""
        names = ("first", "first_bias", "second", "second_bias")
        return {"numbers": np.array(self.numbers, np.int64), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> Solutions:
        """What ``as_arrays`` gave."""
        fields = {name: np.asarray(value) for name, value in arrays.items() if name != "numbers"}
        return cls(tuple(int(n) for n in arrays["numbers"]), **fields)


def pair_weights(states: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Weights (..., pairs) of states (..., 2 * pairs): even columns less odd ones."""
    return states[..., 0::2].astype(np.int8) - states[..., 1::2].astype(np.int8)


def two_layers(
    first: NDArray[np.float64],
    first_bias: NDArray[np.float64],
    second: NDArray[np.float64],
    second_bias: NDArray[np.float64],
    inputs: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Scores (..., samples, 3) of weights (..., 13, 6) and (..., 6, 3), before the last tanh: it moves no maximum."""
    hidden = np.tanh(inputs @ first + first_bias[..., np.newaxis, :])
    return np.asarray(hidden @ second + second_bias[..., np.newaxis, :])


def ideal_scores(solutions: Solutions, inputs: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Scores (solutions, samples, 3) of ideal devices at a scale G_norm / (G_on - G_off)."""
    first, second = solutions.weights
    return two_layers(first / scale, solutions.first_bias, second / scale, solutions.second_bias, inputs)
