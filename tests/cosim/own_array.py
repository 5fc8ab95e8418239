# SPDX-License-Identifier: BSD-3-Clause
"""Array models of a user's own, as co-simulation jobs name them (``own_array:sagging``)."""

from __future__ import annotations

# --- example ---
import numpy as np
from spintile.cosim.array_pins import ArrayModel, DieArray
from spintile.model.golden import DieImage


class Sagging:
    """A die whose read voltage sags: every driven row beyond the first costs all rows a share of their current."""

    def __init__(self, image: DieImage, die: int, per_mille_per_row: int) -> None:
        self._die = DieArray(image, die)
        self._sag = per_mille_per_row

    def sample(self, kernel: int, rows: np.ndarray, image: int, ordinal: int) -> np.ndarray:
        sums = self._die.sample(kernel, rows, image, ordinal)
        return sums - sums * self._sag * max(0, int(rows.sum()) - 1) // 1000


def sagging(image: DieImage, die: int) -> ArrayModel:
    return Sagging(image, die, per_mille_per_row=30)


# --- end ---


def stiff(image: DieImage, die: int) -> ArrayModel:
    """The same without any sag: the contract's own array."""
    return Sagging(image, die, per_mille_per_row=0)


def broken(image: DieImage, die: int) -> ArrayModel:
    """Knows no kernel at all."""

    class Broken:
        def sample(self, kernel: int, rows: np.ndarray, image: int, ordinal: int) -> np.ndarray:
            raise RuntimeError(f"own array has no kernel {kernel}")

    return Broken()
