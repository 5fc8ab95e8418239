# SPDX-License-Identifier: BSD-3-Clause
"""Recovered classes of defects against the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dies import Defect

#: Names of the classes, in the order of the matrix.
CLASSES: tuple[str, ...] = tuple(kind.name.lower() for kind in Defect)
#: Classes that precision and recall are about; pinholes are scored apart.
SCORED = (Defect.SHORT, Defect.OPEN, Defect.STUCK_P, Defect.STUCK_AP)


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of true against recovered classes.

    Parameters
    ----------
    matrix : int64 array (classes, classes)
        ``[true, recovered]``, in the order of ``Defect``.
    """

    matrix: NDArray[np.int64]

    @classmethod
    def of(cls, truth: NDArray[np.uint8], recovered: NDArray[np.uint8]) -> Confusion:
        """Of two arrays of classes; ValueError if their shapes differ."""
        if truth.shape != recovered.shape:
            raise ValueError(f"truth must have the shape of the recovered classes {recovered.shape}, not {truth.shape}")
        size = len(Defect)
        pairs = truth.astype(np.int64).ravel() * size + recovered.ravel()
        return cls(np.bincount(pairs, minlength=size * size).reshape(size, size).astype(np.int64))

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.matrix + other.matrix)

    @property
    def defects(self) -> int:
        """True defects of the scored classes."""
        return int(self.matrix[list(SCORED)].sum())

    @property
    def recall(self) -> float:
        """Share of the scored defects that were found, each as what it is; NaN where there are none."""
        return _share(self._right, self.defects)

    @property
    def precision(self) -> float:
        """Share of what was called a scored defect that is just that; cells with a pinhole are left out."""
        called = np.delete(self.matrix, Defect.PINHOLE, axis=0)[:, list(SCORED)]
        return _share(self._right, int(called.sum()))

    @property
    def _right(self) -> int:
        return int(sum(self.matrix[kind, kind] for kind in SCORED))

    def of_class(self, kind: Defect) -> tuple[float, float]:
        """Precision and recall of one class among all cells; NaN where nothing was called, or is, of that class."""
        right = int(self.matrix[kind, kind])
        return _share(right, int(self.matrix[:, kind].sum())), _share(right, int(self.matrix[kind].sum()))

    def as_dict(self) -> dict[str, Any]:
        """For JSON: NaN becomes None."""
        each = {}
        for kind in Defect:
            precision, recall = self.of_class(kind)
            each[kind.name.lower()] = {"precision": _plain(precision), "recall": _plain(recall)}
        return {
            "classes": list(CLASSES),
            "matrix": self.matrix.tolist(),
            "defects": self.defects,
            "precision": _plain(self.precision),
            "recall": _plain(self.recall),
            "per_class": each,
        }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _plain(share: float) -> float | None:
    return None if np.isnan(share) else share
