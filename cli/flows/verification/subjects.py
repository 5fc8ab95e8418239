# SPDX-License-Identifier: BSD-3-Clause
"""What is verified: a network on some dies with some images, wherever they come from, as one job for every stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from spintile.model.evaluation import compile_for, die_image_for

from .cases import Case, chip_of, images_of, network_of

if TYPE_CHECKING:
    from spintile.cosim.job import CosimJob
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.golden import DieImage
    from spintile.model.mapping import Compiled
    from spintile.model.network import Network

__all__ = ["Images", "Subject", "case_subject"]


@dataclass(frozen=True, eq=False)
class Images:
    """Images as a network takes them.

    Parameters
    ----------
    values : uint8 array (images, ...)
        Quantised to the network's input bits.
    first : int
        Index of the first one in its data set.
    labels : int array (images,) or None
        True classes; None: not known.
    """

    values: NDArray[np.uint8]
    first: int = 0
    labels: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Subject:
    """A network on dies, with images.

    Parameters
    ----------
    name, reaches : str
        Short name, and what of the RTL it reaches.
    options : tuple of str
        The options of ``spintile verify`` that name it.
    chip, network, population, images
        What runs on what.
    seed : int
        Of column errors and read noise.
    flags : bool
        Flag every die's columns by self-test.
    examples : uint8 array (images, ...) or None
        Training images that flags are chosen by; None: by the devices alone.
    """

    name: str
    reaches: str
    options: tuple[str, ...]
    chip: Chip
    network: Network
    population: Population
    images: Images
    seed: int
    flags: bool = False
    examples: NDArray[np.uint8] | None = None

    @property
    def dies(self) -> NDArray[np.int64]:
        """Numbers of the dies: (dies,)."""
        return self.population.die_ids

    @property
    def count(self) -> int:
        """Images on each die."""
        return len(self.images.values)

    @cached_property
    def compiled(self) -> Compiled:
        """The network on its chip."""
        return compile_for(self.network, self.chip, flags=self.flags)

    @cached_property
    def die_image(self) -> DieImage:
        """All dies as integers."""
        return die_image_for(
            self.compiled, self.chip, self.population, self.seed, flags=self.flags, examples=self.examples
        )

    def job(self, positions: Sequence[int], images: slice) -> CosimJob:
        """Some of the images on the dies at some positions."""
        from spintile.cosim.job import CosimJob

        start, stop, _ = images.indices(self.count)
        return CosimJob(
            compiled=self.compiled,
            image=self.die_image.select(list(positions)),
            images=self.images.values[start:stop],
            repair=self.chip.repair,
            first_index=self.images.first + start,
        )


def case_subject(
    case: Case, base: Chip, dies: Sequence[int], first: int, count: int, seed: int, options: tuple[str, ...] = ()
) -> Subject:
    """A random case on dies drawn from the base's statistics.

    Parameters
    ----------
    case : Case
        Which.
    base : Chip
        Its cells and statistics.
    dies : sequence of int
        Numbers of the dies: each depends on the seed and its number alone.
    first, count : int
        First of the case's random images, and how many.
    seed : int
        Of network, dies, images and noise.
    options : tuple of str
        More options of the command that it depends on.
    """
    from spintile.model.dies import sample_population

    chip = chip_of(case, base)
    return Subject(
        name=case.name,
        reaches=case.reaches,
        options=("--case", case.name, *options),
        chip=chip,
        network=network_of(case, seed),
        population=sample_population(chip.geometry, chip.cell, chip.statistics, dies, seed),
        images=Images(images_of(case, first + count, seed)[first:], first),
        seed=seed,
        flags=case.flags,
    )
