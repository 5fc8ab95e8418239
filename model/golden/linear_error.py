# SPDX-License-Identifier: BSD-3-Clause
"""How far the linear die image is from dies solved in full, die by die, in codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..array import Wires
from ..chip import Chip
from ..dies import Population
from .arithmetic import column_sums, convert
from .die_image import DieImage, make_die_image
from .full_array import FullArray


@dataclass(frozen=True)
class LinearError:
    """Error of one die's image over some reads: image less full solve, without noise.

    Parameters
    ----------
    die : int
        Identifier of the die.
    reads : int
        Reads compared, each with all columns of its kernel.
    max_codes : int
        Largest difference of a code.
    mean_codes : float
        Mean magnitude of the difference of sums, before they are rounded to codes.
    bias_codes : float
        Mean of that difference with its sign: above 0 where the image promises more current than there is.
    changed : float
        Share of codes that differ.
    kernel, col, rows : int
        Where the sums differ most: kernel, column, and number of driven rows of that read.
    """

    die: int
    reads: int
    max_codes: int
    mean_codes: float
    bias_codes: float
    changed: float
    kernel: int
    col: int
    rows: int


def sample_reads(rows: int, reads: int, seed: int = 0) -> NDArray[np.bool_]:
    """Driven rows (reads, rows) of reads: the first drives all rows, the others any number of them, equally likely."""
    generator = np.random.default_rng([seed, 0x4C45])
    count = generator.integers(1, rows + 1, (reads, 1))
    count[:1] = rows
    order = generator.random((reads, rows)).argsort(axis=1).argsort(axis=1)
    return np.asarray(order < count, np.bool_)


def linear_error(
    population: Population,
    states: NDArray[np.bool_],
    chip: Chip,
    *,
    reads: int | NDArray[np.bool_] = 64,
    kernels: ArrayLike | None = None,
    seed: int = 0,
    wires: Wires | None = None,
    half_voltage: float | None = None,
    measured_at: float | None = None,
    image: DieImage | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[LinearError]:
    """Compare die images with the full non-linear solve (``FullArray``).

    Parameters
    ----------
    population, states, chip, seed
        As ``FullArray``; the die image is made of the same with the chip's wires.
    reads : int or bool array (reads, rows)
        Reads of every kernel: how many (``sample_reads``), or their driven rows.
    kernels : int array or None
        Which kernels; None: all.
    wires, half_voltage, measured_at
        What is real, as ``FullArray`` takes it: where the chip's description differs, the error contains that too.
    image : DieImage or None
        The image to judge, of the same dies; None: the chip's own.
    progress : function (dies done, dies in all) or None
        Called after every die.

    Returns
    -------
    list of LinearError
        One for each die.

    Raises
    ------
    ValueError
        If there is no read, or population, states or image do not fit the chip.
    """
    geometry = chip.geometry
    driven = sample_reads(geometry.rows, reads, seed) if isinstance(reads, int) else np.asarray(reads, np.bool_)
    if driven.ndim != 2 or driven.shape[1] != geometry.rows or not len(driven):
        raise ValueError(f"reads must be at least one set of {geometry.rows} rows, not shape {driven.shape}")
    if image is None:
        image = make_die_image(population, states, geometry, chip.cell, chip.sensing, seed, wires=chip.wires)
    if not np.array_equal(image.die_ids, population.die_ids):
        raise ValueError("image must be of the population's dies, in their order")
    image = image.replace(noise_sigma=0)
    chosen = np.arange(geometry.kernels) if kernels is None else np.unique(np.asarray(kernels, np.intp))
    full = FullArray(population, states, chip, seed, wires, half_voltage, measured_at)
    found = []
    for die in range(population.dies):
        real = np.clip(full.sums(die, chosen, driven), image.lo[die, chosen, None], image.hi[die, chosen, None])
        linear = np.stack([column_sums(image, die, int(kernel), driven) for kernel in chosen])
        found.append(_compared(linear, real, image, int(population.die_ids[die]), chosen, driven))
        if progress is not None:
            progress(die + 1, population.dies)
    return found


def _compared(
    linear: NDArray[np.int64],
    real: NDArray[np.float64],
    image: DieImage,
    die: int,
    kernels: NDArray[Any],
    driven: NDArray[np.bool_],
) -> LinearError:
    bits, fraction = image.adc_bits, image.fraction_bits
    # Codes are floors of sums: a sum's own floor loses nothing. One bit compares sums as they are.
    codes = convert(real if bits == 1 else np.floor(real).astype(np.int64), bits, fraction)
    apart = np.abs(convert(linear, bits, fraction) - codes)
    off = (linear - real) / (1 << fraction)
    kernel, read, col = (int(axis) for axis in np.unravel_index(np.abs(off).argmax(), off.shape))
    return LinearError(
        die=die,
        reads=linear.shape[0] * linear.shape[1],
        max_codes=int(apart.max()),
        mean_codes=float(np.abs(off).mean()),
        bias_codes=float(off.mean()),
        changed=float((apart != 0).mean()),
        kernel=int(kernels[kernel]),
        col=col,
        rows=int(driven[read].sum()),
    )
