# SPDX-License-Identifier: BSD-3-Clause
"""What the write controller is told to do: a command and the region of the die that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..geometry import Geometry

Operation = Literal["targets", "all_p", "all_ap", "read", "characterise"]
Range = tuple[int, int]

#: Operations in the order of the numbers that the controller's ``op`` field gives them.
OPERATIONS: tuple[str, ...] = get_args(Operation)


@dataclass(frozen=True)
class Region:
    """Kernels, rows and columns that a command is for, first and last of each; None: all of them.

    Raises
    ------
    ValueError
        If a first number is negative or above the last one.
    """

    kernels: Range | None = None
    rows: Range | None = None
    cols: Range | None = None

    def __post_init__(self) -> None:
        for name in ("kernels", "rows", "cols"):
            chosen = getattr(self, name)
            if chosen is not None and not (len(chosen) == 2 and 0 <= chosen[0] <= chosen[1]):
                raise ValueError(f"region: {name} must be (first, last) with 0 <= first <= last, not {chosen!r}")

    def of(self, geometry: Geometry) -> tuple[range, range, range]:
        """Kernels, rows and columns as ranges; ValueError where they lie outside of the chip."""
        sizes = {"kernels": geometry.kernels, "rows": geometry.rows, "cols": geometry.cols}
        chosen = []
        for name, size in sizes.items():
            first, last = getattr(self, name) or (0, size - 1)
            if last >= size:
                raise ValueError(f"region: {name} must be from 0 to {size - 1}, not {first} to {last}")
            chosen.append(range(first, last + 1))
        return chosen[0], chosen[1], chosen[2]


@dataclass(frozen=True, eq=False)
class WriteCommand:
    """One command of the write controller.

    Parameters
    ----------
    op : {"targets", "all_p", "all_ap", "read", "characterise"}
        Write given targets, all P or all AP; read every cell; or write and read all P, then all AP.
    targets : bool array (kernels, rows, cols) or (dies, kernels, rows, cols), or None
        True is P; for ``targets`` alone. What lies outside of the region is not written.
    kernels, rows, cols : (first, last) or None
        The region; None: all.

    Raises
    ------
    ValueError
        If the operation is unknown, or targets are given to another operation than ``targets``, or not to it.
    """

    op: Operation
    targets: NDArray[np.bool_] | None = None
    kernels: Range | None = None
    rows: Range | None = None
    cols: Range | None = None

    def __post_init__(self) -> None:
        if self.op not in OPERATIONS:
            raise ValueError(f"command: op must be one of {', '.join(OPERATIONS)}, not {self.op!r}")
        if (self.targets is None) == (self.op == "targets"):
            given = "be given" if self.targets is None else "not be given"
            raise ValueError(f"command: targets must {given} for op {self.op!r}")

    @property
    def region(self) -> Region:
        """Kernels, rows and columns of it."""
        return Region(self.kernels, self.rows, self.cols)
