# SPDX-License-Identifier: BSD-3-Clause
"""From programming to inference: the network's weights as commands, and the states that the RTL left as a die image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.dies import Population
from spintile.model.golden import DieImage, make_die_image
from spintile.model.mapping import Compiled
from spintile.model.programming import WriteCommand
from spintile.model.sensing import Repair

from ..job import CosimJob
from .job import ProgramJob
from .run import ProgramOutcome

__all__ = ["inference_job", "left_image", "weights_job"]


def weights_job(
    chip: Chip,
    population: Population,
    compiled: Compiled | Sequence[Compiled],
    seed: int,
    *,
    characterise: bool = True,
    **settings: Any,
) -> ProgramJob:
    """The job that writes a network's states into dies.

    Parameters
    ----------
    chip : Chip
        The chip.
    population : Population
        The dies.
    compiled : Compiled, or one for each die
        The network; dies that were trained for have one each.
    seed : int
        Of the array, see ``ProgramJob``.
    characterise : bool
        Whether every cell is characterised first.
    **settings
        More fields of ``ProgramJob``.

    Raises
    ------
    ValueError
        If there are several networks and not one for each die.
    """
    if isinstance(compiled, Compiled):
        targets = compiled.states
    else:
        if len(compiled) != population.dies:
            raise ValueError(f"networks must be one, or one for each of {population.dies} dies, not {len(compiled)}")
        targets = np.stack([one.states for one in compiled])
    write = WriteCommand("targets", targets)
    return ProgramJob(
        chip, population, seed, (WriteCommand("characterise"), write) if characterise else (write,), **settings
    )


def left_image(job: ProgramJob, outcome: ProgramOutcome) -> DieImage:
    """The dies as integers, in the states that the RTL left; amplifiers and noise are those of the programming."""
    chip = job.chip
    return make_die_image(
        job.population, outcome.states, chip.geometry, chip.cell, chip.sensing, job.seed, wires=chip.wires
    )


def inference_job(
    job: ProgramJob,
    outcome: ProgramOutcome,
    compiled: Compiled,
    images: NDArray[np.uint8],
    *,
    repair: Repair | None = None,
    **settings: Any,
) -> CosimJob:
    """Inference on what programming left, for ``cosimulate``.

    Parameters
    ----------
    job, outcome : ProgramJob, ProgramOutcome
        What was programmed, and what became of it.
    compiled : Compiled
        The network.
    images : int array (images, ...)
        Inputs, as ``golden.infer`` takes them.
    repair : Repair or None
        Column repair; the chip's for this network unless given.
    **settings
        More fields of ``CosimJob``.

    Raises
    ------
    ValueError
        If a die was not programmed to the end.
    """
    if outcome.error:
        raise ValueError(f"dies must be programmed before they infer, and are not: {outcome.error}")
    chosen = job.chip.repair_for(compiled.network) if repair is None else repair
    return CosimJob(compiled, left_image(job, outcome), images, repair=chosen, **settings)
