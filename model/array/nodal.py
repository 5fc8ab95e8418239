# SPDX-License-Identifier: BSD-3-Clause
"""Nodal analysis of one kernel of any kind: opens, 0 Ohm shorts, broken and floating lines, any bias.

Nodes joined by 0 Ohm are merged, nodes that nothing holds (not even through cells) are left out, and the rest is a
sparse symmetric positive definite matrix, factored once for any number of potentials of the terminals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from .circuit import Circuit

Floats = NDArray[np.float64]


class UndefinedCurrent(ValueError):
    """Two held terminals are joined at 0 Ohm, so that the current between them has no value."""


class Nodal:
    """Factored network of one kernel.

    Parameters
    ----------
    circuit : Circuit
        The branches.
    floating : bool array (terminals,) or None
        Terminals that nothing holds; None: all are held.
    conductance : float array (rows, cols) or None
        Conductances in place of those of the circuit's cells, for one step of a Newton iteration [S].

    Raises
    ------
    UndefinedCurrent
        If two held terminals are joined at 0 Ohm; the message names both.
    """

    def __init__(
        self, circuit: Circuit, floating: ArrayLike | None = None, conductance: ArrayLike | None = None
    ) -> None:
        self.circuit = circuit
        count = len(circuit.terminals)
        self.floating = np.zeros(count, bool) if floating is None else np.asarray(floating, bool)
        with np.errstate(divide="ignore"):
            branch = 1 / circuit.resistance
        if conductance is not None:
            branch[circuit.cells] = conductance
        # Nothing drives a floating line: whatever would is switched off, at both of its ends.
        branch[np.isin(circuit.ends, circuit.terminals[self.floating]).any(axis=1)] = 0.0
        self._branch = np.where(np.isinf(branch), 0.0, branch)
        self.node = merged_nodes(circuit, np.isinf(branch))
        held = np.flatnonzero(~self.floating)
        self._held_node = self.node[circuit.terminals[held]]
        self._refuse_joined_terminals(held)
        self._held = held
        self._factor()

    def _refuse_joined_terminals(self, held: NDArray[np.int64]) -> None:
        circuit = self.circuit
        order = np.argsort(self._held_node, kind="stable")
        same = np.flatnonzero(np.diff(self._held_node[order]) == 0)
        if len(same):
            # A row and a column is the plainest of several such pairs.
            pairs = [(int(held[order[k]]), int(held[order[k + 1]])) for k in same]
            one, other = max(pairs, key=lambda pair: (pair[0] < circuit.lines) != (pair[1] < circuit.lines))
            one, other = sorted((one, other))
            raise UndefinedCurrent(
                f"{circuit.terminal_name(one)} must not be shorted at 0 Ohm to {circuit.terminal_name(other)} over "
                "ideal wires: the current between them has no value; give the driver, the wires or the sense "
                "amplifier a resistance"
            )

    def _factor(self) -> None:
        circuit, branch = self.circuit, self._branch
        ends = self.node[circuit.ends]
        use = (branch > 0) & (ends[:, 0] != ends[:, 1])
        a, b, g = ends[use, 0], ends[use, 1], branch[use]
        total = int(self.node.max()) + 1
        graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(total, total))
        _, island = connected_components(graph, directed=False)
        reached = np.zeros(int(island.max()) + 1, bool)
        reached[island[self._held_node]] = True
        self.reached = reached[island]
        fixed = np.zeros(total, bool)
        fixed[self._held_node] = True
        self._free = np.flatnonzero(self.reached & ~fixed)
        index = np.full(total, -1)
        index[self._free] = np.arange(len(self._free))
        laplacian = coo_array(
            (np.concatenate([g, g, -g, -g]), (np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a]))),
            shape=(total, total),
        ).tocsr()
        of_free = laplacian[self._free]
        self._coupling = of_free[:, self._held_node].tocsc()
        self._own = laplacian[self._held_node][:, self._held_node].toarray()
        self._index = index
        self._lu = None
        if len(self._free):
            matrix = csc_array(of_free[:, self._free])
            # A diagonally dominant symmetric matrix needs no pivoting; minimum degree of A + A^T keeps the fill low.
            options = {"SymmetricMode": True}
            self._lu = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)

    def transfer(self) -> Floats:
        """Column current per volt on every driven line, (lines, cols) [S]; floating lines give 0."""
        lines = self.circuit.lines
        line, col = self._held < lines, self._held >= lines
        result = np.zeros((lines, len(self.floating) - lines))
        block = -self._own[np.ix_(line, col)]
        if self._lu is not None and block.size:
            to_line, to_col = self._coupling[:, line], self._coupling[:, col]
            # Reciprocity: solve from the side with fewer terminals.
            if line.sum() <= col.sum():
                block += self._lu.solve(to_line.toarray()).T @ to_col
            else:
                block += to_line.T @ self._lu.solve(to_col.toarray())
        result[np.ix_(self._held[line], self._held[col] - lines)] = block
        return result

    def potentials(self, terminals: ArrayLike, cell_source: ArrayLike | None = None) -> Floats:
        """Potential of every node.

        Parameters
        ----------
        terminals : float array (..., terminals)
            Potentials of the terminals [V]; those of floating ones are ignored.
        cell_source : float array (..., rows, cols) or None
            Current source parallel to every cell, in the direction of the cell's current [A].

        Returns
        -------
        float64 array (..., nodes)
            Potentials [V]; NaN where nothing determines one.
        """
        held = np.asarray(terminals, np.float64)[..., self._held]
        batch = held.shape[:-1]
        flat = held.reshape(-1, held.shape[-1]).T
        value = np.full((int(self.node.max()) + 1, flat.shape[1]), np.nan)
        value[self._held_node] = flat
        if self._lu is not None:
            sides = -(self._coupling @ flat)
            if cell_source is not None:
                sides -= self._injected(np.asarray(cell_source, np.float64).reshape(flat.shape[1], -1).T)
            value[self._free] = self._lu.solve(sides)
        return value[self.node].T.reshape(*batch, -1)

    def _injected(self, source: Floats) -> Floats:
        ends = self._index[self.node[self.circuit.ends[self.circuit.cells.ravel()]]]
        total = np.zeros((len(self._free) + 1, source.shape[1]))  # the last line takes what held nodes absorb
        np.add.at(total, ends[:, 0], source)
        np.subtract.at(total, ends[:, 1], source)
        return total[:-1]

    def column_currents(self, potentials: Floats, cell_source: ArrayLike | None = None) -> Floats:
        """Currents that flow out of the columns into their sense amplifiers, (..., cols) [A]; 0 where a column floats.

        Parameters
        ----------
        potentials : float array (..., nodes)
            From `potentials` [V].
        cell_source : float array (..., rows, cols) or None
            The sources given there [A].
        """
        ends = self.circuit.ends
        use = self._branch > 0
        drop = np.nan_to_num(potentials[..., ends[use, 0]] - potentials[..., ends[use, 1]])
        flow = np.zeros((*potentials.shape[:-1], len(ends)))
        flow[..., use] = drop * self._branch[use]
        if cell_source is not None:
            flow[..., self.circuit.cells.ravel()] += np.reshape(cell_source, (*potentials.shape[:-1], -1))
        ends = self.node[ends]
        result = np.zeros((*potentials.shape[:-1], self.circuit.cells.shape[1]))
        for col, terminal in enumerate(range(self.circuit.lines, len(self.floating))):
            if not self.floating[terminal]:
                here = self.node[self.circuit.terminals[terminal]]
                loop = ends[:, 0] == ends[:, 1]
                into = (ends[:, 1] == here) & ~loop
                out = (ends[:, 0] == here) & ~loop
                result[..., col] = flow[..., into].sum(-1) - flow[..., out].sum(-1)
        return result


def merged_nodes(circuit: Circuit, joined: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the node that every node belongs to once the ``joined`` branches (branches,) have shrunk to points."""
    a, b = circuit.ends[joined].T
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(circuit.nodes,) * 2)
    return connected_components(graph, directed=False)[1].astype(np.int64)
