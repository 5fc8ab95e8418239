# SPDX-License-Identifier: BSD-3-Clause
"""Transfer matrix of a kernel: the current that each driven row alone sends into each sensed column."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .circuit import crossbar
from .nodal import Nodal
from .recursion import LineTooLossy, eliminate
from .wires import LineBreaks, Wires, check_conductance

__all__ = ["WireLossWarning", "Wires", "transfer_matrix", "wire_transmission"]

#: Below this share of a cell's current a P device at the far end of the lines reads like an AP device at the near end
#: (G_P is about twice G_AP at a TMR of 100 %), and no threshold tells states apart.
UNUSABLE_TRANSMISSION = 0.5
#: Conductance over the median that loads a whole line: far above any state of a device and any soft short.
HARD_SHORT = 20.0


class WireLossWarning(UserWarning):
    """Line resistances take so much of the current that an array of this size cannot be read."""


def transfer_matrix(
    conductance: ArrayLike,
    wires: Wires | None = None,
    *,
    floating_rows: ArrayLike | None = None,
    breaks: LineBreaks | None = None,
) -> NDArray[np.float64]:
    """Transfer matrix of every kernel, exact for linear cells.

    Every column is sensed at the reference potential and every row is driven or held there, but for those that float:
    then currents of driven rows add, and column currents are ``rows voltages @ transfer matrix``.

    Parameters
    ----------
    conductance : float array (..., rows, cols)
        Conductances of the cells [S]; 0 is an open, infinity a short of 0 Ohm.
    wires : Wires or None
        Line resistances; None: ideal.
    floating_rows : bool array (..., rows), broadcast; None: none
        Rows that nothing drives. Their rows of the transfer matrix are 0.
    breaks : LineBreaks or None
        Broken wires.

    Returns
    -------
    float64 array (..., rows, cols)
        Column current per volt on the row [S].

    Raises
    ------
    ValueError
        If a conductance is negative or NaN, or if a driven row is shorted at 0 Ohm to a sensed column over ideal wires.

    Warns
    -----
    WireLossWarning
        If the wires take more than half of the current of the typical cell of some column.
    """
    conductance = check_conductance(conductance)
    wires = Wires() if wires is None else wires
    *batch, rows, cols = conductance.shape
    if breaks is not None:
        breaks.check(conductance.shape)
    flat = conductance.reshape(-1, rows, cols)
    floating = None
    if floating_rows is not None and np.any(floating_rows):
        floating = np.broadcast_to(np.asarray(floating_rows, bool), (*batch, rows)).reshape(-1, rows)
    special = np.isinf(flat).any(axis=(1, 2))
    if breaks is not None:
        special |= (breaks.rows | breaks.cols).reshape(-1, rows * cols).any(axis=1)
    if special.any():
        result = np.empty_like(flat)
        plain = ~special
        result[plain] = _regular(flat[plain], wires, None if floating is None else floating[plain])
        for kernel in np.flatnonzero(special):
            broken = None
            if breaks is not None:
                broken = LineBreaks(breaks.rows.reshape(flat.shape)[kernel], breaks.cols.reshape(flat.shape)[kernel])
            result[kernel] = _nodal(flat[kernel], wires, None if floating is None else floating[kernel], broken)
    else:
        result = _regular(flat, wires, floating)
    if not wires.ideal and floating is None:
        _warn_if_unusable(flat, result)
    return result.reshape(conductance.shape)


def _regular(conductance: NDArray[np.float64], wires: Wires, floating: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Kernels without 0 Ohm shorts and breaks."""
    kernels, rows, cols = conductance.shape
    if kernels == 0:
        return conductance
    if wires.ideal and floating is None:
        return conductance.copy()
    try:
        if cols > rows and floating is None and not wires.two_sided_rows:
            # The work grows with rows * cols^3. By reciprocity columns may be driven and rows sensed instead.
            turned = replace(
                wires,
                row_segment=wires.col_segment,
                col_segment=wires.row_segment,
                row_driver=wires.col_sense,
                col_sense=wires.row_driver,
            )
            # Drivers sit at the end of row 0 of a column, not of its last row.
            backwards = conductance[:, ::-1].swapaxes(1, 2)[:, ::-1]
            return np.ascontiguousarray(eliminate(backwards, turned)[0][:, ::-1].swapaxes(1, 2)[:, ::-1])
        return eliminate(conductance, wires, floating)[0]
    except LineTooLossy:
        if kernels == 1:
            return _nodal(conductance[0], wires, None if floating is None else floating[0], None)[np.newaxis]
        # One by one, so that no kernel's digits depend on its neighbours.
        single = [None if floating is None else floating[k : k + 1] for k in range(kernels)]
        return np.concatenate([_regular(conductance[k : k + 1], wires, single[k]) for k in range(kernels)])


def _nodal(
    conductance: NDArray[np.float64], wires: Wires, floating: NDArray[np.bool_] | None, breaks: LineBreaks | None
) -> NDArray[np.float64]:
    cols = conductance.shape[1]
    lifted = None if floating is None else np.concatenate([floating, np.zeros(cols, bool)])
    return Nodal(crossbar(conductance, wires, breaks=breaks), lifted).transfer()


def wire_transmission(conductance: ArrayLike, transfer: ArrayLike) -> NDArray[np.float64]:
    """Share of a typical cell's current that arrives, per column.

    Hard shorts, and the cells that share a line with one, are left out: what they lose is not the wires' fault.

    Parameters
    ----------
    conductance : float array (..., rows, cols)
        Conductances of the cells [S].
    transfer : float array (..., rows, cols)
        Their transfer matrix [S].

    Returns
    -------
    float64 array (cols,)
        Median over kernels and rows of transfer over conductance; 1 where no cell is left.
    """
    conductance = np.asarray(conductance, np.float64)
    cols = conductance.shape[-1]
    use = conductance > 0
    short = conductance > HARD_SHORT * np.median(conductance[use]) if use.any() else ~use
    use &= ~(short.any(axis=-1, keepdims=True) | short.any(axis=-2, keepdims=True))
    every = np.full(conductance.shape, np.nan)
    np.divide(transfer, conductance, out=every, where=use)
    share = every.reshape(-1, cols)
    result = np.ones(cols)
    seen = ~np.isnan(share).all(axis=0)
    result[seen] = np.nanmedian(share[:, seen], axis=0)
    return result


def _warn_if_unusable(conductance: NDArray[np.float64], transfer: NDArray[np.float64]) -> None:
    # Most of a healthy column arrives: the sums tell at a glance. The closer look costs a sort.
    if (transfer.sum(axis=(0, 1)) > UNUSABLE_TRANSMISSION * conductance.sum(axis=(0, 1))).all():
        return
    if wire_transmission(conductance, transfer).min() < UNUSABLE_TRANSMISSION:
        rows, cols = conductance.shape[1:]
        # No figure that differs from die to die: what warns of every die then says so once.
        warnings.warn(
            f"wires take more than half of the current of the typical cell of some column: a {rows}x{cols} array with "
            "these lines cannot be read, since a far P device looks like a near AP device",
            WireLossWarning,
            stacklevel=3,
        )
