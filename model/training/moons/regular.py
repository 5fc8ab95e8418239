# SPDX-License-Identifier: BSD-3-Clause
"""Regular training, as published and not tuned: it knows nothing of crossbars; its weights are written afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .crossbar import WINDOW
from .layout import LayerArrays, Written
from .points import Points

#: Published: epochs, points of a step, learning rate of Adam.
EPOCHS, BATCH, RATE = 10_000, 256, 0.1


def fit_regular(
    points: Points,
    seed: int,
    *,
    hidden: int = 8,
    epochs: int = EPOCHS,
    weight_range: float | None = None,
    arrays: LayerArrays | None = None,
) -> Written:
    """Binary cross-entropy of the logit, sigmoids between, Adam; then each layer's weights across the window.

    Parameters
    ----------
    points : Points
        To train on.
    seed : int
        Of the beginning and the order of the points.
    hidden : int
        Hidden neurons.
    epochs : int
        Passes over the points.
    weight_range : float or None
        Largest magnitude that a weight may take during training; None: any.
    arrays : LayerArrays or None
        How layers are cut; 8 x 8 crossbars by default.

    Raises
    ------
    ValueError
        If ``epochs`` or ``weight_range`` is not positive.
    """
    if epochs < 1 or (weight_range is not None and not weight_range > 0):
        raise ValueError(f"regular training: epochs and weight range must be positive, not {epochs}, {weight_range}")
    generator = np.random.default_rng([seed, 0x52454755])
    sizes = (2, hidden, 1)
    # Each begins as a linear layer of torch does.
    layers = [
        generator.uniform(-(inputs**-0.5), inputs**-0.5, (neurons, inputs + 1))
        for inputs, neurons in itertools.pairwise(sizes)
    ]
    adam = _Adam(layers)
    x = np.concatenate([points.x, np.ones((len(points.x), 1))], axis=1)
    for _ in range(epochs):
        order = generator.permutation(len(x))
        for start in range(0, len(x), BATCH):
            chosen = order[start : start + BATCH]
            adam.step(layers, gradients(layers, x[chosen], points.label[chosen]))
            if weight_range is not None:
                for weights in layers:
                    np.clip(weights, -weight_range, weight_range, out=weights)
    return written_weights(layers, arrays or LayerArrays())


def gradients(
    layers: Sequence[NDArray[np.float64]], x: NDArray[np.float64], label: NDArray[np.bool_]
) -> list[NDArray[np.float64]]:
    """Of the mean cross-entropy by the weights of a network of one hidden layer; ``x`` ends in a column of ones."""
    first, last = layers
    hidden = 0.5 + 0.5 * np.tanh(0.5 * (x @ first.T))
    logits = hidden @ last[0, :-1] + last[0, -1]
    excess = (0.5 + 0.5 * np.tanh(0.5 * logits) - label) / len(x)
    back = excess[:, None] * last[:, :-1] * hidden * (1 - hidden)
    return [back.T @ x, np.append(excess @ hidden, excess.sum())[None]]


class _Adam:
    """Adam with its usual constants."""

    def __init__(self, parameters: Sequence[NDArray[np.float64]]) -> None:
        self._mean = [np.zeros_like(p) for p in parameters]
        self._square = [np.zeros_like(p) for p in parameters]
        self._steps = 0

    def step(self, parameters: Sequence[NDArray[np.float64]], gradient: Sequence[NDArray[np.float64]]) -> None:
        """Change the parameters in place."""
        self._steps += 1
        rate = RATE / (1 - 0.9**self._steps)
        bias = 1 - 0.999**self._steps
        for p, g, mean, square in zip(parameters, gradient, self._mean, self._square, strict=True):
            mean += 0.1 * (g - mean)
            square += 0.001 * (g * g - square)
            p -= rate * mean / (np.sqrt(square / bias) + 1e-8)


def written_weights(weights: Sequence[NDArray[np.float64]], arrays: LayerArrays) -> Written:
    """Weights as conductances: each layer's largest magnitude takes the whole window, by one device of the pair."""
    scales = tuple(float(np.abs(layer).max()) for layer in weights)
    targets = []
    for layer, scale in zip(weights, scales, strict=True):
        shares = np.stack([np.maximum(layer, 0), np.maximum(-layer, 0)], axis=-1) / scale
        targets.append((WINDOW[0] + (WINDOW[1] - WINDOW[0]) * shares).astype(np.float32))
    return Written(tuple(targets), scales, arrays)
