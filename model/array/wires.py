# SPDX-License-Identifier: BSD-3-Clause
"""What surrounds the cells of a kernel: line resistances, broken lines, source lines and the lines' potentials."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Potentials of unselected lines as shares of the selected row's voltage: (unselected rows, unselected columns).
#: ``half`` and ``third`` are the two half-select schemes of passive arrays; the selected column is at 0.
BIAS_SCHEMES: dict[str, tuple[float, float] | None] = {
    "grounded": (0.0, 0.0),
    "half": (1 / 2, 1 / 2),
    "third": (1 / 3, 2 / 3),
    "floating": None,
}


def _check_resistances(kind: str, values: dict[str, float]) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{kind}: {name} must be a non-negative resistance [Ohm], not {value!r}")


@dataclass(frozen=True)
class Wires:
    """Resistances of a kernel's lines.

    A row's driver meets the cell of column 0 and the far end of a row is open, unless both ends are driven. A column's
    sense amplifier meets the cell of the last row; the end at row 0 is open.

    Parameters
    ----------
    row_segment, col_segment : float
        Wire between neighbouring cells along a row and along a column [Ohm].
    row_driver, col_sense : float
        Output resistance of a row's driver and input resistance of a column's sense amplifier [Ohm].
    two_sided_rows : bool
        Whether a second driver of the same voltage and resistance meets the last cell of every row.

    Raises
    ------
    ValueError
        If a resistance is negative or not finite; the message names it.
    """

    row_segment: float = 0.0
    col_segment: float = 0.0
    row_driver: float = 0.0
    col_sense: float = 0.0
    two_sided_rows: bool = False

    def __post_init__(self) -> None:
        names = ("row_segment", "col_segment", "row_driver", "col_sense")
        _check_resistances("wires", {name: getattr(self, name) for name in names})

    @property
    def ideal(self) -> bool:
        """Whether every resistance is zero."""
        return not (self.row_segment or self.col_segment or self.row_driver or self.col_sense)


@dataclass(frozen=True)
class SourceLines:
    """Source lines of a 1T1R kernel in which rows carry gates only (*separate source*).

    Every column has a source line beside it, held at the read voltage; the gates of a row connect its cells from the
    source line to the column.

    Parameters
    ----------
    source_segment, col_segment : float
        Wire between neighbouring cells along a source line and along a column [Ohm].
    source_driver, col_sense : float
        Output resistance of the source driver and input resistance of the sense amplifier [Ohm].
    opposite_ends : bool
        True: the source driver meets row 0 and the sense amplifier the last row, so every path is equally long.
        False: both meet the last row.
    """

    source_segment: float = 0.0
    col_segment: float = 0.0
    source_driver: float = 0.0
    col_sense: float = 0.0
    opposite_ends: bool = True

    def __post_init__(self) -> None:
        names = ("source_segment", "col_segment", "source_driver", "col_sense")
        _check_resistances("source lines", {name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class LineBreaks:
    """Broken wires of kernels.

    Parameters
    ----------
    rows : bool array (..., rows, cols)
        ``[r, c]``: row r is interrupted just before the cell of column c (c = 0: between the driver and the first
        cell).
    cols : bool array (..., rows, cols)
        ``[r, c]``: column c is interrupted just after the cell of row r (last row: before the sense amplifier).
    """

    rows: NDArray[np.bool_]
    cols: NDArray[np.bool_]

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> LineBreaks:
        """No break in kernels of this shape."""
        return cls(np.zeros(shape, bool), np.zeros(shape, bool))

    def check(self, shape: tuple[int, ...]) -> None:
        """ValueError unless both arrays fit conductances of this shape."""
        for name in ("rows", "cols"):
            found = np.shape(getattr(self, name))
            if found != shape:
                raise ValueError(f"line breaks: {name} must have the shape of the conductances, {shape}, not {found}")


@dataclass(frozen=True)
class Bias:
    """Potentials of a kernel's lines behind their driver and sense resistances.

    Parameters
    ----------
    rows : float array (..., rows)
        Voltage of every row's driver [V]; ignored where the row floats.
    cols : float array (..., cols)
        Potential at which every column is sensed or held [V]; ignored where the column floats.
    floating_rows, floating_cols : bool array (..., rows), (..., cols)
        Lines that nothing drives.
    """

    rows: NDArray[np.float64]
    cols: NDArray[np.float64]
    floating_rows: NDArray[np.bool_]
    floating_cols: NDArray[np.bool_]

    @classmethod
    def read(cls, rows: ArrayLike, cols: int, floating_rows: ArrayLike | None = None) -> Bias:
        """Every column sensed at 0; rows as given (0: held at the columns' potential), shape (..., rows)."""
        voltage = np.asarray(rows, np.float64)
        floating = np.zeros(voltage.shape, bool) if floating_rows is None else np.asarray(floating_rows, bool)
        none = np.zeros((*voltage.shape[:-1], cols))
        return cls(voltage, none, np.broadcast_to(floating, voltage.shape), none.astype(bool))

    @classmethod
    def select(cls, rows: ArrayLike, cols: ArrayLike, voltage: float, scheme: str) -> Bias:
        """Selected rows at ``voltage``, selected columns at 0, the others as the scheme says.

        Parameters
        ----------
        rows, cols : bool array (..., rows), (..., cols)
            The selected lines.
        voltage : float
            Across a selected cell [V].
        scheme : str
            ``grounded``, ``floating``, ``half`` (unselected lines at V/2) or ``third`` (unselected rows at V/3,
            unselected columns at 2V/3: no unselected cell sees more than V/3).

        Raises
        ------
        ValueError
            If the scheme is none of these.
        """
        if scheme not in BIAS_SCHEMES:
            raise ValueError(f"bias scheme must be one of {', '.join(BIAS_SCHEMES)}, not {scheme!r}")
        row, col = np.asarray(rows, bool), np.asarray(cols, bool)
        shares = BIAS_SCHEMES[scheme]
        if shares is None:
            return cls(np.where(row, voltage, 0.0), np.zeros(col.shape), ~row, ~col)
        return cls(
            np.where(row, voltage, shares[0] * voltage),
            np.where(col, 0.0, shares[1] * voltage),
            np.zeros(row.shape, bool),
            np.zeros(col.shape, bool),
        )


def cell_conductance(
    junction: ArrayLike, access_resistance: ArrayLike = 0.0, gates: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Conductance of 1T1R cells: a junction in series with a linear access transistor.

    Parameters
    ----------
    junction : float array (..., rows, cols)
        Conductance of the junctions [S]; 0 is an open, infinity a short of 0 Ohm.
    access_resistance : float array, broadcast
        Resistance of the transistor when on [Ohm].
    gates : bool array, broadcast; None: all on
        Transistors that conduct; the others are opens.

    Returns
    -------
    float64 array (..., rows, cols)
        Conductance of the cells [S].
    """
    junction = np.asarray(junction, np.float64)
    with np.errstate(divide="ignore"):
        cell = 1 / (1 / junction + np.asarray(access_resistance, np.float64))
    return cell if gates is None else np.where(gates, cell, 0.0)


def check_conductance(conductance: ArrayLike) -> NDArray[np.float64]:
    """The conductances as float64; ValueError where one is NaN or negative, or where rows and columns are missing."""
    checked = np.asarray(conductance, np.float64)
    if checked.ndim < 2 or 0 in checked.shape[-2:]:
        raise ValueError(f"conductance must have at least one row and one column, not the shape {checked.shape}")
    if not (checked >= 0).all():
        raise ValueError("conductance must be non-negative [S] (0: open, inf: 0 Ohm), not negative or NaN")
    return checked
