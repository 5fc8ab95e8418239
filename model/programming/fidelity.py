# SPDX-License-Identifier: BSD-3-Clause
"""Write fidelity: how many cells are in the state that was wanted, before and after retries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dies import Defect
from ..geometry import Outcome
from .report import Report, first_pass, last_pass


@dataclass(frozen=True)
class Fidelity:
    """Counts over all dies of a report; a characterisation writes every cell twice and counts it twice.

    Parameters
    ----------
    cells, healthy : int
        Cells that were to be written, and those of them without a defect.
    failed_before, failed_after : int
        Cells not in their window at the first read of the first pass, and at the last read of the last pass.
    healthy_failed_before, healthy_failed_after : int
        The same among healthy cells.
    """

    cells: int
    healthy: int
    failed_before: int
    failed_after: int
    healthy_failed_before: int
    healthy_failed_after: int

    @property
    def before(self) -> float:
        """Share of cells that were right after the first pulse, without verification."""
        return 1 - self.failed_before / self.cells if self.cells else 1.0

    @property
    def after(self) -> float:
        """Share of cells that were right at the end."""
        return 1 - self.failed_after / self.cells if self.cells else 1.0

    @property
    def healthy_before(self) -> float:
        """The same of healthy cells alone."""
        return 1 - self.healthy_failed_before / self.healthy if self.healthy else 1.0

    @property
    def healthy_after(self) -> float:
        """The same of healthy cells alone."""
        return 1 - self.healthy_failed_after / self.healthy if self.healthy else 1.0

    def __add__(self, other: Fidelity) -> Fidelity:
        return Fidelity(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def as_dict(self) -> dict[str, Any]:
        """Counts and shares, for JSON."""
        counts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        shares = {name: getattr(self, name) for name in ("before", "after", "healthy_before", "healthy_after")}
        return counts | shares


def fidelity(report: Report, defect: NDArray[np.uint8] | None = None) -> Fidelity:
    """Write fidelity as a report tells it.

    Parameters
    ----------
    report : Report
        Of a command that programs.
    defect : uint8 array (dies, kernels, rows, cols) or None
        Classes of the cells, as ``Defect`` numbers them; None: all healthy.

    Raises
    ------
    ValueError
        If the classes have another shape than the report's dies.
    """
    table = report.decode()
    geometry = report.geometry
    shape = (report.dies, geometry.kernels, geometry.rows, geometry.cols)
    if defect is not None and defect.shape != shape:
        raise ValueError(f"defect must have (dies, kernels, rows, cols) = {shape}, not {defect.shape}")
    first, last = first_pass(table), last_pass(table)

    def healthy(place: Any) -> NDArray[np.bool_]:
        if defect is None:
            return np.ones(place.die.shape, np.bool_)
        return np.asarray(defect[place.die, place.kernel, place.row, place.col] == Defect.NONE)

    wrong_first, wrong_last = first.first_ok == 0, last.outcome != Outcome.OK
    fit_first, fit_last = healthy(first), healthy(last)
    return Fidelity(
        cells=int(first.die.size),
        healthy=int(np.count_nonzero(fit_first)),
        failed_before=int(np.count_nonzero(wrong_first)),
        failed_after=int(np.count_nonzero(wrong_last)),
        healthy_failed_before=int(np.count_nonzero(wrong_first & fit_first)),
        healthy_failed_after=int(np.count_nonzero(wrong_last & fit_last)),
    )
