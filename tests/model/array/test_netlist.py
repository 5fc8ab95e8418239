# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.model.array import Bias, BiasDependentTmr, Wires, crossbar, separate_source
from spintile.model.array.netlist import read_currents, write_netlist

WIRES = Wires(row_segment=2.0, col_segment=3.0, row_driver=40.0, col_sense=50.0)


def resistors(netlist: str) -> set[tuple[str, ...]]:
    """(node, node, ohm) of every resistor, nodes sorted."""
    fields = [line.split() for line in netlist.splitlines() if line.startswith("r")]
    return {(*sorted(field[1:3]), field[3]) for field in fields}


def test_a_2x2_kernel_is_written_wire_by_wire() -> None:
    netlist = write_netlist(crossbar(np.full((2, 2), 1e-3), WIRES), Bias.read([0.1, 0.0], 2), title="two by two")
    assert netlist.startswith("* two by two: 2x2\n")
    assert "vdrive0 drive0 0 dc 0.1\n" in netlist
    assert "vsense1 sense1 0 dc 0.0\n" in netlist
    cells = {("c0_0", "r0_0"), ("c0_1", "r0_1"), ("c1_0", "r1_0"), ("c1_1", "r1_1")}
    assert resistors(netlist) == {(*pair, "1000.0") for pair in cells} | {
        ("drive0", "r0_0", "40.0"),
        ("drive1", "r1_0", "40.0"),
        ("r0_0", "r0_1", "2.0"),
        ("r1_0", "r1_1", "2.0"),
        ("c0_0", "c1_0", "3.0"),
        ("c0_1", "c1_1", "3.0"),
        ("c1_0", "sense0", "50.0"),
        ("c1_1", "sense1", "50.0"),
    }


def test_0_ohm_merges_nodes_and_opens_and_islands_are_left_out() -> None:
    conductance = np.array([[1e-3, np.inf], [0.0, 1e-3]])
    wires = Wires(col_segment=3.0, col_sense=50.0, row_driver=40.0)
    bias = Bias.read([0.1, 0.0], 2, [False, True])
    assert resistors(write_netlist(crossbar(conductance, wires), bias)) == {
        ("drive0", "r0_0", "40.0"),
        ("c0_0", "r0_0", "1000.0"),
        ("c0_0", "c1_0", "3.0"),
        ("c1_1", "r0_0", "3.0"),  # column 1's upper node is row 0's
        ("c1_1", "r1_0", "1000.0"),
        ("c1_0", "sense0", "50.0"),
        ("c1_1", "sense1", "50.0"),
    }


def test_source_lines_and_junctions_get_names_of_their_own() -> None:
    netlist = write_netlist(separate_source(np.full((2, 1), 1e-3), access_resistance=1700.0), Bias.read([0.1], 1))
    assert resistors(netlist) == {("c0_0", "m0_0", "1000.0"), ("m0_0", "s0_0", "1700.0"), ("c0_0", "m1_0", "1000.0"),
                                  ("m1_0", "s0_0", "1700.0")}  # fmt: skip


def test_a_bias_dependent_junction_is_a_behavioural_source() -> None:
    law = BiasDependentTmr(2000.0, [[1.2, 0.0]], 0.5)
    netlist = write_netlist(crossbar(law(np.zeros((1, 2)))), Bias.read([0.1], 2), law=law)
    assert "bcell0_0 r0_0 c0_0 i=v(r0_0,c0_0)/(2000.0*(1+1.2/(1+v(r0_0,c0_0)*v(r0_0,c0_0)/(0.5*0.5))))\n" in netlist


def test_what_does_not_fit_is_refused() -> None:
    circuit = crossbar(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"^bias must have the shapes \(2,\) and \(3,\), not \(3,\) and \(3,\)$"):
        write_netlist(circuit, Bias.read(np.ones(3), 3))
    with pytest.raises(ValueError, match=r"^title must be one line, not 'a\\nb'$"):
        write_netlist(circuit, Bias.read(np.ones(2), 3), title="a\nb")
    with pytest.raises(ValueError, match=r"^row 0 must not be shorted at 0 Ohm to column 1 over ideal wires"):
        write_netlist(crossbar([[1.0, np.inf]]), Bias.read([1.0], 2))


def test_printed_currents_are_read_back() -> None:
    printed = "Doing analysis\ni(vsense0) = 1.5e-04\ni(vsense2) = -2e-05\nelapsed = 3\n"
    assert read_currents(printed, 3).tolist() == [1.5e-4, 0.0, -2e-5]
    with pytest.raises(ValueError, match=r"^ngspice's output must hold lines 'i\(vsense0\) = \.\.\.', and holds none$"):
        read_currents("Error: no such vector", 3)
