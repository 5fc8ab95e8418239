# SPDX-License-Identifier: BSD-3-Clause
"""The solvers against ngspice's operating point: at most 1e-9 of the largest column current."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ngspice_bench import needs_ngspice, ngspice_currents, relative_error
from spintile.model.array import (
    Bias,
    BiasDependentTmr,
    LineBreaks,
    SourceLines,
    Wires,
    cell_conductance,
    crossbar,
    operating_point,
    separate_source,
    separate_source_currents,
    solve,
    transfer_matrix,
)
from spintile.model.array.netlist import write_netlist

pytestmark = [needs_ngspice, pytest.mark.filterwarnings("ignore::spintile.model.array.WireLossWarning")]

LIMIT = 1e-9
WIRES = Wires(row_segment=2.0, col_segment=2.0, row_driver=50.0, col_sense=50.0)
SIZES = [(1, 1), (1, 25), (16, 16), (25, 25)]
KINDS = [
    "plain",
    "short",
    "short of 0 Ohm",
    "open",
    "broken",
    "floating",
    "floating columns",
    "half",
    "third",
    "two-sided",
]


def kernel(kind: str, rows: int, cols: int) -> tuple[np.ndarray, Wires, Bias, LineBreaks | None]:
    generator = np.random.default_rng(rows * 100 + cols)
    conductance = 1 / generator.uniform(1e3, 2e4, (rows, cols))
    hit = generator.random((rows, cols)) < 0.01
    hit[0, -1] = True
    driven = generator.random(rows) < 0.6
    driven[0] = True
    bias = Bias.read(0.3 * driven, cols)
    first = (np.arange(rows) == 0, np.arange(cols) == 0)
    if kind == "short":
        conductance[hit] = 1 / 20
    if kind == "short of 0 Ohm":
        conductance[hit] = np.inf
    if kind == "open":
        conductance[generator.random((rows, cols)) < 0.05] = 0.0
    if kind == "floating":
        bias = Bias.select(driven, np.ones(cols, bool), 0.3, "floating")
    if kind == "floating columns":
        bias = Bias.select(*first, 0.3, "floating")
    if kind in ("half", "third"):
        bias = Bias.select(*first, 0.3, kind)
    breaks = None
    if kind == "broken":
        breaks = LineBreaks.none((rows, cols))
        breaks.rows[rows // 2, cols // 2] = cols > 1
        breaks.cols[rows // 3, cols // 3] = rows > 1
    wires = Wires(2.0, 2.0, 50.0, 50.0, two_sided_rows=True) if kind == "two-sided" else WIRES
    return conductance, wires, bias, breaks


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_passive_kernels_agree(kind: str, rows: int, cols: int, tmp_path: Path) -> None:
    conductance, wires, bias, breaks = kernel(kind, rows, cols)
    expected = ngspice_currents(write_netlist(crossbar(conductance, wires, breaks=breaks), bias), cols, tmp_path)
    assert relative_error(solve(conductance, wires, bias, breaks=breaks)[1], expected) <= LIMIT
    if not (bias.cols.any() or bias.floating_cols.any()):
        transfer = transfer_matrix(conductance, wires, floating_rows=bias.floating_rows, breaks=breaks)
        assert relative_error(np.where(bias.floating_rows, 0.0, bias.rows) @ transfer, expected) <= LIMIT


@pytest.mark.parametrize("kind", ["plain", "short of 0 Ohm", "floating", "half"])
@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_1t1r_kernels_fed_by_their_rows_agree(kind: str, rows: int, cols: int, tmp_path: Path) -> None:
    junction, wires, bias, _ = kernel(kind, rows, cols)
    gates = np.random.default_rng(1).random((rows, cols)) < 0.9
    access = np.where(gates, 1700.0, np.inf)
    netlist = write_netlist(crossbar(junction, wires, access_resistance=access), bias)
    cell = cell_conductance(junction, 1700.0, gates)
    assert relative_error(solve(cell, wires, bias)[1], ngspice_currents(netlist, cols, tmp_path)) <= LIMIT


@pytest.mark.parametrize("opposite", [True, False])
@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_1t1r_kernels_with_source_lines_agree(rows: int, cols: int, opposite: bool, tmp_path: Path) -> None:
    junction = kernel("open", rows, cols)[0]
    lines = SourceLines(2.0, 3.0, 20.0, 50.0, opposite_ends=opposite)
    gates = np.random.default_rng(1).random(rows) < 0.6
    gates[0] = True
    access = np.where(gates, 1700.0, np.inf)[:, np.newaxis]
    netlist = write_netlist(
        separate_source(junction, lines, access_resistance=access), Bias.read(np.full(cols, 0.3), cols)
    )
    found = separate_source_currents(cell_conductance(junction, 1700.0), gates, 0.3, lines)
    assert relative_error(found, ngspice_currents(netlist, cols, tmp_path)) <= LIMIT


@pytest.mark.parametrize("access", [0.0, 1700.0])
def test_64x64_kernels_with_every_fault_agree(access: float, tmp_path: Path) -> None:
    junction, wires, bias, breaks = kernel("broken", 64, 64)
    generator = np.random.default_rng(5)
    for share, value in ((0.01, 1 / 20), (0.02, 0.0), (0.002, np.inf)):
        junction[generator.random((64, 64)) < share] = value
    floating = np.zeros(64, bool)
    floating[[7, 40]] = True
    bias = Bias.read(bias.rows, 64, floating)
    circuit = crossbar(junction, wires, breaks=breaks, access_resistance=access or None)
    expected = ngspice_currents(write_netlist(circuit, bias), 64, tmp_path)
    cell = cell_conductance(junction, access)
    assert relative_error(solve(cell, wires, bias, breaks=breaks)[1], expected) <= LIMIT
    transfer = transfer_matrix(cell, wires, floating_rows=floating, breaks=breaks)
    assert relative_error(bias.rows @ transfer, expected) <= LIMIT


@pytest.mark.parametrize("access", [None, 1700.0])
@pytest.mark.parametrize(("rows", "cols"), SIZES)
def test_bias_dependent_kernels_agree(access: float | None, rows: int, cols: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    r_p, parallel = generator.uniform(2e3, 3e3, (rows, cols)), generator.random((rows, cols)) < 0.5
    law = BiasDependentTmr(r_p, np.where(parallel, 0.0, 1.24), 0.4)
    bias = Bias.read(np.full(rows, 0.5), cols)
    circuit = crossbar(law(np.zeros((rows, cols))), WIRES, access_resistance=access)
    expected = ngspice_currents(write_netlist(circuit, bias, law=law), cols, tmp_path)
    assert relative_error(operating_point(law, WIRES, bias, access_resistance=access or 0.0)[1], expected) <= LIMIT


def test_a_wrong_segment_of_the_netlist_is_seen(tmp_path: Path) -> None:
    conductance, wires, bias, _ = kernel("plain", 16, 16)
    netlist = write_netlist(crossbar(conductance, wires), bias)
    assert " r3_4 r3_5 2.0\n" in netlist
    wrong = netlist.replace(" r3_4 r3_5 2.0\n", " r3_4 r3_5 2.01\n")
    assert relative_error(solve(conductance, wires, bias)[1], ngspice_currents(wrong, 16, tmp_path)) > LIMIT
