# SPDX-License-Identifier: BSD-3-Clause
"""Devices of a layer as tensors: those of a given die, or of dies drawn from the statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..chip import Chip
from ..dies import Population, sample_population
from ..golden import DieImage, make_die_image
from .wiring import Wiring

#: Identifiers of drawn dies start here, so that training never meets a die of a population of the same seed.
_FIRST_DRAWN_DIE = 1 << 31


@dataclass(frozen=True)
class Devices:
    """What each device of a layer adds to its column when its row is driven [LSB], by written state.

    Parameters
    ----------
    on, off : tensors (dies * slices, 2, copies * neurons, rows)
        Devices of the G+ columns (0) and the G- columns (1) after P and after AP have been written, defects and gain
        errors included.
    offset : tensor (dies * slices, 2, copies * neurons) or None
        Offsets of the columns [LSB]; None: zero.
    negative : bool
        Whether a device may take from its column, as no cell does without a gain below zero.
    """

    on: Tensor
    off: Tensor
    offset: Tensor | None = None
    negative: bool = True

    @classmethod
    def of_sides(cls, plus_p: Tensor, plus_ap: Tensor, minus_p: Tensor, minus_ap: Tensor, *offsets: Tensor) -> Devices:
        """From tensors (reads, rows, pairs) of either column and state, and offsets (reads, 1, pairs) of either."""
        on, off = torch.stack([plus_p, minus_p], 1), torch.stack([plus_ap, minus_ap], 1)
        offset = torch.cat(offsets, 1) if offsets else None
        negative = bool(min(on.min(), off.min()) < 0)
        return cls(on.transpose(2, 3).contiguous(), off.transpose(2, 3).contiguous(), offset, negative)

    @classmethod
    def joined(cls, parts: Sequence[Devices]) -> Devices:
        """The dies of several, one after the other."""
        offsets = [part.offset for part in parts if part.offset is not None]
        return cls(
            torch.cat([part.on for part in parts]),
            torch.cat([part.off for part in parts]),
            torch.cat(offsets) if offsets else None,
            any(part.negative for part in parts),
        )

    @property
    def plus_p(self) -> Tensor:
        """Devices of the G+ columns in P, (dies * slices, rows, copies * neurons)."""
        return self.on[:, 0].transpose(1, 2)

    @property
    def plus_ap(self) -> Tensor:
        return self.off[:, 0].transpose(1, 2)

    @property
    def minus_p(self) -> Tensor:
        return self.on[:, 1].transpose(1, 2)

    @property
    def minus_ap(self) -> Tensor:
        return self.off[:, 1].transpose(1, 2)

    @property
    def plus_offset(self) -> Tensor | None:
        """Offsets of the G+ columns, (dies * slices, 1, copies * neurons)."""
        return None if self.offset is None else self.offset[:, 0:1]

    @property
    def minus_offset(self) -> Tensor | None:
        return None if self.offset is None else self.offset[:, 1:2]

    @classmethod
    def of_images(cls, parallel: DieImage, antiparallel: DieImage, wiring: Wiring, dtype: torch.dtype) -> Devices:
        """Devices of the dies of two images: one with every device in P, one with every device in AP.

        Given the same image twice, these are the devices as written there, whatever the weights.
        """
        scale = 1.0 / (1 << parallel.fraction_bits)

        def laid(values: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> list[Tensor]:
            return [torch.from_numpy(np.concatenate(side) * scale).to(dtype) for side in zip(*values, strict=True)]

        plus_p, minus_p = laid([wiring.devices(q) for q in parallel.q])
        plus_ap, minus_ap = laid([wiring.devices(q) for q in antiparallel.q])
        if not parallel.offset.any():
            return cls.of_sides(plus_p, plus_ap, minus_p, minus_ap)
        plus_offset, minus_offset = laid([wiring.columns(offset) for offset in parallel.offset])
        return cls.of_sides(plus_p, plus_ap, minus_p, minus_ap, plus_offset, minus_offset)

    @classmethod
    def of_population(cls, population: Population, chip: Chip, wirings: Sequence[Wiring], seed: int) -> list[Devices]:
        """Devices of every layer on the dies of a population, rounded as their die images are.

        Only with ideal wires does each device have a contribution of its own. Otherwise it is the one that it has among
        neighbours half of which are in either state: how other weights change it is left out of training.
        """
        some = np.indices(population.shape[1:]).sum(axis=0) % 2 == 0
        images = [
            make_die_image(population, states, chip.geometry, chip.cell, chip.sensing, seed, wires=chip.wires)
            for states in (some, ~some)
        ]
        parallel = images[0].replace(q=np.where(some, images[0].q, images[1].q))
        antiparallel = images[0].replace(q=np.where(some, images[1].q, images[0].q))
        return [cls.of_images(parallel, antiparallel, wiring, torch.float32) for wiring in wirings]

    @classmethod
    def drawn(
        cls, chip: Chip, wirings: Sequence[Wiring], dies: int, seed: int, generator: torch.Generator
    ) -> list[Devices]:
        """Devices of every layer on ``dies`` dies drawn from the chip's statistics.

        ``seed`` is that of the training; which of its dies are drawn comes from ``generator``.
        """
        numbers = torch.randint(_FIRST_DRAWN_DIE, 2 * _FIRST_DRAWN_DIE, (dies,), generator=generator)
        population = sample_population(chip.geometry, chip.cell, chip.statistics, numbers.tolist(), seed)
        return cls.of_population(population, chip, wirings, seed)
