# SPDX-License-Identifier: BSD-3-Clause
"""A kernel as an ngspice netlist whose operating point prints the column currents.

ngspice has two habits that cost digits: a resistor of 0 Ohm becomes one of 1 mOhm, and a node that nothing holds gets a
conductance to ground. So nodes joined by 0 Ohm are written as one, and islands are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .circuit import Circuit
from .newton import BiasDependentTmr
from .nodal import Nodal
from .wires import Bias

#: Tight enough that the last Newton step of a behavioural netlist leaves rounding errors only.
OPTIONS = ".options reltol=1e-10 abstol=1e-18 vntol=1e-14 itl1=500"


def write_netlist(
    circuit: Circuit,
    bias: Bias,
    *,
    law: BiasDependentTmr | None = None,
    title: str = "spintile kernel",
) -> str:
    """Netlist of one kernel under one bias.

    Column c ends in the voltage source ``vsense<c>``, so that ``i(vsense<c>)`` is the current into its sense amplifier;
    a driven line l begins in ``vdrive<l>``. Floating lines have neither.

    Parameters
    ----------
    circuit : Circuit
        From `crossbar` or `separate_source`.
    bias : Bias
        Potentials of the driven lines (as its rows) and of the columns, without leading axes.
    law : BiasDependentTmr or None
        Junctions written as behavioural current sources; None: as the circuit's resistors.
    title : str
        First line, without a line break.

    Returns
    -------
    str
        For ``ngspice -b``; prints one line ``i(vsense<c>) = <ampere>`` per held column with 17 digits.

    Raises
    ------
    ValueError
        If two held lines are joined at 0 Ohm, or if the bias does not fit the circuit.
    """
    rows, cols = circuit.cells.shape
    if bias.rows.shape != (circuit.lines,) or bias.cols.shape != (cols,):
        raise ValueError(
            f"bias must have the shapes ({circuit.lines},) and ({cols},), not {bias.rows.shape} and {bias.cols.shape}"
        )
    if "\n" in title:
        raise ValueError(f"title must be one line, not {title!r}")
    floating = np.concatenate([bias.floating_rows, bias.floating_cols])
    nodal = Nodal(circuit, floating)
    names = _merged_names(circuit, nodal)
    lines = [f"* {title}: {rows}x{cols}", OPTIONS]
    values = np.concatenate([bias.rows, bias.cols])
    sensed = []
    for terminal, node in enumerate(circuit.terminals):
        if not floating[terminal]:
            source = f"vdrive{terminal}" if terminal < circuit.lines else f"vsense{terminal - circuit.lines}"
            lines.append(f"{source} {names[node]} 0 dc {float(values[terminal])!r}")
            if terminal >= circuit.lines:
                sensed.append(f"i({source})")
    cell_of = {int(branch): cell for cell, branch in np.ndenumerate(circuit.cells)}
    lifted = np.atleast_1d(np.isin(circuit.ends, circuit.terminals[floating]).any(axis=1))
    branches = list(enumerate(zip(circuit.branch_names(), circuit.ends, strict=True)))
    # Cells first: ngspice orders its matrix as it reads, and takes half the time.
    for branch, (name, (a, b)) in reversed(branches):
        resistance = float(circuit.resistance[branch])
        joined = nodal.node[a] == nodal.node[b]
        if np.isinf(resistance) or lifted[branch] or joined or not nodal.reached[nodal.node[a]]:
            continue
        if law is not None and branch in cell_of:
            current = _junction(law, names[a], names[b], cell_of[branch], (rows, cols))
            lines.append(f"b{name} {names[a]} {names[b]} i={current}")
        else:
            lines.append(f"r{name} {names[a]} {names[b]} {resistance!r}")
    lines += [".control", "set numdgt=16", "op"]
    lines += [f"print {current}" for current in sensed]
    lines += ["quit", ".endc", ".end"]
    return "\n".join(lines) + "\n"


def _merged_names(circuit: Circuit, nodal: Nodal) -> list[str]:
    """Name of the node that every node belongs to: that of its first member."""
    own = circuit.node_names()
    first: dict[int, str] = {}
    for name, node in zip(own, nodal.node, strict=True):
        first.setdefault(int(node), name)
    return [first[int(node)] for node in nodal.node]


def _junction(law: BiasDependentTmr, a: str, b: str, cell: tuple[int, ...], shape: tuple[int, int]) -> str:
    def value(parameter: ArrayLike) -> float:
        spread: NDArray[np.float64] = np.broadcast_to(np.asarray(parameter, np.float64), shape)
        return float(spread[cell])

    v, half = f"v({a},{b})", value(law.half_voltage)
    return f"{v}/({value(law.r_p)!r}*(1+{value(law.tmr)!r}/(1+{v}*{v}/({half!r}*{half!r}))))"


def read_currents(printed: str, cols: int) -> NDArray[np.float64]:
    """Column currents from what ``ngspice -b`` printed.

    Parameters
    ----------
    printed : str
        Standard output.
    cols : int
        Number of columns.

    Returns
    -------
    float64 array (cols,)
        Current into every sense amplifier [A]; 0 where the column floats.

    Raises
    ------
    ValueError
        If there is no current at all.
    """
    result, seen = np.zeros(cols), 0
    for line in printed.splitlines():
        name, _, value = line.partition(" = ")
        if name.startswith("i(vsense") and value:
            result[int(name[len("i(vsense") : -1])] = float(value)
            seen += 1
    if not seen:
        raise ValueError("ngspice's output must hold lines 'i(vsense0) = ...', and holds none")
    return result
