# SPDX-License-Identifier: BSD-3-Clause
"""What a run is asked for and what it shows: events of an image, pauses, and the record as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scoreboard import LayerReads

__all__ = ["Outcome", "Pauses", "RunShape"]


@dataclass(frozen=True)
class Pauses:
    """Probabilities, each cycle, that the image stream offers nothing, the result stream takes nothing, the array is
    not ready."""

    image: float = 0.0
    result: float = 0.0
    stall: float = 0.0


@dataclass(frozen=True)
class RunShape:
    """How many events of which kind each image has.

    Parameters
    ----------
    layers : tuple of LayerReads
        How the reads of each layer are numbered.
    pooled : tuple of int
        Activation words of each hidden layer.
    """

    layers: tuple[LayerReads, ...]
    pooled: tuple[int, ...]

    @property
    def reads(self) -> int:
        return max((layer.end for layer in self.layers), default=0)

    @property
    def emits(self) -> int:
        return sum(layer.emits for layer in self.layers)

    def emit_of_read(self) -> NDArray[np.int32]:
        """Which accumulation ends with each read, -1 where none does: (reads,)."""
        ends = np.full(self.reads, -1, np.int32)
        number = 0
        for layer in self.layers:
            for emit in range(layer.emits):
                ends[layer.ordinal + (emit + 1) * layer.reads_per_emit - 1] = number
                number += 1
        return ends


@dataclass(frozen=True, eq=False)
class Outcome:
    """The record of a run: values where the golden record has them, and the cycle in which each event came.

    Parameters
    ----------
    codes : int16 array (images, reads, cols)
    kernels : uint8 array (images, reads)
        Kernel of each read.
    accumulators : int32 array (images, emits, pairs)
        Of all layers.
    activations : uint8 array (images, pooled emits, pairs)
        Of all hidden layers.
    classes : int32 array (images,)
    code_cycles, accumulator_cycles, activation_cycles, class_cycles : uint32 arrays
        Cycle of the run, from 1, in which the event came; 0: it has not.
    words : uint32 array (results,)
        Words of the result stream, in order.
    results : int
        How many there were.
    strays : structured array of STRAY
        The first events that were not expected, or came again.
    stray_count : int
        How many there were.
    samples, cycles : int
        Reads sampled, clock cycles of the run.
    error : str
        A hang or a broken protocol, in one line; empty if all went well.
    """

    codes: NDArray[np.int16]
    kernels: NDArray[np.uint8]
    accumulators: NDArray[np.int32]
    activations: NDArray[np.uint8]
    classes: NDArray[np.int32]
    code_cycles: NDArray[np.uint32]
    accumulator_cycles: NDArray[np.uint32]
    activation_cycles: NDArray[np.uint32]
    class_cycles: NDArray[np.uint32]
    words: NDArray[np.uint32]
    results: int
    strays: NDArray[Any]
    stray_count: int
    samples: int
    cycles: int
    error: str

    def cycles_per_image(self, layers: int) -> float | None:
        """Cycles from result to result while every layer had an image to work on; None for too few images."""
        saturated = len(self.class_cycles) - layers
        if self.error or saturated < 1 or not self.class_cycles.all():
            return None
        return (int(self.class_cycles[saturated]) - int(self.class_cycles[0])) / saturated
