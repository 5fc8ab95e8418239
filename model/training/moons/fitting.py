# SPDX-License-Identifier: BSD-3-Clause
"""Hardware-aware training: of the margin that the worst transfers leave to each point.

Every step writes the network into many crossbars at once. For each point the margin (logit times the sign of its class)
that 5 % of the transfers fall below is pushed above zero by a loss that saturates: points that cannot be saved do not
pull on the others. The reported figure is the share of points above zero.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...array import Wires
from .crossbar import WINDOW, WritingErrors
from .evaluation import Transfers, correct_shares
from .forward import Crossbars
from .layout import LayerArrays, Written
from .points import Points

#: Share of a point's transfers that may go wrong.
ALLOWED = 0.05
_CLEAN_WANTED = 0.975
_CHECK_TRANSFERS = 400


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    hidden : int
        Hidden neurons.
    scales : tuple of float
        Weight of a pair across the whole window, of each layer.
    arrays : LayerArrays
        How layers are cut into arrays.
    starts : int
        Short trainings of different beginnings; the one with most training points right goes on.
    clean_steps, short_steps, long_steps : int
        Steps without errors, with errors, and of the one that goes on.
    transfers, batch : int
        Crossbars and points of a step.
    rate : float
        Learning rate of the short trainings; 0.6 of it in the long one. Both fall to 0 by a cosine.
    """

    hidden: int = 8
    scales: tuple[float, float] = (20.0, 7.0)
    arrays: LayerArrays = dataclasses.field(default_factory=LayerArrays)
    starts: int = 6
    clean_steps: int = 200
    short_steps: int = 500
    long_steps: int = 2500
    transfers: int = 96
    batch: int = 256
    rate: float = 0.03

    def __post_init__(self) -> None:
        for name in ("hidden", "starts", "long_steps", "transfers", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"recipe: {name} must be at least 1, not {getattr(self, name)}")
        for name in ("clean_steps", "short_steps"):
            if getattr(self, name) < 0:
                raise ValueError(f"recipe: {name} must be at least 0, not {getattr(self, name)}")

    def replace(self, **changes: Any) -> Recipe:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


def fit_hardware_aware(
    points: Points, errors: WritingErrors, recipe: Recipe, seed: int, wires: Wires | None = None
) -> Written:
    """Train for transfers.

    Parameters
    ----------
    points : Points
        To train on.
    errors : WritingErrors
        Of the crossbars.
    recipe : Recipe
        How.
    seed : int
        Of beginnings, batches and transfers.
    wires : Wires or None
        Line resistances inside the loop; None: ideal lines.
    """
    return _Fit(points, errors, recipe, seed, Wires() if wires is None else wires).run()


class _Fit:
    def __init__(self, points: Points, errors: WritingErrors, recipe: Recipe, seed: int, wires: Wires) -> None:
        self._points, self._errors, self._recipe, self._seed, self._wires = points, errors, recipe, seed, wires
        self._generator = np.random.default_rng([seed, 0x4D4F4F4E])
        self._x = torch.from_numpy(points.x)
        self._sign = torch.from_numpy(np.where(points.label, 1, -1).astype(np.float32))

    def run(self) -> Written:
        recipe = self._recipe
        best: tuple[float, Crossbars] | None = None
        for _ in range(recipe.starts):
            network = Crossbars(self._beginning())
            steps = recipe.clean_steps + recipe.short_steps
            self._descend(network, steps, recipe.rate, clean=recipe.clean_steps)
            value = self._value(network.written()) if recipe.starts > 1 else 0.0
            if best is None or value > best[0]:
                best = value, network
        assert best is not None
        self._descend(best[1], recipe.long_steps, 0.6 * recipe.rate, clean=0)
        return best[1].written()

    def _beginning(self) -> Written:
        """Small random weights: one device of each pair above the bottom of the window, by the weight's sign."""
        sizes = (2, self._recipe.hidden, 1)
        targets = []
        for inputs, neurons in itertools.pairwise(sizes):
            weights = self._generator.uniform(-0.5, 0.5, (neurons, inputs + 1))
            shares = np.stack([np.maximum(weights, 0), np.maximum(-weights, 0)], axis=-1)
            targets.append((WINDOW[0] + (WINDOW[1] - WINDOW[0]) * shares).astype(np.float32))
        return Written(tuple(targets), self._recipe.scales, self._recipe.arrays)

    def _value(self, written: Written) -> float:
        """Training points that hold in enough transfers, less what a poor accuracy without errors costs."""
        transfers = Transfers(self._errors, _CHECK_TRANSFERS, self._seed + 1000, self._wires)
        shares, clean = correct_shares(written, self._points, transfers)
        return float((shares >= 1 - ALLOWED).mean()) - 10 * max(0.0, _CLEAN_WANTED - float(clean.mean()))

    def _descend(self, network: Crossbars, steps: int, rate: float, clean: int) -> None:
        optimiser = torch.optim.Adam(network.parameters(), lr=rate)
        for step in range(steps):
            done = step / steps
            optimiser.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * done))
            chosen = torch.from_numpy(self._generator.permutation(len(self._x))[: self._recipe.batch])
            if step < clean:
                margins = self._margins(network, network.clean(self._wires), chosen)
                loss = torch.nn.functional.softplus(-margins).mean()
            else:
                loss = self._loss(network, chosen, temperature=0.5 * (1 - 0.6 * done))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            network.keep_in_window()

    def _loss(self, network: Crossbars, chosen: torch.Tensor, temperature: float) -> torch.Tensor:
        drawn = network.draw(self._errors, self._recipe.transfers, self._generator, self._wires)
        margins = self._margins(network, drawn, chosen)
        worst = max(1, round(ALLOWED * self._recipe.transfers))
        left = torch.topk(margins, worst + 1, 0, largest=False).values[-1]
        clean = self._margins(network, network.clean(self._wires), chosen)
        softplus = torch.nn.functional.softplus
        return (
            torch.sigmoid(-left / temperature).mean()
            + 0.3 * softplus(-clean / temperature).mean()
            + 0.1 * softplus(-margins).mean()
        )

    def _margins(self, network: Crossbars, conductances: list[torch.Tensor], chosen: torch.Tensor) -> torch.Tensor:
        return network.logits(self._x[chosen], conductances) * self._sign[chosen]
