# SPDX-License-Identifier: BSD-3-Clause
"""A kernel as a list of resistors between named nodes: what the nodal solver solves and the netlist writer writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .wires import LineBreaks, SourceLines, Wires, check_conductance


@dataclass(frozen=True)
class Circuit:
    """Resistors of one kernel, absent and 0 Ohm ones included.

    Nodes are numbered: rows*cols nodes of the rows (or of the source lines), rows*cols nodes of the columns, then the
    terminals (what drivers and sense amplifiers hold), then, with access transistors apart from their junctions, the
    rows*cols nodes between the two.

    Parameters
    ----------
    ends : int array (branches, 2)
        Nodes that every branch joins.
    resistance : float array (branches,)
        Of every branch [Ohm]; 0 joins the nodes, infinity is no branch.
    cells : int array (rows, cols)
        Branch of every cell, or of its junction where access transistors are apart; current flows from its first end.
    nodes : int
        Number of nodes.
    terminals : int array (lines + cols,)
        Nodes of the driven lines' terminals, then of the columns'.
    line_name : str
        What the driven lines are: ``row`` or ``source line``.
    """

    ends: NDArray[np.int64]
    resistance: NDArray[np.float64]
    cells: NDArray[np.int64]
    nodes: int
    terminals: NDArray[np.int64]
    line_name: str = "row"

    @property
    def lines(self) -> int:
        """Number of driven lines."""
        return len(self.terminals) - self.cells.shape[1]

    def terminal_name(self, terminal: int) -> str:
        """``row 3`` or ``column 5``."""
        if terminal < self.lines:
            return f"{self.line_name} {terminal}"
        return f"column {terminal - self.lines}"

    def node_names(self) -> list[str]:
        """Short names for a netlist: ``r3_5``, ``c3_5`` (of row 3, column 5), ``drive3``, ``sense5``, ``m3_5``."""
        rows, cols = self.cells.shape
        grid = [f"{r}_{c}" for r in range(rows) for c in range(cols)]
        line = "r" if self.line_name == "row" else "s"
        names = [f"{line}{cell}" for cell in grid] + [f"c{cell}" for cell in grid]
        names += [f"drive{line}" for line in range(self.lines)] + [f"sense{c}" for c in range(cols)]
        return names + [f"m{cell}" for cell in grid][: self.nodes - len(names)]

    def branch_names(self) -> list[str]:
        """``cell3_5`` for cells, ``wire12`` for all else (wires, drivers, sense amplifiers, access transistors)."""
        names = [f"wire{branch}" for branch in range(len(self.ends))]
        for (row, col), branch in np.ndenumerate(self.cells):
            names[branch] = f"cell{row}_{col}"
        return names


def crossbar(
    conductance: ArrayLike,
    wires: Wires | None = None,
    *,
    breaks: LineBreaks | None = None,
    access_resistance: ArrayLike | None = None,
) -> Circuit:
    """A passive kernel, or a 1T1R kernel whose rows carry the input and the current (*input source*).

    Parameters
    ----------
    conductance : float array (rows, cols)
        Of the cells, or of the junctions where ``access_resistance`` is given [S]; 0: open, inf: 0 Ohm.
    wires : Wires or None
        Line resistances; None: ideal.
    breaks : LineBreaks or None
        Broken wires.
    access_resistance : float array, broadcast to (rows, cols); None: no node between junction and transistor
        Transistors as branches of their own, between the row and the junction [Ohm]; inf: gate off.
    """
    conductance = check_conductance(conductance)
    wires = Wires() if wires is None else wires
    rows, cols = conductance.shape
    cells = rows * cols
    breaks = LineBreaks.none((rows, cols)) if breaks is None else breaks
    breaks.check((rows, cols))
    row_node = np.arange(cells).reshape(rows, cols)
    col_node = row_node + cells
    terminals = 2 * cells + np.arange(rows + cols)
    drivers = [(terminals[:rows], row_node[:, 0], np.where(breaks.rows[:, 0], np.inf, wires.row_driver))]
    if wires.two_sided_rows:
        drivers.append((terminals[:rows], row_node[:, -1], np.full(rows, wires.row_driver)))
    lines = [
        *drivers,
        (row_node[:, :-1], row_node[:, 1:], np.where(breaks.rows[:, 1:], np.inf, wires.row_segment)),
        (col_node[:-1], col_node[1:], np.where(breaks.cols[:-1], np.inf, wires.col_segment)),
        (col_node[-1], terminals[rows:], np.where(breaks.cols[-1], np.inf, wires.col_sense)),
    ]
    return _assemble(conductance, lines, row_node, col_node, terminals, access_resistance, "row")


def separate_source(
    conductance: ArrayLike,
    lines: SourceLines | None = None,
    *,
    access_resistance: ArrayLike | None = None,
) -> Circuit:
    """A 1T1R kernel whose rows only carry gates; every column has a source line beside it (*separate source*).

    Parameters
    ----------
    conductance : float array (rows, cols)
        Of the cells, or of the junctions where ``access_resistance`` is given [S]; 0: open or gate off, inf: 0 Ohm.
    lines : SourceLines or None
        Line resistances; None: ideal.
    access_resistance : float array, broadcast to (rows, cols); None: no node between junction and transistor
        Transistors as branches of their own [Ohm]; inf: gate off.
    """
    conductance = check_conductance(conductance)
    lines = SourceLines() if lines is None else lines
    rows, cols = conductance.shape
    source_node = np.arange(rows * cols).reshape(rows, cols)
    col_node = source_node + rows * cols
    terminals = 2 * rows * cols + np.arange(2 * cols)
    driven = source_node[0 if lines.opposite_ends else -1]
    wiring = [
        (terminals[:cols], driven, np.full(cols, lines.source_driver)),
        (source_node[:-1], source_node[1:], np.full((rows - 1, cols), lines.source_segment)),
        (col_node[:-1], col_node[1:], np.full((rows - 1, cols), lines.col_segment)),
        (col_node[-1], terminals[cols:], np.full(cols, lines.col_sense)),
    ]
    return _assemble(conductance, wiring, source_node, col_node, terminals, access_resistance, "source line")


def _assemble(
    conductance: NDArray[np.float64],
    wiring: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]],
    line_node: NDArray[np.int64],
    col_node: NDArray[np.int64],
    terminals: NDArray[np.int64],
    access_resistance: ArrayLike | None,
    line_name: str,
) -> Circuit:
    nodes = int(terminals[-1]) + 1
    first = line_node
    if access_resistance is not None:
        first = nodes + np.arange(conductance.size).reshape(conductance.shape)
        access = np.broadcast_to(np.asarray(access_resistance, np.float64), conductance.shape)
        wiring = [*wiring, (line_node, first, access)]
        nodes += conductance.size
    with np.errstate(divide="ignore"):
        wiring = [*wiring, (first, col_node, 1 / conductance)]
    ends = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b, _ in wiring])
    resistance = np.concatenate([r.ravel() for _, _, r in wiring])
    cells = len(ends) - conductance.size + np.arange(conductance.size).reshape(conductance.shape)
    return Circuit(ends, resistance, cells, nodes, terminals, line_name)
