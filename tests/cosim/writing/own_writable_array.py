# SPDX-License-Identifier: BSD-3-Clause
"""Array models of a user's own under pulses, as jobs name them (``own_writable_array:reluctant``)."""

from __future__ import annotations

# --- example ---
import numpy as np
from spintile.cosim.writing.analog_side import WritableArray
from spintile.cosim.writing.array import WrittenDie
from spintile.model.chip import Chip
from spintile.model.writing import WriteArray


class Reluctant(WrittenDie):
    """A die whose write drivers sag: a pulse loses some volts for every cell that it writes at once."""

    def __init__(self, array: WriteArray, chip: Chip, volts_per_cell: float) -> None:
        super().__init__(array, chip)
        self._sag = volts_per_cell

    def pulse(
        self, kernel: int, rows: np.ndarray, cols: np.ndarray, toward_p: bool, volts: float, width_ns: float
    ) -> None:
        left = max(0.0, volts - self._sag * int(cols.sum()))
        super().pulse(kernel, rows, cols, toward_p, left, width_ns)


def reluctant(array: WriteArray, chip: Chip) -> WritableArray:
    return Reluctant(array, chip, volts_per_cell=0.1)


# --- end ---


def willing(array: WriteArray, chip: Chip) -> WritableArray:
    """The same without any sag: the contract's own array."""
    return Reluctant(array, chip, volts_per_cell=0.0)


class Frozen:
    """Reads, and does not know of pulses."""

    def __init__(self, array: WriteArray, chip: Chip) -> None:
        self.sample = WrittenDie(array, chip).sample


def frozen(array: WriteArray, chip: Chip) -> Frozen:
    return Frozen(array, chip)


class Broken(WrittenDie):
    """Cannot be written at all."""

    def pulse(self, kernel: int, *_: object) -> None:
        raise RuntimeError(f"own array has no kernel {kernel}")


def broken(array: WriteArray, chip: Chip) -> WrittenDie:
    return Broken(array, chip)
