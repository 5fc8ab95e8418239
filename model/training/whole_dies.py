# SPDX-License-Identifier: BSD-3-Clause
"""Dies that can only be drawn whole: their wires or clusters tie devices to their neighbours, which takes its time."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..chip import Chip
from .devices import Devices
from .wiring import Wiring

#: Dies that are kept, at least, and for each die of a draw; and the draws after which one of them is replaced.
_KEPT, _KEPT_PER_DIE, _DRAWS = 32, 4, 8


class WholeDies:
    """Some dies are kept; each draw takes a few of them, and now and then a new die takes the place of the oldest.

    Drawing four dies of the default chip with resistive wires takes as long as twenty steps of training: so long a die
    is used more than once, always in other company and with other images.

    Parameters
    ----------
    chip : Chip
        Its statistics and wires say how dies differ.
    wirings : sequence of Wiring
        Of every layer.
    seed : int
        Of the dies.
    generator : torch.Generator
        Which dies, and which of them are taken, hangs on it alone.
    """

    def __init__(self, chip: Chip, wirings: Sequence[Wiring], seed: int, generator: torch.Generator) -> None:
        self._chip, self._wirings, self._seed, self._generator = chip, wirings, seed, generator
        self._kept: list[list[Devices]] = []
        self._oldest = 0
        self._draws = 0

    def take(self, dies: int) -> list[Devices]:
        """Devices of every layer on as many different dies."""
        while len(self._kept) < max(_KEPT, _KEPT_PER_DIE * dies):
            self._kept.append(self._drawn())
        self._draws += 1
        if self._draws % _DRAWS == 0:
            self._kept[self._oldest] = self._drawn()
            self._oldest = (self._oldest + 1) % len(self._kept)
        chosen = torch.randperm(len(self._kept), generator=self._generator)[:dies].tolist()
        return [Devices.joined([self._kept[die][layer] for die in chosen]) for layer in range(len(self._wirings))]

    def _drawn(self) -> list[Devices]:
        return Devices.drawn(self._chip, self._wirings, 1, self._seed, self._generator)
