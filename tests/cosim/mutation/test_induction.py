# SPDX-License-Identifier: BSD-3-Clause
"""A mutant that only unreachable states tell is proved so, and one that some run tells is not."""

from __future__ import annotations

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.mutation.graph import Graph
from spintile.cosim.mutation.induction import find_abc, prove_unreachable
from spintile.cosim.mutation.logic import read_aiger

#: Registers p (4) and q (6), both 0 at first, both take over the input a (2); the output is a, inverted by the fault
#: where p and q differ, which they never do. Select is 8.
TWINS = """aag 11 2 2 1 7
2
8
4 2
6 2
22
10 4 7
12 5 6
14 11 13
16 15 8
18 2 17
20 3 16
22 19 21
i0 a
i1 mutant_select
"""


@pytest.fixture(autouse=True)
def _abc() -> None:
    usable_or_skip(find_abc())


def test_a_fault_in_states_that_are_never_reached_is_no_difference() -> None:
    assert prove_unreachable(Graph(read_aiger(TWINS)), 1, 10.0)


@pytest.mark.parametrize("change", [("6 2\n22", "6 3\n22"), ("6 2\n22", "6 2 1\n22")])
def test_a_fault_that_a_run_tells_is_one(change: tuple[str, str]) -> None:
    """Another next state, or another first state, and they differ."""
    assert not prove_unreachable(Graph(read_aiger(TWINS.replace(*change))), 1, 10.0)


def test_a_register_that_nothing_reads_may_differ() -> None:
    """The fault inverts what q takes over, and the output is a alone."""
    logic = read_aiger("aag 8 2 1 1 3\n2\n4\n6 13\n2\n8 2 5\n10 3 4\n12 9 11\ni0 a\ni1 mutant_select\n")
    assert prove_unreachable(Graph(logic), 1, 10.0)


def test_a_difference_that_leaves_by_another_register_is_told() -> None:
    """What the fault inverts is shown one cycle later."""
    logic = read_aiger("aag 8 2 1 1 3\n2\n4\n6 13\n6\n8 2 5\n10 3 4\n12 9 11\ni0 a\ni1 mutant_select\n")
    assert not prove_unreachable(Graph(logic), 1, 10.0)
