# SPDX-License-Identifier: BSD-3-Clause
"""The network through its conductances, in torch, with the gradient that writing errors let through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ...array import Wires
from .crossbar import WINDOW, WritingErrors
from .layout import Written
from .lines import through_lines

_SPAN = WINDOW[1] - WINDOW[0]


class Crossbars(torch.nn.Module):
    """A network whose parameters are the wanted conductances, as shares of the window.

    Parameters
    ----------
    start : Written
        Where training starts.
    """

    def __init__(self, start: Written) -> None:
        super().__init__()
        self.scales, self.arrays, self._later = start.scales, start.arrays, start.later
        self.shares = torch.nn.ParameterList(
            torch.nn.Parameter((torch.from_numpy(target) - WINDOW[0]) / _SPAN) for target in start.targets
        )

    def targets(self) -> list[torch.Tensor]:
        """Wanted conductances of each layer, (neurons, inputs + 1, 2) [uS]."""
        return [WINDOW[0] + _SPAN * share for share in self.shares]

    def written(self) -> Written:
        """The network as it stands."""
        targets = tuple(target.detach().numpy().astype(np.float32) for target in self.targets())
        return Written(targets, self.scales, self.arrays)

    def draw(
        self, errors: WritingErrors, transfers: int, generator: np.random.Generator, wires: Wires
    ) -> list[torch.Tensor]:
        """Conductances after so many transfers, seen through the lines.

        The gradient passes as if nothing had happened, except that a stuck device gets none.
        """
        drawn = []
        for target, later in zip(self.targets(), self._later, strict=True):
            wanted = target.detach().numpy()
            values, stuck = errors.draw(wanted, later, transfers, generator)
            seen = torch.from_numpy(through_lines(values, self.arrays, wires))
            drawn.append(torch.where(torch.from_numpy(stuck), seen, seen + (target - target.detach())))
        return drawn

    def clean(self, wires: Wires) -> list[torch.Tensor]:
        """Conductances as they are wanted, seen through the lines; one transfer."""
        targets = [target.unsqueeze(0) for target in self.targets()]
        if wires.ideal:
            return targets
        return [
            torch.from_numpy(through_lines(target.detach().numpy(), self.arrays, wires)) + (target - target.detach())
            for target in targets
        ]

    def logits(self, x: torch.Tensor, conductances: Sequence[torch.Tensor]) -> torch.Tensor:
        """Logit of every point in every transfer, (transfers, points)."""
        signal = x.expand(conductances[0].shape[0], *x.shape)
        for index, (conductance, scale) in enumerate(zip(conductances, self.scales, strict=True)):
            weights = (conductance[..., 0] - conductance[..., 1]) * (scale / _SPAN)
            inputs, bias = weights[..., :-1].transpose(1, 2), weights[..., -1].unsqueeze(1)
            sums = torch.baddbmm(bias, signal, inputs)
            signal = torch.sigmoid(sums) if index < len(self.scales) - 1 else sums
        return signal[..., 0]

    @torch.no_grad()
    def keep_in_window(self) -> None:
        """No device can be asked for more or less than the window."""
        for share in self.shares:
            share.clamp_(0, 1)
