# SPDX-License-Identifier: BSD-3-Clause
"""A few input vectors on arrays of any size: cell voltages and column currents of linear cells.

Of a kernel without broken lines only the cells' currents ``I`` are unknown: cell voltages are ``v = v0 - (R_rows I + I
R_cols)``, where the resistance matrix of a driven line needs two running sums. With I = G v that is ``(1 + G^1/2 R
G^1/2) x = G^1/2 v0``, symmetric positive definite with few large eigenvalues, solved by conjugate gradients without
storing a matrix; lines of 0 Ohm and opens need no special case. A floating row carries no net current: a projection of
x. Kernels with 0 Ohm shorts, broken lines or floating columns go to sparse nodal analysis.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .circuit import crossbar
from .nodal import Nodal
from .wires import Bias, LineBreaks, Wires, check_conductance

Floats = NDArray[np.float64]

#: Cells solved together: keeps the vectors of the iteration in the second-level cache.
_CELLS_TOGETHER = 1 << 14
#: Residual of the conjugate gradients over the right-hand side: as far as float64 goes.
_RESIDUAL = 1e-15


class _Lines:
    """Voltage drops along the lines of kernels that share their wires."""

    def __init__(self, wires: Wires, cols: int, floating: NDArray[np.bool_]) -> None:
        self.wires = wires
        self.floating = floating  # (kernels, rows)
        self.driver = np.where(floating, 0.0, wires.row_driver)[..., np.newaxis]
        self.two_sided = wires.two_sided_rows and (wires.row_driver > 0 or (wires.row_segment > 0 and cols > 1))
        # Resistance that the last cell of a driven row shares with every cell, for the second driver there.
        self.to_last = wires.row_driver + wires.row_segment * np.arange(cols)

    def drop(self, current: Floats) -> Floats:
        """What the lines take from every cell's voltage [V] at these cell currents (kernels, rows, cols) [A]."""
        wires = self.wires
        along = np.cumsum(current[..., ::-1], axis=-1)[..., ::-1]
        first = along[..., :1] * self.driver
        along = along * wires.row_segment
        along[..., 0] = 0.0
        row = np.cumsum(along, axis=-1)
        row += first
        if self.two_sided:
            shared = self.to_last[-1] + wires.row_driver
            relief = row[..., -1:] / shared * self.to_last
            row -= np.where(self.floating[..., np.newaxis], 0.0, relief)
        down = np.cumsum(current, axis=-2)
        last = down[..., -1:, :] * wires.col_sense
        down *= wires.col_segment
        down[..., -1, :] = 0.0
        row += np.cumsum(down[..., ::-1, :], axis=-2)[..., ::-1, :]
        row += last
        return row


def _conjugate_gradients(
    conductance: Floats, lines: _Lines, voltage: Floats, source: Floats | None
) -> tuple[Floats, Floats]:
    """Cell voltages and cell currents; all arrays (kernels, rows, cols)."""
    floating = lines.floating
    total = conductance.sum(axis=-1)
    weight = np.where(floating & (total > 0), 1 / np.where(total > 0, total, 1.0), 0.0)[..., np.newaxis]
    some_float = bool(floating.any())
    offset: Floats | float = 0.0
    applied = voltage
    if source is not None:
        # A floating row shifts until its cells carry away what its sources bring.
        offset = -weight * source.sum(axis=-1, keepdims=True)
        applied = voltage - offset - lines.drop(conductance * offset + source)
    root = np.sqrt(conductance)

    def project(x: Floats) -> Floats:
        return x - root * (weight * (root * x).sum(axis=-1, keepdims=True)) if some_float else x

    residual = root * applied
    # Of what is there before the projection: on a row of one cell it leaves rounding errors only.
    target = np.einsum("krc,krc->k", residual, residual) * _RESIDUAL**2
    residual = project(residual)
    x = np.zeros_like(residual)
    direction = residual.copy()
    square = np.einsum("krc,krc->k", residual, residual)
    for _ in range(100 + 4 * voltage.shape[1] * voltage.shape[2]):
        if not (square > target).any():
            break
        image = project(direction + root * lines.drop(root * direction))
        curvature = np.einsum("krc,krc->k", direction, image)
        step = np.where(square > target, square / np.where(curvature > 0, curvature, 1.0), 0.0)
        step = step[:, np.newaxis, np.newaxis]
        x += step * direction
        residual = project(residual - step * image)
        following = np.einsum("krc,krc->k", residual, residual)
        direction *= (following / np.where(square > 0, square, 1.0))[:, np.newaxis, np.newaxis]
        direction += residual
        square = following
    else:
        raise ArithmeticError("conjugate gradients did not converge on the array's currents")
    inner = applied - lines.drop(root * x)
    if some_float:
        inner = inner - weight * (conductance * inner).sum(axis=-1, keepdims=True)
    cell_voltage = inner + offset
    current = root * x + conductance * offset
    if source is not None:
        current = current + source
    return cell_voltage, current


def solve(
    conductance: ArrayLike,
    wires: Wires | None,
    bias: Bias,
    *,
    cell_source: ArrayLike | None = None,
    access_resistance: ArrayLike = 0.0,
    breaks: LineBreaks | None = None,
) -> tuple[Floats, Floats]:
    """Cell voltages and column currents under given line potentials.

    Parameters
    ----------
    conductance : float array (..., rows, cols)
        Of the cells, or of the junctions behind ``access_resistance`` [S]; 0: open, inf: 0 Ohm.
    wires : Wires or None
        Line resistances; None: ideal.
    bias : Bias
        Potentials of the lines; its leading axes broadcast with those of the conductances.
    cell_source : float array, broadcast; None: none
        Current source parallel to every junction, from row to column [A].
    access_resistance : float array (..., rows, cols), broadcast
        In series with every junction [Ohm].
    breaks : LineBreaks or None
        Broken wires.

    Returns
    -------
    cell_voltage : float64 array (..., rows, cols)
        Across every cell, or junction, row minus column [V]; NaN where a line fragment touches nothing.
    column_current : float64 array (..., cols)
        Into every column's sense amplifier or holder [A]; 0 where the column floats.

    Raises
    ------
    ValueError
        If a held row is joined to a held column at 0 Ohm, or if a conductance is negative or NaN.
    """
    conductance = check_conductance(conductance)
    wires = Wires() if wires is None else wires
    rows, cols = conductance.shape[-2:]
    if bias.rows.shape[-1] != rows or bias.cols.shape[-1] != cols:
        found = f"{bias.rows.shape[-1]} and {bias.cols.shape[-1]}"
        raise ValueError(f"bias must have {rows} rows and {cols} columns, not {found}")
    batch = np.broadcast_shapes(conductance.shape[:-2], bias.rows.shape[:-1], bias.cols.shape[:-1])

    def spread(values: ArrayLike, *tail: int) -> NDArray[np.float64]:
        return np.broadcast_to(values, (*batch, *tail)).reshape(-1, *tail)

    g = spread(conductance, rows, cols)
    access = spread(np.asarray(access_resistance, np.float64), rows, cols)
    row_voltage, col_voltage = spread(bias.rows, rows), spread(bias.cols, cols)
    lifted_rows = spread(bias.floating_rows, rows).astype(bool)
    lifted_cols = spread(bias.floating_cols, cols).astype(bool)
    sources = None if cell_source is None else spread(np.asarray(cell_source, np.float64), rows, cols)
    special = np.isinf(g).any(axis=(1, 2)) | np.isinf(access).any(axis=(1, 2)) | lifted_cols.any(axis=1)
    broken = None
    if breaks is not None:
        breaks.check(conductance.shape)
        broken = LineBreaks(spread(breaks.rows, rows, cols).astype(bool), spread(breaks.cols, rows, cols).astype(bool))
        special |= (broken.rows | broken.cols).any(axis=(1, 2))
    voltage, current = np.empty(g.shape), np.empty((len(g), cols))
    plain = np.flatnonzero(~special)
    together = max(1, _CELLS_TOGETHER // (rows * cols))
    for first in range(0, len(plain), together):
        part = plain[first : first + together]
        lines = _Lines(wires, cols, lifted_rows[part])
        row_part = np.where(lifted_rows[part], 0.0, row_voltage[part])
        applied = row_part[:, :, np.newaxis] - col_voltage[part, np.newaxis]
        # A junction and its transistor are one linear cell, whose voltage the transistor's is taken from again.
        divided = 1 + g[part] * access[part]
        extra = None if sources is None else sources[part] / divided
        across, cell_current = _conjugate_gradients(g[part] / divided, lines, applied, extra)
        voltage[part] = across - access[part] * cell_current
        current[part] = cell_current.sum(axis=1)
    for kernel in np.flatnonzero(special):
        local = None if broken is None else LineBreaks(broken.rows[kernel], broken.cols[kernel])
        apart = access[kernel] if access[kernel].any() else None
        circuit = crossbar(g[kernel], wires, breaks=local, access_resistance=apart)
        nodal = Nodal(circuit, np.concatenate([lifted_rows[kernel], lifted_cols[kernel]]))
        extra = None if sources is None else sources[kernel]
        potential = nodal.potentials(np.concatenate([row_voltage[kernel], col_voltage[kernel]]), extra)
        ends = circuit.ends[circuit.cells]
        voltage[kernel] = potential[ends[..., 0]] - potential[ends[..., 1]]
        if np.isinf(g[kernel]).any():
            current[kernel] = nodal.column_currents(potential, extra)
        else:
            # Summing cells is exact where wires of next to no resistance leave no digits in their voltage drops.
            through = g[kernel] * np.nan_to_num(voltage[kernel]) + (0.0 if extra is None else extra)
            current[kernel] = np.where(lifted_cols[kernel], 0.0, through.sum(axis=0))
    return voltage.reshape(*batch, rows, cols), current.reshape(*batch, cols)
