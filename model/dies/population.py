# SPDX-License-Identifier: BSD-3-Clause
"""A population: what every device of every die conducts in each of its states."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..device import Cell
from ..geometry import Geometry


class Defect(IntEnum):
    """Class of a device's defect."""

    NONE = 0
    SHORT = 1
    OPEN = 2
    STUCK_P = 3
    STUCK_AP = 4
    PINHOLE = 5


@dataclass(frozen=True, eq=False)
class Population:
    """Devices of one or more dies.

    Parameters
    ----------
    g_p, g_ap : float64 arrays (dies, kernels, rows, cols)
        Conductance of each cell after P, or AP, has been written [S]. Defects are applied: a stuck device has the same
        value twice, a short its own, an open 0.
    defect : uint8 array (dies, kernels, rows, cols)
        Class of each device's defect, as ``Defect`` numbers them.
    die_ids : int64 array (dies,)
        Identifier of each die in the population it came from; it survives ``select``.
    seed : int or None
        Seed of a drawn population.
    line_resistance : float
        Resistance of a wire segment between cells [Ohm].
    resolution : float
        Conductances are known to multiples of this [S], as converters gave them; 0: exactly. Fits take the scatter of
        rounding out of spreads.
    provenance : mapping of str to str
        Where the population comes from.
    row_breaks, col_breaks : bool arrays (dies, kernels, rows, cols) or None
        Broken lines: a row interrupted just before the cell, a column just after it; None: none.

    Raises
    ------
    ValueError
        If shapes disagree, or a conductance is negative or not finite, or a defect class is unknown.
    """

    g_p: NDArray[np.float64]
    g_ap: NDArray[np.float64]
    defect: NDArray[np.uint8]
    die_ids: NDArray[np.int64]
    seed: int | None = None
    line_resistance: float = 0.0
    resolution: float = 0.0
    provenance: Mapping[str, str] = field(default_factory=dict)
    row_breaks: NDArray[np.bool_] | None = None
    col_breaks: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        shape = self.g_p.shape
        if len(shape) != 4:
            raise ValueError(f"population: g_p must have axes (dies, kernels, rows, cols), not shape {shape}")
        for name in ("g_ap", "defect"):
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"population: {name} must have the shape of g_p {shape}, not {found}")
        for name in ("row_breaks", "col_breaks"):
            breaks = getattr(self, name)
            if breaks is not None and (breaks.shape != shape or breaks.dtype != np.bool_):
                raise ValueError(
                    f"population: {name} must be bools in the shape of g_p {shape}, "
                    f"not {breaks.dtype} in {breaks.shape}"
                )
        if self.die_ids.shape != shape[:1]:
            raise ValueError(f"population: die_ids must have shape {shape[:1]}, not {self.die_ids.shape}")
        for name in ("g_p", "g_ap"):
            values = getattr(self, name)
            unlawful = ~(np.isfinite(values) & (values >= 0))
            if unlawful.any():
                place = tuple(int(axis) for axis in np.argwhere(unlawful)[0])
                raise ValueError(
                    f"population: {name} must be finite and not negative [S], not {values[place]} at "
                    f"(die, kernel, row, col) = {place}"
                )
        if self.defect.size and int(self.defect.max()) > max(Defect):
            raise ValueError(f"population: defect must be from 0 to {int(max(Defect))}, not {int(self.defect.max())}")
        for name, unit in (("line_resistance", "[Ohm]"), ("resolution", "[S]")):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"population: {name} must be non-negative {unit}, not {value!r}")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(dies, kernels, rows, cols)."""
        dies, kernels, rows, cols = self.g_p.shape
        return dies, kernels, rows, cols

    @property
    def dies(self) -> int:
        return int(self.g_p.shape[0])

    def conductance(self, states: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Conductance of every cell once the states are written.

        Parameters
        ----------
        states : bool array (kernels, rows, cols) or (dies, kernels, rows, cols)
            True is P; without an axis of dies the same states go to every die.

        Returns
        -------
        float64 array (dies, kernels, rows, cols)
            [S].

        Raises
        ------
        ValueError
            If the states have another shape.
        """
        if states.shape not in (self.shape[1:], self.shape):
            raise ValueError(
                f"states must have (kernels, rows, cols) = {self.shape[1:]} or (dies, ...) = {self.shape}, "
                f"not {states.shape}"
            )
        return np.where(states.astype(np.bool_), self.g_p, self.g_ap)

    def select(self, dies: Sequence[int] | NDArray[np.integer]) -> Population:
        """Some of the dies, by position; they keep their identifiers."""
        index = np.asarray(dies, np.intp)
        return dataclasses.replace(
            self,
            g_p=self.g_p[index],
            g_ap=self.g_ap[index],
            defect=self.defect[index],
            die_ids=self.die_ids[index],
            row_breaks=None if self.row_breaks is None else self.row_breaks[index],
            col_breaks=None if self.col_breaks is None else self.col_breaks[index],
        )

    def counts(self) -> dict[str, NDArray[np.int64]]:
        """Devices of each defect class per die, by the class's name in lower case: arrays (dies,)."""
        return {
            kind.name.lower(): np.count_nonzero(self.defect == kind, axis=(1, 2, 3)).astype(np.int64) for kind in Defect
        }


def ideal_population(geometry: Geometry, cell: Cell, dies: int = 1) -> Population:
    """Dies without spread and without defects."""
    shape = (dies, geometry.kernels, geometry.rows, geometry.cols)
    return Population(
        g_p=np.full(shape, cell.g_p),
        g_ap=np.full(shape, cell.g_ap),
        defect=np.zeros(shape, np.uint8),
        die_ids=np.arange(dies, dtype=np.int64),
        provenance={"source": "ideal", "geometry": geometry.name},
    )
