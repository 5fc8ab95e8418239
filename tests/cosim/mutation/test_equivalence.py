# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be told apart by any state and input is proved equivalent, and nothing else is."""

from __future__ import annotations

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.formal.proving import find_solver
from spintile.cosim.mutation.equivalence import prove_equivalent
from spintile.cosim.mutation.logic import read_aiger

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
    usable_or_skip(find_solver())


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


#: The fault inverts what a register takes over; what it feeds is the output, or itself alone. Two inputs, one register.
STORED = "aag 8 2 1 1 3\n2\n4\n6 13\n{out}\n8 2 5\n10 3 4\n12 9 11\ni0 a\ni1 mutant_select\n"


def test_a_register_that_leads_to_no_port_may_differ() -> None:
    assert dict(prove_equivalent(read_aiger(STORED.format(out=2)), [1], reachable=0)) == {1: "equivalent"}
    assert dict(prove_equivalent(read_aiger(STORED.format(out=6)), [1], reachable=0)) == {1: "different"}


#: The fault inverts what is written into bit 0 of a memory of two bits; one of its bits is the output.
MEMORY = """aag 8 4 0 5 3
2
4
14
16
{out}
13
2
1
1
8 2 5
10 3 4
12 9 11
i0 a
i1 mutant_select
i2 memory0_RD_DATA[0]
i3 memory0_RD_DATA[1]
o0 out
o1 memory0_WR_DATA[0]
o2 memory0_WR_DATA[1]
o3 memory0_WR_EN[0]
o4 memory0_WR_EN[1]
"""


def test_a_bit_of_a_memory_that_leads_to_no_port_may_differ() -> None:
    assert dict(prove_equivalent(read_aiger(MEMORY.format(out=16)), [1], reachable=0)) == {1: "equivalent"}
    assert dict(prove_equivalent(read_aiger(MEMORY.format(out=14)), [1], reachable=0)) == {1: "different"}


def test_a_word_that_is_not_written_may_differ() -> None:
    disabled = MEMORY.format(out=14).replace("13\n2\n1\n1\n", "13\n2\n0\n1\n")
    assert dict(prove_equivalent(read_aiger(disabled), [1], reachable=0)) == {1: "equivalent"}
