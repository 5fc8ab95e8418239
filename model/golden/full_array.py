# SPDX-License-Identifier: BSD-3-Clause
"""Dies solved in full, without the die image: bias-dependent junctions behind transistors, wires, drivers, amplifiers.

What the die image takes for linear is solved here at every read: the TMR of a junction falls with the voltage that
wires, drivers and amplifiers leave it. Slow (a millisecond for a read of 25 x 25, thousands together), and not integer:
the measure of the die image's error, never a reference for bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..array import Bias, BiasDependentTmr, LineBreaks, Wires, operating_point
from ..chip import Chip
from ..device import published
from ..dies import Defect, Population
from .die_image import line_breaks

Floats = NDArray[np.float64]

#: Cells solved together: bounds the memory of a call.
_CELLS = 1 << 21


@dataclass(frozen=True, eq=False)
class FullArray:
    """Column currents of the dies of a population with written states.

    Parameters
    ----------
    population : Population
        The dies. Healthy devices and pinholes are junctions behind the chip's access resistance; other defects, and
        what conducts better than the transistor alone, are linear resistors.
    states : bool array (kernels, rows, cols) or (dies, kernels, rows, cols)
        State written to every device: True is P.
    chip : Chip
        Cell, sensing, and the junction's name for its bias dependence; without a name (``writing.junction``) devices
        are linear.
    seed : int
        Of the columns' offset and gain errors.
    wires : Wires or None
        The real lines, drivers and amplifiers; None: the chip's.
    half_voltage : float or None
        Voltage across the junction at which its TMR has halved [V]; None: that of the chip's junction.
    measured_at : float or None
        Voltage across a cell at which the population's conductances hold [V]; None: the read voltage.
    """

    population: Population
    states: NDArray[np.bool_]
    chip: Chip
    seed: int = 0
    wires: Wires | None = None
    half_voltage: float | None = None
    measured_at: float | None = None
    _gain: Floats = field(init=False)
    _offset: Floats = field(init=False)
    _junction: dict[str, Floats] = field(init=False)
    _breaks: LineBreaks | None = field(init=False)

    def __post_init__(self) -> None:
        chip, population = self.chip, self.population
        ids = [int(die) for die in population.die_ids]
        offset, gain = chip.sensing.column_errors(ids, chip.geometry.cols, self.seed)
        found = {
            "_gain": gain,
            "_offset": offset + chip.sensing.pedestal,
            "_junction": self._junctions(),
            "_breaks": line_breaks(population),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def _junctions(self) -> dict[str, Floats]:
        """R_P and TMR towards 0 V of every device as written, and the resistance in series with it."""
        population, access = self.population, self.chip.cell.r_access
        conductance = population.conductance(self.states)
        with np.errstate(divide="ignore"):
            whole, as_p = 1 / conductance, 1 / population.g_p
        junction = np.isin(population.defect, (Defect.NONE, Defect.PINHOLE)) & (whole > access) & (as_p > access)
        series = np.where(junction, access, 0.0)
        r_p = np.where(junction, as_p - series, whole)
        tmr = np.zeros(whole.shape)
        np.subtract(whole, series + r_p, out=tmr, where=junction)
        np.divide(tmr, r_p, out=tmr, where=junction)
        tmr = np.maximum(tmr, 0.0)  # a measured device may read better in AP than in P
        measured = self.chip.sensing.v_read if self.measured_at is None else self.measured_at
        r_ap, across = r_p * (1 + tmr), np.zeros(whole.shape)
        np.divide(r_ap, r_ap + series, out=across, where=junction)
        return {"r_p": r_p, "tmr": tmr * (1 + (measured * across / self._half()) ** 2), "series": series}

    def _half(self) -> float:
        if self.half_voltage is not None:
            return self.half_voltage
        name = self.chip.writing.junction
        return float(published(name).junction.v_half) if name else math.inf

    def currents(self, die: int, kernels: NDArray[np.integer[Any]], rows: NDArray[np.bool_]) -> Floats:
        """Currents into the sense amplifiers.

        Parameters
        ----------
        die : int
            Position of the die in the population.
        kernels : int array (kernels,)
            The kernels read.
        rows : bool array (reads, rows) or (kernels, reads, rows)
            Driven rows; the others are held at the reference.

        Returns
        -------
        float64 array (kernels, reads, cols)
            [A].
        """
        count, cols = len(kernels), self.chip.geometry.cols
        driven = np.broadcast_to(rows, (count, *np.shape(rows)[-2:]))
        reads, lines = driven.shape[1:]
        result = np.empty((count, reads, cols))
        wires = self.chip.wires if self.wires is None else self.wires
        together = max(1, _CELLS // (lines * cols * count))
        # A law for every kernel, with an axis for the reads.
        r_p, tmr, series = (self._junction[name][die, kernels][:, np.newaxis] for name in ("r_p", "tmr", "series"))
        law = BiasDependentTmr(r_p, tmr, self._half())
        breaks = None
        if self._breaks is not None:
            parts = (part[die, kernels][:, np.newaxis] for part in (self._breaks.rows, self._breaks.cols))
            breaks = LineBreaks(*parts)
        for first in range(0, reads, together):
            part = slice(first, first + together)
            bias = Bias.read(driven[:, part] * self.chip.sensing.v_read, cols)
            result[:, part] = operating_point(law, wires, bias, access_resistance=series, breaks=breaks)[1]
        return result

    def sums(self, die: int, kernels: NDArray[np.integer[Any]], rows: NDArray[np.bool_]) -> Floats:
        """Column sums as ``currents``, offsets included and neither clamped nor rounded [LSB/2^F]."""
        chip = self.chip
        fraction = 1 << chip.geometry.fraction_bits
        codes = self.currents(die, kernels, rows) / chip.sensing.lsb_current(chip.geometry, chip.cell)
        return np.asarray((codes * self._gain[die] + self._offset[die]) * fraction, np.float64)
