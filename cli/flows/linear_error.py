# SPDX-License-Identifier: BSD-3-Clause
"""How far die images are from dies solved in full: in codes, and in the answers of a network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.evaluation import compile_for, die_image_for

from ..console import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.golden import LinearError
    from spintile.model.network import Network

COLUMNS = ("die", "largest", "mean", "changed [%]", "worst: kernel, column, rows")


def rows_of(errors: Sequence[LinearError]) -> list[tuple[str, ...]]:
    """Cells of a table under ``COLUMNS``, a row for each die."""
    return [
        (
            str(found.die),
            str(found.max_codes),
            f"{found.mean_codes:.3f}",
            f"{100 * found.changed:.2f}",
            f"{found.kernel}, {found.col}, {found.rows}",
        )
        for found in errors
    ]


def network_linear_error(
    network: Network,
    chip: Chip,
    population: Population,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    *,
    reads: int = 64,
    seed: int = 0,
    calibrate: bool = False,
    progress: Progress,
) -> tuple[list[LinearError], list[dict[str, Any]]]:
    """Errors of the die images with a network on them, and what they do to its answers.

    Parameters
    ----------
    network, chip, population, seed, calibrate
        As ``evaluate_on_dies``.
    images, labels
        What is answered both ways.
    reads : int
        Reads of every kernel in use that are compared.
    progress : Progress
        Told of the steps.

    Returns
    -------
    errors : list of LinearError
        One for each die.
    answers : list of dict
        For each die: ``die``, ``image`` and ``full`` (accuracies in percent by die image and by full solve), and
        ``different`` (images answered differently).
    """
    from spintile.model.golden import FullArray, infer, linear_error

    compiled = compile_for(network, chip, calibrate=calibrate)
    image = die_image_for(compiled, chip, population, seed, calibrate=calibrate)
    step = "reads solved in full"
    progress(step, 0.0)
    errors = linear_error(
        population,
        compiled.states,
        chip,
        reads=reads,
        kernels=np.unique(np.concatenate([layer.read_kernel for layer in compiled.schedule.layers])),
        seed=seed,
        image=image,
        progress=lambda done, total: progress(step, done / total, f"{done} of {total} dies"),
    )
    step, answers = "images solved in full", []
    for place in range(population.dies):
        progress(step, place / population.dies, f"{place} of {population.dies} dies")
        die, one = population.select([place]), image.select([place])
        by_image = infer(one, compiled, images, repair=chip.repair)
        in_full = infer(one, compiled, images, repair=chip.repair, full=FullArray(die, compiled.states, chip, seed))
        answers.append(
            {
                "die": int(population.die_ids[place]),
                "image": float(by_image.accuracy(labels)[0] * 100),
                "full": float(in_full.accuracy(labels)[0] * 100),
                "different": int(np.count_nonzero(by_image.classes != in_full.classes)),
            }
        )
    progress(step, 1.0, f"{population.dies} dies")
    return errors, answers


def as_dicts(errors: Sequence[LinearError]) -> list[dict[str, Any]]:
    """For JSON."""
    return [dataclasses.asdict(found) for found in errors]
