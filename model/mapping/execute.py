# SPDX-License-Identifier: BSD-3-Clause
"""Running a program on one image, bit by bit in an activation memory: slow, plain, for checks and for reading.

What a read adds to the pairs is left to a function, so that the same walk runs with ideal weights or with a die.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..geometry import Geometry
from .interpret import ExpandedEmit, ExpandedRead, interpret
from .program import Program

#: Differences (pairs,) that a read adds before its shift, from the read and its row bits (rows,).
Differences = Callable[[ExpandedRead, NDArray[np.bool_]], NDArray[np.int64]]


@dataclass
class Execution:
    """What came of one image.

    Parameters
    ----------
    predicted : int
        The class.
    accumulators : list of int64 arrays (pairs,)
        Handed over by each emit, all layers in program order.
    memory : bool array (bits,)
        The image's half of the activation memory at the end.
    """

    predicted: int = -1
    accumulators: list[NDArray[np.int64]] = field(default_factory=list)
    memory: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def ideal_differences(states: NDArray[np.bool_]) -> Differences:
    """Differences of ideal devices of one unit each: states (kernels, rows, cols), True for P."""
    pairs = states.shape[2] // 2
    weights = states[:, :, 0 : 2 * pairs : 2].astype(np.int64) - states[:, :, 1 : 2 * pairs : 2]

    def differences(read: ExpandedRead, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return rows.astype(np.int64) @ weights[read.kernel]

    return differences


def execute(program: Program, geometry: Geometry, image: ArrayLike, differences: Differences) -> Execution:
    """Run a program on one image."""
    run = Execution(memory=np.zeros(geometry.activation_depth, np.bool_))
    words = program.pack_image(image)
    bits = words[:, None] >> np.arange(program.word_bits, dtype=np.uint64) & np.uint64(1)
    run.memory[: bits.size] = bits.ravel()
    accumulator = np.zeros(geometry.pairs, np.int64)
    held: list[NDArray[np.int64]] = []  # differences of one read, or of up to three replicas
    pooled = np.zeros(0, np.int64)
    scores: list[int] = []
    for step in interpret(program, geometry):
        if isinstance(step, ExpandedRead):
            addresses = np.array(step.rows)
            rows = run.memory[np.maximum(addresses, 0)] & (addresses >= 0)
            if step.first:
                accumulator = np.zeros(geometry.pairs, np.int64)
            held.append(differences(step, rows))
            if step.replica in (0, 3):
                accumulator = accumulator + (np.sort(held, axis=0)[len(held) // 2] << step.plane)
                held.clear()
            continue
        run.accumulators.append(accumulator)
        if step.output:
            biases = [program.threshold(step.threshold, lane)[0] for lane in range(step.lanes)]
            added = [int(accumulator[lane]) + bias for lane, bias in enumerate(biases)]
            scores = added if step.output_first else scores + added
            if step.output_last:
                run.predicted = int(scores[0] >= 0) if step.binary else int(np.argmax(scores))
            continue
        activation = _activate(program, step, accumulator)
        pooled = activation if step.pool_first else np.maximum(pooled, activation)
        if step.pool_last:
            for plane in range(step.bits):
                start = step.destination + plane * step.plane_stride
                run.memory[start : start + step.lanes] = pooled >> plane & 1
    return run


def _activate(program: Program, step: ExpandedEmit, accumulator: NDArray[np.int64]) -> NDArray[np.int64]:
    """Activations (lanes,) by thresholds met, counted down where inverted."""
    most = (1 << step.bits) - 1
    activation = np.zeros(step.lanes, np.int64)
    for lane in range(step.lanes):
        met = sum(int(accumulator[lane]) >= program.threshold(step.threshold + t, lane)[0] for t in range(most))
        activation[lane] = most - met if program.threshold(step.threshold, lane)[1] else met
    return activation
