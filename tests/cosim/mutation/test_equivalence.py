# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be told apart by any state and input is proved equivalent, and nothing else is."""

from __future__ import annotations

import pytest
from spintile.cosim.formal.proving import find_solver
from spintile.cosim.mutation.equivalence import cut_memories, prove_equivalent, read_aiger

#: Inputs a (2), b (4), select (6, 8), one register (10); 1 AND for each step. Output: (a & b) with a choice by select.
CHOICE = """aag 9 4 1 1 4
2
4
6
8
10 18
16
12 2 4
14 6 12
16 13 15
18 2 10
i0 a
i1 b
i2 mutant_select[0]
i3 mutant_select[1]
"""


@pytest.fixture(autouse=True)
def _solver() -> None:
    if not find_solver().usable:
        pytest.skip("needs Z3")


def test_the_graph_is_read_with_registers_as_inputs_and_results() -> None:
    logic = read_aiger(CHOICE)
    assert logic.inputs.tolist() == [2, 4, 10]
    assert logic.select == (6, 8)
    assert logic.results.tolist() == [16, 18]
    assert logic.gates.shape == (4, 3)


def test_a_redundant_fault_is_equivalent_and_one_that_no_gate_sees_too() -> None:
    # ~(a & b) & ~(select0 & a & b) is ~(a & b) whatever select0 is; select1 is not connected.
    assert dict(prove_equivalent(read_aiger(CHOICE), [1, 2, 3])) == {1: "equivalent", 2: "equivalent", 3: "equivalent"}


def test_a_fault_that_some_state_shows_is_different() -> None:
    # The output becomes ~(a & b) & ~(select0 & a): with a and not b it tells.
    changed = CHOICE.replace("14 6 12", "14 6 2")
    assert dict(prove_equivalent(read_aiger(changed), [1])) == {1: "different"}


def test_a_fault_in_a_rare_state_is_found_by_the_solver() -> None:
    """Only one of 2^40 inputs tells: random states do not see it."""
    bits = 40
    first = 2 * (bits + 2)
    lines, last = [], 2
    for number in range(1, bits):
        lines.append(f"{first} {last} {2 * (number + 1)}")
        last, first = first, first + 2
    select = 2 * (bits + 1)
    lines.append(f"{first} {last} {select}")
    ports = [str(2 * (number + 1)) for number in range(bits + 1)]
    text = "\n".join([f"aag {first // 2} {bits + 1} 0 1 {bits}", *ports, str(first), *lines, f"i{bits} mutant_select"])
    logic = read_aiger(text)
    assert dict(prove_equivalent(logic, [1])) == {1: "different"}
    # Without the last gate the output does not depend on the fault.
    logic.results[:] = last
    assert dict(prove_equivalent(logic, [1])) == {1: "equivalent"}


def test_a_memory_becomes_ports() -> None:
    cell = """module \\top
  wire width 4 \\data
  cell $mem_v2 \\store
    parameter \\WIDTH 4
    parameter \\ABITS 3
    parameter \\RD_PORTS 1
    parameter \\WR_PORTS 1
    connect \\RD_DATA \\data
    connect \\RD_ADDR \\read
    connect \\RD_EN \\on
    connect \\RD_ARST 1'0
    connect \\RD_SRST 1'0
    connect \\WR_ADDR \\address
    connect \\WR_DATA \\word
    connect \\WR_EN \\enables
  end
end
"""
    text = cut_memories(cell)
    assert "$mem_v2" not in text
    assert "wire width 4 input 900000 \\memory0_RD_DATA\n  connect \\data \\memory0_RD_DATA" in text
    assert "connect \\memory0_WR_DATA \\word" in text
    assert text.count(" output ") == 7
    assert all(f"\\memory0_{port} " in text for port in ("RD_ADDR", "RD_EN", "WR_ADDR", "WR_EN"))
