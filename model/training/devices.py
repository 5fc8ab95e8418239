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
    plus_p, plus_ap, minus_p, minus_ap : tensors (dies * slices, rows, copies * neurons)
        Devices of the G+ and G- columns after P and AP have been written, defects and gain errors included.
    plus_offset, minus_offset : tensors (dies * slices, 1, copies * neurons) or None
        Offsets of the columns [LSB]; None: zero.
    """

    plus_p: Tensor
    plus_ap: Tensor
    minus_p: Tensor
    minus_ap: Tensor
    plus_offset: Tensor | None = None
    minus_offset: Tensor | None = None

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
            return cls(plus_p, plus_ap, minus_p, minus_ap)
        plus_offset, minus_offset = laid([wiring.columns(offset) for offset in parallel.offset])
        return cls(plus_p, plus_ap, minus_p, minus_ap, plus_offset, minus_offset)

    @classmethod
    def of_population(cls, population: Population, chip: Chip, wirings: Sequence[Wiring], seed: int) -> list[Devices]:
        """Devices of every layer on the dies of a population, rounded as their die images are.

        Lines without resistance are assumed: only then does each device have a contribution of its own.
        """
        shape = population.shape[1:]
        images = [
            make_die_image(population, np.full(shape, state), chip.geometry, chip.cell, chip.sensing, seed)
            for state in (True, False)
        ]
        return [cls.of_images(images[0], images[1], wiring, torch.float32) for wiring in wirings]

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
