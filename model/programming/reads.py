# SPDX-License-Identifier: BSD-3-Clause
"""Reads outside of inference: single rows of kernels in the states that their devices are in now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..array import LineBreaks
from ..chip import Chip
from ..geometry import MAINTENANCE_ORDINAL, REFERENCE_ATTEMPT, maintenance_image
from ..golden import convert, line_breaks, make_die_image, read_noise, rounded_transfer
from ..writing import WriteArray

Integers = NDArray[np.int64]
Places = NDArray[np.intp]


class MaintenanceReads:
    """Codes of reads with one row driven, or none, on the dies of a ``WriteArray``.

    They follow the contract of every read: integers of the transfer matrix as ``golden.rounded_transfer`` makes them,
    offsets, gains, rails, noise. Where wires are ideal a cell's integer depends on its own state alone and both are
    made once; otherwise a kernel's are made again when one of its states has changed.

    Parameters
    ----------
    array : WriteArray
        The dies.
    chip : Chip
        Their chip.
    command : int
        Number of the command: part of the noise tags.

    Raises
    ------
    ValueError
        If the array does not fit the chip, or the converters work with one bit.
    """

    def __init__(self, array: WriteArray, chip: Chip, command: int) -> None:
        geometry = chip.geometry
        expected = (geometry.kernels, geometry.rows, geometry.cols)
        if array.shape[1:] != expected:
            raise ValueError(f"array must have (kernels, rows, cols) = {expected}, not {array.shape[1:]}")
        if chip.adc_bits < 2:
            raise ValueError(f"writing: adc_bits must be at least 2 to verify a cell, not {chip.adc_bits}")
        self.array, self.chip, self.command = array, chip, command
        self._wires = None if array.wires.ideal else array.wires
        dies = [int(die) for die in array.population.die_ids]
        self._gain = chip.sensing.column_errors(dies, geometry.cols, array.seed)[1]
        self._breaks = line_breaks(array.population)
        image = make_die_image(
            array.population, array.state, geometry, chip.cell, chip.sensing, array.seed, wires=self._wires
        )
        self._image = image
        self._q: dict[int, tuple[NDArray[np.bool_], NDArray[np.int32]]] = {}
        self._both: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
        if self._wires is None and self._breaks is None:
            both = (np.full(array.shape, state) for state in (False, True))
            ap, p = (self._rounded(array.population.conductance(states), None) for states in both)
            self._both = ap, p
        else:
            self._q = {k: (array.state[:, k].copy(), image.q[:, k].copy()) for k in range(geometry.kernels)}

    def reference(self, die: Places, kernel: Places, stage: int, repeat: int = 0) -> Integers:
        """Codes (n, cols) with no row driven, on kernels (n,) of dies (n,)."""
        return self._codes(np.int64(0), die, kernel, stage, REFERENCE_ATTEMPT, repeat)

    def row(self, die: Places, kernel: Places, row: Places, stage: int, attempt: int) -> Integers:
        """Codes (n, cols) with one row driven each."""
        if self._both is not None:
            ap, p = self._both
            q = np.where(self.array.state[die, kernel, row], p[die, kernel, row], ap[die, kernel, row])
        else:
            q = np.empty((len(die), self.array.shape[3]), np.int32)
            for k in np.unique(kernel):
                here = kernel == k
                q[here] = self._present(int(k), np.unique(die[here]))[die[here], row[here]]
        return self._codes(q.astype(np.int64), die, kernel, stage, attempt, row)

    def _codes(
        self, q: Integers | np.int64, die: Places, kernel: Places, stage: int, attempt: int, row: Places | int
    ) -> Integers:
        image = self._image
        sums = np.clip(image.offset[die, kernel] + q, image.lo[die, kernel], image.hi[die, kernel])
        if image.noise_sigma:
            fields = MAINTENANCE_ORDINAL
            ordinal = attempt << fields["attempt"].low | np.asarray(row) << fields["row"].low | kernel
            sums = sums + read_noise(
                image.noise_sigma,
                image.noise_seed,
                image.die_ids[die][:, np.newaxis],
                maintenance_image(self.command, stage),
                np.broadcast_to(ordinal, die.shape)[:, np.newaxis],
                np.arange(sums.shape[1]),
            )
        return np.asarray(convert(sums, image.adc_bits, image.fraction_bits), np.int64)

    def _present(self, kernel: int, dies: Places) -> NDArray[np.int32]:
        """Integers (dies, rows, cols) of one kernel, made again on those of the dies whose states have changed."""
        known, q = self._q[kernel]
        now = self.array.state[:, kernel]
        changed = dies[(known[dies] != now[dies]).any(axis=(1, 2))]
        if changed.size:
            population = self.array.population
            conductance = np.where(now[changed], population.g_p[changed, kernel], population.g_ap[changed, kernel])
            q[changed] = self._rounded(conductance, (changed, kernel))
            known[changed] = now[changed]
        return q

    def _rounded(self, conductance: NDArray[np.float64], place: tuple[Places, int] | None) -> NDArray[np.int32]:
        gain = self._gain[:, np.newaxis, np.newaxis, :] if place is None else self._gain[place[0], np.newaxis]
        breaks = self._breaks
        if breaks is not None and place is not None:
            breaks = LineBreaks(breaks.rows[place], breaks.cols[place])
        chip = self.chip
        return rounded_transfer(
            conductance, chip.geometry, chip.cell, chip.sensing, gain=gain, wires=self._wires, breaks=breaks
        )[0]
