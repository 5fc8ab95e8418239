# SPDX-License-Identifier: BSD-3-Clause
"""Self-test: which columns the repair should not believe, from reading every cell in both of its states.

One bit for each kernel and column. A flag says that its pair's difference is better taken from the other column
alone; it is looked at only in reads whose sum is wrong (``golden.arithmetic``), so that a column with one short still
counts where that row is not driven.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..array import transfer_matrix
from ..chip import Chip
from ..dies import Population
from ..golden import DieImage, column_sums, convert, make_die_image
from .characterisation import Characterisation, classify

Floats = NDArray[np.float64]

#: How often a row is driven, for the expected error of a read.
DRIVEN = 0.5


def self_test_flags(
    devices: Characterisation | Population, states: NDArray[np.bool_], chip: Chip, *, driven: float = DRIVEN
) -> NDArray[np.bool_]:
    """Flags of all columns: of {none, plus, minus, both}, what errs least for the weights that a pair holds.

    With e what a row's difference is wrong by and p the share of reads that drive it, a read's expected squared error
    is ``p (1 - p) sum e^2 + (p sum e)^2`` over the pair's rows. With g+ and g- as found, w the nominal difference and
    K = G_P + G_AP:

    - none: e = (g+ - g-) - w;
    - plus flagged, the difference follows from minus: e = (K - 2 g-) - w;
    - minus flagged: e = (2 g+ - K) - w;
    - both, the difference counts as 0: e = -w.

    Rows whose two devices are in the same state hold no weight and do not count. On a tie the first of the list.

    Parameters
    ----------
    devices : Characterisation or Population
        Conductances after P, and after AP, was written (dies, kernels, rows, cols) [S]: as self-test found them, or
        as they are.
    states : bool array (kernels, rows, cols) or (dies, kernels, rows, cols)
        What the dies hold: True is P.
    chip : Chip
        Its nominal cell is what the repair believes.
    driven : float
        p, from 0 to 1.

    Returns
    -------
    bool array (dies, kernels, cols)
        A column without a partner is never flagged.

    Raises
    ------
    ValueError
        If the states do not fit the devices, or p is not a probability.
    """
    shape = devices.g_p.shape
    if states.shape not in (shape, shape[1:]):
        raise ValueError(f"states must have (kernels, rows, cols) = {shape[1:]} or {shape}, not {states.shape}")
    if not 0 <= driven <= 1:
        raise ValueError(f"driven must be from 0 to 1, not {driven}")
    g_p, g_ap = chip.cell.g_p, chip.cell.g_ap
    paired = shape[3] // 2 * 2
    held = np.broadcast_to(states.astype(np.bool_), shape)[..., :paired]
    found = np.where(held, devices.g_p[..., :paired], devices.g_ap[..., :paired])
    plus, minus = found[..., 0::2], found[..., 1::2]
    counts = held[..., 0::2] != held[..., 1::2]
    wanted = np.where(held[..., 0::2], g_p - g_ap, g_ap - g_p)
    both = g_p + g_ap

    def expected(differences: Floats) -> Floats:
        error = np.where(counts, differences - wanted, 0.0)
        spread = np.square(error).sum(axis=2)
        return np.asarray(driven * (1 - driven) * spread + np.square(driven * error.sum(axis=2)))

    choices = (plus - minus, both - 2 * minus, 2 * plus - both, np.zeros_like(plus))
    best = np.argmin([expected(differences) for differences in choices], axis=0)
    flags = np.zeros((shape[0], shape[1], shape[3]), np.bool_)
    flags[..., 0:paired:2] = (best == 1) | (best == 3)
    flags[..., 1:paired:2] = (best == 2) | (best == 3)
    return flags


def self_test_reads(population: Population, chip: Chip, seed: int = 0) -> Characterisation:
    """What self-test finds: every row of every kernel driven alone, after P and after AP was written everywhere.

    Codes as the chip's converters give them, offset and gain errors and read noise included; a reference read without
    a driven row is taken off each. Of wires only the mean effect is undone, by the ratio to a nominal kernel: enough
    to tell which columns are out of line. ``recover`` undoes them exactly, from the report of the write controller.

    Parameters
    ----------
    population : Population
        The dies.
    chip : Chip
        Its converters, wires and nominal cell.
    seed : int
        Of the columns' errors and of the noise.

    Raises
    ------
    ValueError
        If the converters have only one bit: they compare columns and measure none.
    """
    if chip.adc_bits < 2:
        raise ValueError(f"self-test needs converters of at least 2 bits, not {chip.adc_bits}")
    found = []
    for state in (True, False):
        states = np.full(population.shape[1:], state, np.bool_)
        image = make_die_image(population, states, chip.geometry, chip.cell, chip.sensing, seed, wires=chip.wires)
        nominal = chip.cell.g_p if state else chip.cell.g_ap
        found.append(_codes(image) * (nominal / _nominal_codes(chip, state)))
    g_p, g_ap = found
    return Characterisation(
        g_p=g_p,
        g_ap=g_ap,
        defect=classify(g_p, g_ap, chip),
        line_resistance=chip.wires.row_segment,
        resolution=(1 << chip.geometry.fraction_bits) / chip.sensing.steps_per_siemens(chip.geometry, chip.cell),
        provenance={"geometry": chip.geometry.name},
    )


def _codes(image: DieImage) -> Floats:
    """Codes of every row driven alone, less those of no row, (dies, kernels, rows, cols); never below 0."""
    one_by_one = np.vstack([np.eye(image.rows, dtype=np.int64), np.zeros(image.rows, np.int64)])
    codes = np.empty(image.q.shape)
    for die in range(image.dies):
        for kernel in range(image.kernels):
            ordinals = kernel * (image.rows + 1) + np.arange(image.rows + 1)
            sums = column_sums(image, die, kernel, one_by_one, ordinal=ordinals)
            read = convert(sums, image.adc_bits, image.fraction_bits)
            codes[die, kernel] = np.maximum(read[:-1] - read[-1], 0)
    return codes


def _nominal_codes(chip: Chip, state: bool) -> Floats:
    """What each cell (rows, cols) of a nominal kernel, all in one state, adds to its column [codes, not rounded]."""
    shape = (chip.geometry.rows, chip.geometry.cols)
    conductance = np.full(shape, chip.cell.g_p if state else chip.cell.g_ap)
    scale = chip.sensing.steps_per_siemens(chip.geometry, chip.cell) / (1 << chip.geometry.fraction_bits)
    return np.asarray(transfer_matrix(conductance, chip.wires) * scale)
