# SPDX-License-Identifier: BSD-3-Clause
"""The dense network's shape, and how long, how fast and through how many dies it is trained."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ...network import Network
from ..fitting import Regime
from ..spec import LayerSpec, NetworkSpec
from .distillation import Course

#: Neurons of the hidden layer: 14 x 14 inputs -> 36 -> 10 takes 26 of the chip's 32 kernels, 30 with three outputs.
HIDDEN = 36


@dataclass(frozen=True)
class Recipe:
    """How a dense network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training images, of each round.
    learning_rate : float
        Of Adam at the start of a round; it falls to zero along half a cosine.
    rounds : int
        Each goes on from where the last ended; what read the training images best at the end of one is kept.
    batch : int
        Images of a step.
    dies : int
        Dies drawn for each step of statistics-aware training, which share its images.
    least_rate : float
        Least factor on the rates of defects: each step draws one from here to 1.
    tail : float
        How much more dies count that do worse, as in ``Course``.
    wires : bool
        Whether the chip's wires are trained through.
    weights : bool
        Whether weights are trained, not thresholds and biases alone.
    summed : bool
        Whether the output is placed three times and summed where reads are not repaired: redundancy without any check.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    epochs: int = 60
    learning_rate: float = 0.03
    rounds: int = 1
    batch: int = 500
    dies: int = 4
    least_rate: float = 1.0
    tail: float = 0.0
    wires: bool = True
    weights: bool = True
    summed: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "rounds", "batch", "dies"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"recipe: {name} must be a positive integer, not {value!r}")
        if self.batch % self.dies:
            raise ValueError(f"recipe: batch must be a multiple of {self.dies} dies, not {self.batch}")
        if not 0 < self.learning_rate < 1:
            raise ValueError(f"recipe: learning_rate must be between 0 and 1, not {self.learning_rate!r}")
        if not 0 <= self.least_rate <= 1:
            raise ValueError(f"recipe: least_rate must be from 0 to 1, not {self.least_rate!r}")
        if not 0 <= self.tail <= 100:
            raise ValueError(f"recipe: tail must be from 0 to 100, not {self.tail!r}")

    @classmethod
    def default(cls, regime: Regime, repaired: bool, started: bool) -> Recipe:
        """What measured best, by regime, repair and whether training starts from a trained network."""
        if regime == "die_aware":
            return cls(epochs=20, learning_rate=0.02)
        if repaired:
            return cls(14, 0.005, 6, dies=10, least_rate=0.0) if started else cls(least_rate=0.0)
        return cls(12, 0.004, 8, dies=25) if started else cls()

    @property
    def course(self) -> Course:
        return Course(self.epochs, self.learning_rate, self.batch, tail=self.tail)


def dense_spec(repaired: bool, summed: bool = False) -> NetworkSpec:
    """The dense network; where reads are repaired the output is placed three times, and the median counts.

    ``summed``: without repair too, and the sum counts.
    """
    output = LayerSpec(10)
    if repaired or summed:
        output = LayerSpec(10, copies=3, combine="median" if repaired else "sum")
    return NetworkSpec((LayerSpec(HIDDEN), output))


def with_outputs(network: Network, repaired: bool, summed: bool = False) -> Network:
    """A trained network with its output placed as often as ``dense_spec`` has it: the same weights and decisions."""
    shape = dense_spec(repaired, summed).layers[-1]
    *hidden, output = network.layers
    placed = dataclasses.replace(output, copies=shape.copies, combine=shape.combine)
    if output.bias is not None and placed.summed_copies != output.summed_copies:
        more = placed.summed_copies / output.summed_copies
        bias = np.rint(output.bias * more).astype(np.int64)
        placed = dataclasses.replace(placed, bias=bias, unit=output.unit * more)
    return dataclasses.replace(network, layers=(*hidden, placed))
