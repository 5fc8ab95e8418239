# SPDX-License-Identifier: BSD-3-Clause
"""Campaigns over many dies in bounded memory: how surely cells are written, and how well dies are characterised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..chip import Chip
from ..dies import Defect, sample_population
from .characterisation import recover
from .confusion import Confusion
from .controller import make_array, program
from .fidelity import Fidelity, fidelity

_TARGET_STREAM = 0x54415247
Progress = Callable[[int, int], None]


def random_targets(chip: Chip, die: int, seed: int) -> NDArray[np.bool_]:
    """Random states (kernels, rows, cols) for one die, from (seed, die) alone; True is P."""
    shape = (chip.geometry.kernels, chip.geometry.rows, chip.geometry.cols)
    return np.random.default_rng([seed, die, _TARGET_STREAM]).random(shape) < 0.5


def write_campaign(
    chip: Chip, dies: int = 151, seed: int = 1, progress: Progress | None = None, *, batch: int = 4
) -> dict[str, Any]:
    """Program random states into many dies, every cell from the state opposite to its target.

    Parameters
    ----------
    chip : Chip
        The chip; its dies are drawn from its statistics.
    dies : int
        How many; 151 dies of the ``borders`` chip hold three million healthy cells.
    seed : int
        Of dies, targets and pulses.
    progress : function (dies done, dies) or None
        Called after every batch.
    batch : int
        Dies held at once; the result does not depend on it.

    Returns
    -------
    dict
        Ready for JSON: ``fidelity``, pulses per cell, healthy cells whose device itself is in the wrong state, and the
        95 % upper bound of a healthy cell's failure rate (no failure in n cells: 3 / n).

    Raises
    ------
    ValueError
        If there is no die, or the chip is not written by pulses.
    """
    _check(dies, batch)
    total, pulses, wrong, passes = Fidelity(0, 0, 0, 0, 0, 0), 0, 0, 0
    for first in range(0, dies, batch):
        numbers = range(first, min(first + batch, dies))
        population = sample_population(chip.geometry, chip.cell, chip.statistics, list(numbers), seed)
        targets = np.stack([random_targets(chip, die, seed) for die in numbers])
        array = make_array(chip, population, seed, initial=~targets)
        report = program(array, chip, "targets", targets)
        total += fidelity(report, population.defect)
        assert report.pulses is not None
        pulses += int(report.pulses.sum())
        table = report.decode()
        passes = max(passes, int(table.stage.max(initial=0)) + 1)
        wrong += int(np.count_nonzero((array.state != targets) & (population.defect == Defect.NONE)))
        if progress is not None:
            progress(numbers[-1] + 1, dies)
    return {
        "dies": dies,
        "seed": seed,
        "fidelity": total.as_dict(),
        "pulses": pulses,
        "passes": passes,
        "healthy_in_wrong_state": wrong,
        "healthy_failure_rate_below": _upper_bound(total.healthy_failed_after, total.healthy),
    }


def characterise_campaign(
    chip: Chip, dies: int = 4, seed: int = 1, progress: Progress | None = None, *, batch: int = 4
) -> dict[str, Any]:
    """Characterise many dies and hold what was recovered against the truth.

    Parameters
    ----------
    chip, dies, seed, progress, batch
        As for ``write_campaign``.

    Returns
    -------
    dict
        Ready for JSON: ``confusion``; of healthy cells that were recovered as healthy the largest error of a
        conductance in LSB (``largest_error_lsb``), the mean size of the relative error (``mean_error``) and the
        relative error of the mean (``bias``); and the LSB in units of G_P.
    """
    _check(dies, batch)
    size = len(Defect)
    confusion = Confusion(np.zeros((size, size), np.int64))
    lsb = (1 << chip.geometry.fraction_bits) / chip.sensing.steps_per_siemens(chip.geometry, chip.cell)
    largest, relative, signed, count = 0.0, 0.0, 0.0, 0
    for first in range(0, dies, batch):
        numbers = range(first, min(first + batch, dies))
        population = sample_population(chip.geometry, chip.cell, chip.statistics, list(numbers), seed)
        found = recover(program(make_array(chip, population, seed), chip, "characterise"), chip)
        confusion += found.confusion(population)
        healthy = (population.defect == Defect.NONE) & (found.defect == Defect.NONE)
        for truth, read in ((population.g_p, found.g_p), (population.g_ap, found.g_ap)):
            error = read[healthy] - truth[healthy]
            largest = max(largest, float(np.abs(error).max(initial=0.0)) / lsb)
            relative += float(np.sum(np.abs(error) / truth[healthy]))
            signed += float(np.sum(error / truth[healthy]))
            count += error.size
        if progress is not None:
            progress(numbers[-1] + 1, dies)
    return {
        "dies": dies,
        "seed": seed,
        "adc_bits": chip.adc_bits,
        "confusion": confusion.as_dict(),
        "largest_error_lsb": largest,
        "mean_error": relative / count if count else None,
        "bias": signed / count if count else None,
        "lsb_over_g_p": lsb / chip.cell.g_p,
    }


def _check(dies: int, batch: int) -> None:
    if dies < 1 or batch < 1:
        raise ValueError(f"campaign: dies and batch must be at least 1, not {dies} and {batch}")


def _upper_bound(failed: int, cells: int) -> float | None:
    """Rate that the true one is below with 95 % confidence (Clopper and Pearson)."""
    from scipy.stats import beta

    return float(beta.ppf(0.95, failed + 1, cells - failed)) if cells > failed else None
