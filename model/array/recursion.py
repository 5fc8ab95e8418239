# SPDX-License-Identifier: BSD-3-Clause
"""Exact transfer matrices by eliminating a kernel row by row.

All cells above a cut between two rows, seen from the column wires at the cut, are a dense admittance ``M`` (cols, cols)
and a current ``s`` per driven row: the current down the columns is ``J = s V - M c``, with ``c`` the column potentials.
A row adds its own ``Y`` and ``y``; a column segment of resistance r turns M into ``(1 + r M)^-1 M`` and s into ``(1 + r
M)^-1 s``. It is the Schur complement of a block-tridiagonal nodal matrix, written with resistances, so that wires of 0
Ohm need no special case. For a few rows on end the inverse is put off: with ``X J = S V - N c`` a row adds ``X Y`` to N
and ``X y`` to S, a segment adds ``r N`` to X, and then one solve makes X the identity again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgesv

from .wires import Wires

Floats = NDArray[np.float64]

#: Kernels eliminated together, and rows reduced together: their working sets should stay in a core's second-level
#: cache, and the temporary arrays of the latter below the size that the C library maps anew at every call [float64
#: numbers].
_WORKING_SET = 1 << 16
_LADDER_SET = 1 << 13
#: Rows between two solves. X grows by 1 + r M, at most about 2 + r G, a row; where r G of some cell exceeds the limit,
#: every row is followed by a solve.
_STRIDE = 5
_STEEP = 1.0


class LineTooLossy(ArithmeticError):
    """A row attenuates so much that its ladder underflows; such a kernel needs the nodal solver."""


@dataclass(frozen=True)
class RowLadders:
    """Rows reduced to their columns' nodes; every array is (..., rows, cols).

    The admittance of a row between its columns' nodes is ``diagonal`` on the diagonal and ``near[j] * far[k]`` for j <
    k, symmetric (the inverse of a ladder is semiseparable); ``drive`` is the current into every column per volt on the
    row.
    """

    diagonal: Floats
    near: Floats
    far: Floats
    drive: Floats

    def put(self, part: slice, ladders: RowLadders) -> None:
        """Copy the ladders of some kernels to their place among these."""
        for name in ("diagonal", "near", "far", "drive"):
            getattr(self, name)[part] = getattr(ladders, name)


def row_ladders(conductance: Floats, wires: Wires, floating: NDArray[np.bool_] | None = None) -> RowLadders:
    """Eliminate the wire of every row.

    Parameters
    ----------
    conductance : float64 array (..., rows, cols)
        Finite conductances of the cells [S].
    wires : Wires
        Line resistances.
    floating : bool array (..., rows) or None
        Rows that nothing drives.

    Raises
    ------
    LineTooLossy
        If the potential along a row falls below the range of float64.
    """
    segment, driver = wires.row_segment, wires.row_driver
    two_sided = wires.two_sided_rows
    if two_sided and segment == 0:
        two_sided, driver = False, driver / 2
    g = np.ascontiguousarray(np.moveaxis(conductance, -1, 0))
    source = np.full(g.shape[1:], driver, np.float64)
    if floating is not None:
        source[floating] = np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        # Admittance of what lies past a node, away from the driver, and of what lies between it and the driver.
        beyond = _admittance_behind(g[::-1], np.reciprocal(source) if two_sided else np.zeros_like(source), segment)[
            ::-1
        ]
        before = _admittance_behind(g, np.reciprocal(source), segment)
        through = beyond + g
        decay = np.ones_like(g)  # potential of a node over the first node's, driven from the near end
        if segment:
            np.multiply(through[1:], segment, out=decay[1:])
            decay[1:] += 1
            np.reciprocal(decay[1:], out=decay[1:])
            np.cumprod(decay, axis=0, out=decay)
        if decay[:-1].size and decay[:-1].min() < 1e-280:
            raise LineTooLossy("a row attenuates its drive by more than 280 decades")
        loss = before + through
        np.divide(g, loss, out=loss)
        # A cell without any neighbour on its floating row divides 0 by 0: it carries nothing.
        np.copyto(loss, 0.0, where=np.isnan(loss))
        before += beyond
        diagonal = before * loss
        # Both ends of an ideal drive pin the node: the cell is all that its column sees.
        np.copyto(diagonal, g, where=np.isinf(before))
        far = g * decay
        near = np.divide(loss, -decay, out=loss, where=decay > 0)
        drive = far / (1 + source * through[0])
    if two_sided:
        drive = diagonal + near * _sum_after(far) + far * _sum_after(near[::-1])[::-1]
        if floating is not None:
            drive[:, floating] = 0.0
    return RowLadders(*(np.moveaxis(part, 0, -1) for part in (diagonal, near, far, drive)))


def _admittance_behind(conductance: Floats, end: Floats, segment: float) -> Floats:
    """Admittance seen from every node towards index 0 (first axis), where ``end`` terminates the line."""
    behind = np.empty_like(conductance)
    behind[0] = end
    for node, onward in enumerate(behind[1:]):
        np.add(behind[node], conductance[node], out=onward)
        np.reciprocal(onward, out=onward)
        onward += segment
        np.reciprocal(onward, out=onward)
    return behind


def _sum_after(values: Floats) -> Floats:
    """Sum over the entries that follow along the first axis."""
    total = np.zeros_like(values)
    np.cumsum(values[:0:-1], axis=0, out=total[-2::-1])
    return total


def eliminate(conductance: Floats, wires: Wires, floating: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Transfer matrices and column admittances of kernels, all columns sensed.

    Parameters
    ----------
    conductance : float64 array (kernels, rows, cols)
        Finite conductances [S].
    wires : Wires
        Line resistances.
    floating : bool array (kernels, rows) or None
        Rows that nothing drives; their rows of the transfer matrix are 0.

    Returns
    -------
    transfer : float64 array (kernels, rows, cols)
        Column current per volt on the row [S].
    admittance : float64 array (kernels, cols, cols)
        Current that a volt on one column's sense amplifier draws out of every column [S].
    """
    kernels, rows, cols = conductance.shape
    transfer = np.empty((kernels, rows, cols))
    admittance = np.empty((kernels, cols, cols))
    together = min(kernels, max(1, _WORKING_SET // (cols * (rows + cols))))
    # Fresh pages cost more than the arithmetic on them, so that all groups of kernels share this memory.
    state = np.empty((together, cols + rows, cols))
    scratch = np.empty((2, together, cols + 1, cols))
    reduced = RowLadders(*np.empty((4, together, rows, cols)))
    few = max(1, _LADDER_SET // (rows * cols))
    # Of each kernel alone, so that its result does not depend on what it is solved with.
    steep = wires.col_segment * conductance.max(axis=(1, 2)) > _STEEP
    for stride, members in ((_STRIDE, np.flatnonzero(~steep)), (1, np.flatnonzero(steep))):
        for first in range(0, len(members), together):
            group = members[first : first + together]
            for begin in range(0, len(group), few):
                here = group[begin : begin + few]
                ladders = row_ladders(conductance[here], wires, None if floating is None else floating[here])
                reduced.put(slice(begin, begin + len(here)), ladders)
            part = slice(len(group))
            _eliminate(reduced, wires, state[part], scratch[:, part], stride)
            admittance[group], transfer[group] = state[part, :cols], state[part, cols:]
    return transfer, admittance


def _eliminate(ladders: RowLadders, wires: Wires, state: Floats, scratch: Floats, stride: int) -> None:
    """Fill the state (kernels, cols + rows, cols) with N and S, one right-hand side per line (LAPACK transposes)."""
    count, cols = scratch.shape[1], scratch.shape[-1]
    rows = ladders.drive.shape[1]
    admittance = state[:, :cols]
    admittance[...] = 0.0
    own, gained = scratch
    factor, product = np.empty((2, count, cols, cols))  # the former is X, transposed
    diagonal = np.einsum("kjj->kj", own[:, :cols])
    crossed = 0
    for row in range(rows):
        if row and wires.col_segment:
            _cross(factor, admittance, wires.col_segment, None if crossed == 0 else product)
            crossed += 1
            if crossed == stride:
                _normalise(factor, state[:, : cols + row])
                crossed = 0
        near, far = ladders.near[:count, row], ladders.far[:count, row]
        np.multiply(near[:, :, np.newaxis], far[:, np.newaxis, :], out=product)
        # An inverse's entry is at most the geometric mean of its two diagonal ones: of the product and its transpose,
        # both negative, the one with j < k is nearer to 0.
        np.maximum(product, product.swapaxes(1, 2), out=own[:, :cols])
        diagonal[...] = ladders.diagonal[:count, row]
        own[:, cols] = ladders.drive[:count, row]
        added = np.matmul(own, factor, out=gained) if crossed else own
        admittance += added[:, :cols]
        state[:, cols + row] = added[:, cols]
    if wires.col_sense:
        _cross(factor, admittance, wires.col_sense, None if crossed == 0 else product)
        crossed += 1
    if crossed:
        _normalise(factor, state)


def _cross(factor: Floats, admittance: Floats, resistance: float, scratch: Floats | None) -> None:
    """X + r N for the equations on the far side of a resistance in every column; without scratch X is the identity."""
    if scratch is None:
        np.multiply(admittance, resistance, out=factor)
        np.einsum("kjj->kj", factor)[...] += 1.0
    else:
        factor += np.multiply(admittance, resistance, out=scratch)


def _normalise(factor: Floats, state: Floats) -> None:
    """Solve for J: N and S become M and s, X the identity."""
    for matrix, sides in zip(factor, state, strict=True):
        # Both overwritten. A product of well-conditioned matrices: the status need not be looked at.
        dgesv(matrix.T, sides.T, 1, 1)
