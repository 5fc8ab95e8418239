# SPDX-License-Identifier: BSD-3-Clause
"""The RTL is safe in every run: proved, not of nothing, and every claim finds its faults."""

from __future__ import annotations

import pytest
from fault_cases import FAULTS
from needed_tools import needs
from spintile.cosim.formal import find_solver, prove, reach, refute
from spintile.cosim.proofs import PROOFS
from spintile.cosim.tools import find_yosys

pytestmark = needs(find_yosys(), find_solver())

#: Claims of a result that is partly register and partly wires, and so not disturbed; faults in the source break them.
_PARTLY_WIRES = {"ok_is_in_the_window_of_the_target", "the_outcome_says_where_it_lies"}


@pytest.mark.parametrize("name", PROOFS)
def test_holds_in_every_run(name: str) -> None:
    proof = PROOFS[name]
    verdict = prove(proof.properties(), depth=proof.depth)
    assert verdict.status == "proved", f"{verdict}\n{verdict.trace.text() if verdict.trace else ''}"
    assert verdict.depth == proof.depth


@pytest.mark.parametrize("name", PROOFS)
def test_is_not_claimed_of_nothing(name: str) -> None:
    proof = PROOFS[name]
    assert reach(proof.small_properties(), depth=proof.covered).missed == ()


@pytest.mark.parametrize("name", PROOFS)
def test_every_claim_breaks_with_a_faulty_signal(name: str) -> None:
    proof = PROOFS[name]
    broken = reach(proof.small_properties().broken(), depth=proof.broken)
    assert set(broken.missed) == (_PARTLY_WIRES if name == "column scan" else set())
    assert {fault.breaks for fault in FAULTS.values()} >= _PARTLY_WIRES


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    fault = FAULTS[name]
    verdict = refute(fault.make().only(fault.breaks), depth=fault.depth)
    assert verdict.status == "failed", str(verdict)
    assert verdict.broken == (fault.breaks,)
    assert verdict.trace is not None
    assert len(verdict.trace) == verdict.depth + 1 <= fault.depth + 1
