# SPDX-License-Identifier: BSD-3-Clause
"""Column currents of 1T1R kernels with separate source lines, gate pattern by gate pattern.

The rows carry gates, so that inputs change the network instead of its sources: with wires of some resistance currents
of rows do not add, and there is no transfer matrix. But columns do not meet each other: each is a ladder of two wires,
a few operations per cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .wires import SourceLines, check_conductance


def separate_source_currents(
    conductance: ArrayLike, gates: ArrayLike, voltage: ArrayLike, lines: SourceLines | None = None
) -> NDArray[np.float64]:
    """Column currents for patterns of open gates.

    The cells down to some row, seen from the source line and from the column below them, are a two-port: the source
    line's potential is ``a - z i + k c`` and the current down the column is ``b - k i - y c``, with i the current that
    goes on down the source line and c the column's potential.

    Parameters
    ----------
    conductance : float array (..., rows, cols)
        Of the cells with their gates on [S], finite; 0: open.
    gates : bool array (..., rows)
        Rows whose gates are on; leading axes broadcast with those of the conductances (put patterns first).
    voltage : float array (..., cols), broadcast
        Of every source line [V].
    lines : SourceLines or None
        Line resistances; None: ideal.

    Returns
    -------
    float64 array (..., cols)
        Current into every column's sense amplifier at 0 V [A].

    Raises
    ------
    ValueError
        If a conductance is negative, NaN or infinite.
    """
    conductance = check_conductance(conductance)
    if np.isinf(conductance).any():
        raise ValueError("conductance must be finite [S] with separate source lines, not 0 Ohm: cells hold transistors")
    lines = SourceLines() if lines is None else lines
    on = np.asarray(gates, bool)
    rows, cols = conductance.shape[-2:]
    shape = (*np.broadcast_shapes(conductance.shape[:-2], on.shape[:-1]), cols)
    volts = np.asarray(voltage, np.float64)
    if not lines.opposite_ends:
        # Above every cut the two wires only meet in cells: a single admittance between them.
        y = np.zeros(shape)
        for row in range(rows):
            loop = lines.source_segment + lines.col_segment
            y = y / (1 + loop * y) + np.where(on[..., row, np.newaxis], conductance[..., row, :], 0.0)
        return volts * y / (1 + (lines.source_driver + lines.col_sense) * y)
    a, z = np.ones(shape), np.full(shape, float(lines.source_driver))
    k, b, y = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for row in range(rows):
        if row:
            keep = 1 / (1 + lines.col_segment * y)
            a += k * lines.col_segment * b * keep
            z += lines.source_segment + k * k * lines.col_segment * keep
            k, b, y = k * keep, b * keep, y * keep
        g = np.where(on[..., row, np.newaxis], conductance[..., row, :], 0.0)
        share = 1 / (1 + g * z)
        flow, rest = g * share, 1 - k
        b += rest * flow * a
        y += rest * rest * flow
        k += z * flow * rest
        a *= share
        z *= share
    return volts * b / (1 + lines.col_sense * y)
