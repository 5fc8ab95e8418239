# SPDX-License-Identifier: BSD-3-Clause
"""What is known of one die: what every device adds to its column, in codes; flags that self-test would set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..chip import Chip
from ..dies import Population
from ..golden.arithmetic import RepairTable, repair_table
from ..programming import Characterisation
from ..programming.self_test import DRIVEN
from ..sensing import transmission

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class KnownDie:
    """A characterised die behind a chip's converters.

    Parameters
    ----------
    parallel, antiparallel : float32 arrays (kernels, rows, pairs, 2)
        What a driven row adds to the G+ and to the G- column of each pair [codes], the chip's nominal wires included.
    off_parallel, off_antiparallel : float32 arrays (kernels, rows, pairs, 2)
        By how much that is more than a nominal device's, in units of a weight.
    weight : float
        Codes of one weight.
    table : RepairTable
        The chip's repair, in codes.
    adc_bits : int
        B of the reads.
    flags : bool
        Whether reads look at flags of self-test.
    """

    parallel: Floats
    antiparallel: Floats
    off_parallel: Floats
    off_antiparallel: Floats
    weight: float
    table: RepairTable
    adc_bits: int
    flags: bool

    @property
    def kernels(self) -> int:
        return int(self.parallel.shape[0])

    @property
    def checks(self) -> bool:
        """Whether the repair takes a pair's difference from one column where the other is faulty."""
        return self.table.mode in ("pair_check", "check")


def known_die(die: Population | Characterisation, chip: Chip, *, flags: bool = False) -> KnownDie:
    """What is known of a die.

    Parameters
    ----------
    die : Population or Characterisation
        One die: as measured, or as self-test found it.
    chip : Chip
        Its nominal cell, wires, converters and repair.
    flags : bool
        Whether reads look at flags of self-test.

    Raises
    ------
    ValueError
        If it is not one die, its devices are not the chip's, or the converters have only one bit.
    """
    geometry = chip.geometry
    wanted = (1, geometry.kernels, geometry.rows, geometry.cols)
    if die.g_p.shape != wanted:
        raise ValueError(f"die must be one, (1, kernels, rows, cols) = {wanted}, not {die.g_p.shape}")
    if chip.adc_bits < 2:
        raise ValueError(f"remapping needs converters of at least 2 bits, not {chip.adc_bits}")
    pairs = geometry.pairs
    codes = chip.sensing.steps_per_siemens(geometry, chip.cell) / (1 << geometry.fraction_bits)
    arrives = transmission(geometry.rows, geometry.cols, chip.cell, chip.wires)[:, : 2 * pairs]
    apart = chip.cell.g_p - chip.cell.g_ap

    def both(found: NDArray[np.float64], nominal: float) -> tuple[Floats, Floats]:
        paired = found[0, :, :, : 2 * pairs]
        shape = (geometry.kernels, geometry.rows, pairs, 2)
        seen = (paired * (codes * arrives)).astype(np.float32).reshape(shape)
        return seen, ((paired - nominal) / apart).astype(np.float32).reshape(shape)

    parallel, off_parallel = both(die.g_p, chip.cell.g_p)
    antiparallel, off_antiparallel = both(die.g_ap, chip.cell.g_ap)
    return KnownDie(
        parallel=parallel,
        antiparallel=antiparallel,
        off_parallel=off_parallel,
        off_antiparallel=off_antiparallel,
        weight=chip.codes_per_weight,
        table=repair_table(chip.repair, geometry.rows, chip.adc_bits, geometry.fraction_bits),
        adc_bits=chip.adc_bits,
        flags=flags,
    )


def flags_of_block(
    known: KnownDie, kernels: NDArray[np.int64], rows: NDArray[np.intp], weights: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Flags of a block's columns on each of some kernels, as ``programming.self_test_flags`` chooses them.

    Parameters
    ----------
    known : KnownDie
    kernels : int64 array (kernels,)
    rows : int array (driven rows,)
    weights : int8 array (lanes, driven rows)

    Returns
    -------
    bool array (2, kernels, lanes)
        G+ columns, then G- columns.
    """
    positive, negative = (np.ascontiguousarray(mask.T, np.float32) for mask in (weights > 0, weights < 0))
    plus_one, minus_one = _errors(known, kernels, rows, len(weights))
    costs = [
        _expected(
            (np.square(high) * positive + np.square(low) * negative).sum(axis=1),
            (high * positive + low * negative).sum(axis=1),
        )
        for high, low in zip(plus_one, minus_one, strict=True)
    ]
    return _flags(costs)


def flags_of_lanes(
    known: KnownDie, kernel: int, rows: NDArray[np.intp], lanes: int, weights: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Flags of a kernel's columns with each of some neurons on each lane (2, neurons, lanes).

    Parameters
    ----------
    known, kernel, rows
        As for a block.
    lanes : int
        How many of the kernel's pairs.
    weights : int8 array (neurons, driven rows)
    """
    positive, negative = ((mask).astype(np.float32) for mask in (weights > 0, weights < 0))
    plus_one, minus_one = _errors(known, np.array([kernel]), rows, lanes)
    costs = [
        _expected(
            positive @ np.square(high[0]) + negative @ np.square(low[0]),
            positive @ high[0] + negative @ low[0],
        )
        for high, low in zip(plus_one, minus_one, strict=True)
    ]
    return _flags(costs)


def _errors(
    known: KnownDie, kernels: NDArray[np.int64], rows: NDArray[np.intp], lanes: int
) -> tuple[list[Floats], list[Floats]]:
    """What a pair's difference is wrong by [weights] under each choice of flags, for weights of +1 and of -1.

    Lists over none, plus, minus, both, of arrays (kernels, driven rows, lanes).
    """
    found = []
    for sign in (1, -1):
        of = (known.off_parallel, known.off_antiparallel)[::sign]
        plus, minus = (table[kernels][..., side][:, rows, :lanes] for side, table in enumerate(of))
        found.append([plus - minus, -2 * minus, 2 * plus, np.full_like(plus, -sign)])
    return found[0], found[1]


def _expected(squares: Floats, sums: Floats) -> Floats:
    return np.asarray(DRIVEN * (1 - DRIVEN) * squares + np.square(DRIVEN * sums))


def _flags(costs: list[Floats]) -> NDArray[np.bool_]:
    best = np.argmin(costs, axis=0)
    return np.stack([(best == 1) | (best == 3), (best == 2) | (best == 3)])
