# SPDX-License-Identifier: BSD-3-Clause
"""Training of all solutions at once: each a slice of the same tensors, with devices, splits and numbers of its own.

A weight is a pair of devices: +1 is (P, AP), -1 is (AP, P), 0 is (AP, AP). In every step each device's conductance is
drawn anew with its spread, and a few devices are in the state that was not wanted; the gradient passes straight through
the three levels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .solutions import CLASSES, HIDDEN, INPUTS, Solutions

#: Latent weights beyond +-1; a weight is not 0 from a third up.
_LIMIT, _STEP = 1.0, 1 / 3


@dataclass(frozen=True)
class TrainingSettings:
    """How solutions are trained.

    Parameters
    ----------
    steps : int
        Steps of the optimiser, each over all training samples.
    learning_rate : float
        Of Adam, falling to 0 as a half cosine.
    spread : float
        Standard deviation of ln(conductance) of a device.
    flips : float
        Probability that a device is not in its state.
    off_ratio : float
        G_off / (G_on - G_off): 1 / TMR.
    scale_spread : float
        Standard deviation of ln(scale): one factor for all currents of a draw, as wires and temperature make one.
    bias_decay : float
        Weight of the squared biases in the loss.
    gain : float
        What scores are multiplied by in the loss: the larger, the less margin is asked for.

    Raises
    ------
    ValueError
        If a value is out of range; the message names it.
    """

    steps: int = 1500
    learning_rate: float = 0.03
    spread: float = 0.05
    flips: float = 0.01
    off_ratio: float = 1 / 1.2
    scale_spread: float = 0.1
    bias_decay: float = 1e-3
    gain: float = 3.0

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"training: steps must be at least 1, not {self.steps}")
        for name in ("spread", "flips", "off_ratio", "scale_spread", "bias_decay"):
            if not 0 <= getattr(self, name) < 10:
                raise ValueError(f"training: {name} must be from 0 to below 10, not {getattr(self, name)!r}")
        for name in ("learning_rate", "gain"):
            if not getattr(self, name) > 0:
                raise ValueError(f"training: {name} must be positive, not {getattr(self, name)!r}")

    def replace(self, **changes: Any) -> TrainingSettings:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


def train_solutions(
    inputs: NDArray[np.float64],
    labels: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    numbers: tuple[int, ...],
    seed: int,
    settings: TrainingSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Solutions:
    """Train one solution for each row of ``chosen``.

    Parameters
    ----------
    inputs : float array (samples, 13)
        From 0 to 1.
    labels : int array (samples,)
    chosen : bool array (solutions, samples)
        What each solution is trained on.
    numbers : tuple of int
        Numbers of the solutions.
    seed : int
        Of initial weights and of what is drawn in the steps.
    settings : TrainingSettings, optional
    progress : function (steps done, steps), optional

    Raises
    ------
    ValueError
        If there are not as many rows as numbers.
    """
    if len(chosen) != len(numbers):
        raise ValueError(f"training: chosen must have {len(numbers)} rows, one for each solution, not {len(chosen)}")
    chosen_settings = TrainingSettings() if settings is None else settings
    model = _Networks(len(numbers), seed, chosen_settings)
    optimiser = torch.optim.Adam(model.parameters, lr=chosen_settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, chosen_settings.steps)
    x = torch.from_numpy(inputs.astype(np.float32))
    y = torch.from_numpy(labels.astype(np.int64))
    mask = torch.from_numpy(chosen.astype(np.float32))
    share = mask / mask.sum(dim=1, keepdim=True)
    for step in range(chosen_settings.steps):
        optimiser.zero_grad()
        scores = model.scores(x) * chosen_settings.gain
        loss = torch.logsumexp(scores, dim=2) - scores.gather(2, y.expand(len(numbers), -1).unsqueeze(2)).squeeze(2)
        decay = chosen_settings.bias_decay * sum((bias**2).sum() for bias in model.biases)
        total = (loss * share).sum() + decay
        total.backward()
        optimiser.step()
        schedule.step()
        model.clamp()
        if progress is not None:
            progress(step + 1, chosen_settings.steps)
    return model.solutions(numbers)


class _Networks:
    """All networks: latent weights (solutions, inputs, neurons) and biases."""

    def __init__(self, count: int, seed: int, settings: TrainingSettings) -> None:
        self._random = torch.Generator().manual_seed(seed)
        self._settings = settings
        self.weights = [
            self._uniform(count, INPUTS, HIDDEN).mul_(2).sub_(1).requires_grad_(),
            self._uniform(count, HIDDEN, CLASSES).mul_(2).sub_(1).requires_grad_(),
        ]
        self.biases = [
            torch.zeros(count, 1, HIDDEN).requires_grad_(),
            torch.zeros(count, 1, CLASSES).requires_grad_(),
        ]

    @property
    def parameters(self) -> list[Tensor]:
        return [*self.weights, *self.biases]

    def scores(self, inputs: Tensor) -> Tensor:
        """Scores (solutions, samples, 3) of one draw of devices."""
        count = self.weights[0].shape[0]
        factor = torch.exp(self._settings.scale_spread * self._normal(count, 1, 1))
        hidden = torch.tanh(inputs @ (self._drawn(self.weights[0]) * factor) + self.biases[0])
        return hidden @ (self._drawn(self.weights[1]) * factor) + self.biases[1]

    def clamp(self) -> None:
        """Latent weights stay where a step can still turn them."""
        with torch.no_grad():
            for weight in self.weights:
                weight.clamp_(-_LIMIT, _LIMIT)

    def solutions(self, numbers: tuple[int, ...]) -> Solutions:
        states = []
        for weight in self.weights:
            pairs = torch.stack([weight > _STEP, weight < -_STEP], dim=3).detach().numpy()
            states.append(pairs.reshape(*pairs.shape[:2], -1))
        first, second = (bias.detach().numpy()[:, 0].astype(np.float64) for bias in self.biases)
        return Solutions(numbers, states[0], first, states[1], second)

    def _drawn(self, latent: Tensor) -> Tensor:
        """Weights that one draw of devices gives; the gradient is that of the latent weight."""
        with torch.no_grad():
            plus = self._conductance(latent > _STEP)
            minus = self._conductance(latent < -_STEP)
        return latent + (plus - minus - latent).detach()

    def _conductance(self, state: Tensor) -> Tensor:
        """In units of G_on - G_off."""
        settings = self._settings
        held = state ^ (self._uniform(*state.shape) < settings.flips)
        return (settings.off_ratio + held.float()) * torch.exp(settings.spread * self._normal(*state.shape))

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._random)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._random)
