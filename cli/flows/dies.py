# SPDX-License-Identifier: BSD-3-Clause
"""Dies as the commands want them: drawn with progress, chosen by number, held against the chip they are read as."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Progress
from ..errors import BadInput

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import DefectStatistics, Population
    from spintile.model.dies.fitting import Fit

#: Healthy conductances further than this from the chip's nominal ones are another process.
OTHER_CELL = 0.03


def draw_dies(
    chip: Chip, statistics: DefectStatistics, dies: int | Sequence[int], seed: int, progress: Progress
) -> Population:
    """Draw dies a few at a time: a die depends only on the seed and its number."""
    from spintile.model.dies import sample_population

    numbers = list(range(dies)) if isinstance(dies, int) else list(dies)
    progress("draw the dies", 0.0)
    if not numbers:
        return sample_population(chip.geometry, chip.cell, statistics, numbers, seed)  # which says what is wrong
    at_once = max(1, 2_000_000 // chip.geometry.devices)
    parts = []
    for first in range(0, len(numbers), at_once):
        chosen = numbers[first : first + at_once]
        parts.append(sample_population(chip.geometry, chip.cell, statistics, chosen, seed))
        progress("draw the dies", min(0.999, (first + len(chosen)) / len(numbers)), f"{first + len(chosen)} dies")
    progress("draw the dies", 1.0, f"{len(numbers)} dies")
    return join_populations(parts)


def join_populations(parts: Sequence[Population]) -> Population:
    """Populations of one process as one; everything but the devices is the first one's."""
    import numpy as np  # here, not above: --help of the commands imports this module

    if len(parts) == 1:
        return parts[0]
    names = ("g_p", "g_ap", "defect", "die_ids", "row_breaks", "col_breaks")
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in names
        if getattr(parts[0], name) is not None
    }
    return dataclasses.replace(parts[0], **arrays)


def choose_dies(population: Population, numbers: Sequence[int], source: Path, option: str = "--dies") -> Population:
    """The dies of these numbers, in their order.

    Raises
    ------
    BadInput
        If one is not there, or asked for twice.
    """
    known = {int(die): place for place, die in enumerate(population.die_ids)}
    for number in numbers:
        if number not in known:
            raise BadInput(f"{option} must be dies of {source} ({min(known)} to {max(known)}), not {number}")
    if len(set(numbers)) != len(numbers):
        twice = next(number for number in numbers if list(numbers).count(number) > 1)
        raise BadInput(f"{option} must name every die once, not die {twice} twice")
    return population.select([known[number] for number in numbers])


def check_shape(population: Population, chip: Chip, source: Path) -> None:
    """BadInput if the dies are not shaped as the chip is."""
    wanted = (chip.geometry.kernels, chip.geometry.rows, chip.geometry.cols)
    if population.shape[1:] != wanted:
        raise BadInput(
            f"{source}: dies must be those of {chip.geometry.name}, {_shape(wanted)}, not "
            f"{_shape(population.shape[1:])}"
        )


def _shape(shape: Sequence[int]) -> str:
    kernels, rows, cols = shape
    return f"{kernels} kernels of {rows} x {cols}"


def fitted_chip(chip: Chip, fit: Fit) -> Chip:
    """The chip with the cell and the statistics of a fit: what dies like those fitted are read and trained as.

    Its converters' full scale and the constants of its column repair follow from the cell.
    """
    return chip.replace(cell=fit.cell, statistics=fit.statistics)


def warn_of_other_cell(statistics: Path, chip: Chip) -> None:
    """A warning if a statistics file was fitted to cells that are not the chip's."""
    from spintile.model.files import read_toml

    cell = read_toml(statistics, 1).get("cell")
    if not isinstance(cell, dict):
        return
    try:
        r_p, tmr, r_access = (float(cell[name]) for name in ("r_p", "tmr", "r_access"))
        found = (1 / (r_p + r_access), 1 / (r_p * (1 + tmr) + r_access))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return  # the statistics stand without it
    wanted = (chip.cell.g_p, chip.cell.g_ap)
    if any(abs(a / b - 1) > OTHER_CELL for a, b in zip(found, wanted, strict=True)):
        warnings.warn(
            f"{statistics}: was fitted to cells of {_cell(*found)} and the chip's are {_cell(*wanted)}, which are what "
            "is used; write a chip of the fitted cells with spintile die fit --chip-out chip.toml, and give it as "
            "--chip everywhere",
            stacklevel=2,
        )


def warn_of_other_dies(population: Population, chip: Chip, source: Path) -> None:
    """A warning if the healthy cells of dies are not the chip's."""
    import numpy as np

    healthy = population.defect == 0
    if not healthy.any():
        return
    found = (float(np.median(population.g_p[healthy])), float(np.median(population.g_ap[healthy])))
    wanted = (chip.cell.g_p, chip.cell.g_ap)
    if any(abs(a / b - 1) > OTHER_CELL for a, b in zip(found, wanted, strict=True)):
        warnings.warn(
            f"{source}: healthy cells are {_cell(*found)} and the chip's {_cell(*wanted)}, which set the converters' "
            "full scale; spintile die fit --chip-out chip.toml writes a chip of these cells, to be given as --chip to "
            "training too",
            stacklevel=2,
        )


def _cell(g_p: float, g_ap: float) -> str:
    return f"G_P {g_p * 1e6:.0f} and G_AP {g_ap * 1e6:.0f} uS"
