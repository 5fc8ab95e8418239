# SPDX-License-Identifier: BSD-3-Clause
"""The array that stands at the pins unless the user has one of his own: the project's devices under pulses."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from spintile.model.array import LineBreaks
from spintile.model.chip import Chip
from spintile.model.golden import column_sums, line_breaks, make_die_image, rounded_transfer
from spintile.model.writing import WriteArray

from ..array_pins import ArrayModel

__all__ = ["DEFAULT_ARRAY", "ArrayFactory", "WrittenDie", "array_factory"]

#: ``module:callable`` of the array model unless a job names another one.
DEFAULT_ARRAY = "spintile.cosim.writing.array:WrittenDie"

#: Makes what stands at the pins of one die: called with the die under pulses, its states still the initial ones, and
#: the chip.
ArrayFactory = Callable[[WriteArray, Chip], ArrayModel]


class WrittenDie:
    """One die of :class:`WriteArray`, read by the bit-exact contract in the states that it has at the time.

    The integers of a kernel are made again for the first read after a pulse on it, not before.

    Parameters
    ----------
    array : WriteArray
        Of this one die.
    chip : Chip
        The chip.
    """

    def __init__(self, array: WriteArray, chip: Chip) -> None:
        self.array = array
        self._chip = chip
        population = array.population
        self._image = make_die_image(
            population, array.state, chip.geometry, chip.cell, chip.sensing, array.seed, wires=chip.wires
        )
        _, gain = chip.sensing.column_errors([int(population.die_ids[0])], chip.geometry.cols, array.seed)
        self._gain = gain[0]
        self._breaks = line_breaks(population)
        self._changed = np.zeros(chip.geometry.kernels, np.bool_)

    @property
    def states(self) -> NDArray[np.bool_]:
        """Present states (kernels, rows, cols), True is P."""
        return np.asarray(self.array.state[0])

    @property
    def pulses(self) -> NDArray[np.uint32]:
        """Pulses that each cell has seen (kernels, rows, cols)."""
        return np.asarray(self.array.pulses[0])

    def pulse(
        self,
        kernel: int,
        rows: NDArray[np.bool_],
        cols: NDArray[np.bool_],
        toward_p: bool,
        volts: float,
        width_ns: float,
    ) -> None:
        """One write pulse, as ``WritableArray`` has it."""
        self.array.pulse(0, kernel, rows, cols, toward_p, volts, width_ns)
        self._changed[kernel] = True

    def sample(self, kernel: int, rows: NDArray[np.bool_], image: int, ordinal: int) -> NDArray[np.int64]:
        """Sums by ``golden.column_sums``, in the present states."""
        if self._changed[kernel]:
            self._round(kernel)
        return column_sums(self._image, 0, kernel, rows, image, ordinal)

    def _round(self, kernel: int) -> None:
        population, chip = self.array.population, self._chip
        conductance = np.where(self.array.state[0, kernel], population.g_p[0, kernel], population.g_ap[0, kernel])
        breaks = self._breaks
        if breaks is not None:
            breaks = LineBreaks(breaks.rows[0, kernel], breaks.cols[0, kernel])
        self._image.q[0, kernel], _ = rounded_transfer(
            conductance, chip.geometry, chip.cell, chip.sensing, gain=self._gain, wires=chip.wires, breaks=breaks
        )
        self._changed[kernel] = False


def array_factory(name: str) -> ArrayFactory:
    """The callable that ``module:callable`` names."""
    module, _, attribute = name.partition(":")
    factory: ArrayFactory = getattr(importlib.import_module(module), attribute)
    return factory
