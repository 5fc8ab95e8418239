# SPDX-License-Identifier: BSD-3-Clause
"""The experiment as functions of plain settings: what a sweep calls."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .on_array import DEVICES, WRITES, array_scores, chip_of, write_solutions
from .samples import load_samples, splits
from .solutions import Solutions, ideal_scores, pair_weights, two_layers
from .train import TrainingSettings, train_solutions

__all__ = [
    "DEVICES",
    "METRICS",
    "SCALES",
    "WRITES",
    "array_results",
    "pack",
    "solution_metrics",
    "train_task",
    "unpack",
]

#: G_norm / (G_on - G_off) that are swept.
SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5)
#: What may predict a solution's accuracy on its array, and what each means. The first three are known before writing.
METRICS = {
    "margin": "lower decile, over samples, of the right class's score less the best other one, ideal devices",
    "sensitivity": "mean loss of accuracy when one device of the solution is in the wrong state, ideal devices",
    "ideal": "accuracy of ideal devices",
    "weights": "share of weights that are not zero",
    "fidelity": "share of cells that hold their state after writing",
    "fidelity-output": "the same in the second matrix alone",
    "score-error": "r.m.s. difference of scores between array and ideal devices, over their spread",
}


def pack(solutions: Solutions) -> dict[str, Any]:
    """Solutions as plain values, so that a task's setting says all of it."""
    return {
        "numbers": list(solutions.numbers),
        "first": [_hex(states) for states in solutions.first],
        "first_bias": solutions.first_bias.tolist(),
        "second": [_hex(states) for states in solutions.second],
        "second_bias": solutions.second_bias.tolist(),
    }


def unpack(packed: dict[str, Any]) -> Solutions:
    """What ``pack`` was given."""
    return Solutions(
        tuple(packed["numbers"]),
        np.stack([_states(text, 13, 12) for text in packed["first"]]),
        np.array(packed["first_bias"], np.float64),
        np.stack([_states(text, 6, 6) for text in packed["second"]]),
        np.array(packed["second_bias"], np.float64),
    )


def _hex(states: NDArray[np.bool_]) -> str:
    return np.packbits(states).tobytes().hex()


def _states(text: str, rows: int, cols: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8), count=rows * cols)
    return bits.astype(np.bool_).reshape(rows, cols)


def train_task(seed: int, solutions: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train solutions 0 to ``solutions`` - 1, each on its own split."""
    samples, numbers = load_samples(), tuple(range(solutions))
    trained = train_solutions(
        samples.inputs, samples.labels, splits(numbers, seed), numbers, seed, TrainingSettings(**settings)
    )
    return pack(trained)


def array_results(
    seed: int, device: str, write: str, scales: list[float], solutions: dict[str, Any]
) -> dict[str, NDArray[Any]]:
    """Write solutions into their dies and ask all samples at every scale.

    Returns
    -------
    dict
        ``correct`` uint8 (scales, solutions, samples); ``before``, ``after`` (solutions,) shares of cells in their
        window; ``wrong`` (solutions, 2) cells in the wrong state by layer; ``pulses`` (solutions,); ``score_error``
        (scales, solutions).
    """
    group, samples = unpack(solutions), load_samples()
    chip = chip_of(device, write)
    run = write_solutions(group, chip, seed)
    scores = array_scores(group, run, chip, samples.inputs, tuple(scales))
    ideal = np.stack([ideal_scores(group, samples.inputs, scale) for scale in scales])
    error = np.sqrt(((scores - ideal) ** 2).mean(axis=(2, 3))) / ideal.std(axis=(2, 3))
    return {
        "correct": (scores.argmax(axis=3) == samples.labels).astype(np.uint8),
        "before": run.before,
        "after": run.after,
        "wrong": run.wrong,
        "pulses": run.pulses,
        "score_error": error,
    }


def solution_metrics(scale: float, solutions: dict[str, Any]) -> dict[str, NDArray[np.float64]]:
    """What is known of solutions before they are written, at one scale: the first four of ``METRICS``."""
    group, samples = unpack(solutions), load_samples()
    x, labels = samples.inputs, samples.labels
    scores = ideal_scores(group, x, scale)
    own = np.take_along_axis(scores, labels[np.newaxis, :, np.newaxis], axis=2)[..., 0]
    others = scores.copy()
    np.put_along_axis(others, labels[np.newaxis, :, np.newaxis], -np.inf, axis=2)
    ideal = (scores.argmax(axis=2) == labels).mean(axis=1)
    first, second = group.weights
    count = (np.abs(first).sum(axis=(1, 2)) + np.abs(second).sum(axis=(1, 2))) / (first[0].size + second[0].size)
    loss = [ideal[i] - _one_device_wrong(group, i, scale, x, labels) for i in range(len(group))]
    return {
        "margin": np.quantile(own - others.max(axis=2), 0.1, axis=1),
        "sensitivity": np.array(loss),
        "ideal": ideal,
        "weights": count.astype(np.float64),
    }


def _one_device_wrong(
    group: Solutions, position: int, scale: float, x: NDArray[np.float64], labels: NDArray[np.int64]
) -> float:
    """Mean accuracy over all ways to have one device in the wrong state."""
    first, second = group.first[position], group.second[position]
    flat = np.concatenate([first.ravel(), second.ravel()])
    flipped = flat ^ np.eye(flat.size, dtype=np.bool_)
    parts = flipped[:, : first.size].reshape(-1, *first.shape), flipped[:, first.size :].reshape(-1, *second.shape)
    scores = two_layers(
        pair_weights(parts[0]) / scale,
        group.first_bias[position][np.newaxis],
        pair_weights(parts[1]) / scale,
        group.second_bias[position][np.newaxis],
        x,
    )
    return float((scores.argmax(axis=2) == labels).mean())
