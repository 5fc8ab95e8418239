# SPDX-License-Identifier: BSD-3-Clause
"""The periphery is safe in every run: proved, not of nothing, and every proof finds its faults."""

from __future__ import annotations

import pytest
from fault_cases import FAULTS
from proof_cases import PROOFS
from spintile.cosim.formal import find_solver, prove, reach, refute
from spintile.cosim.tools import find_yosys

_MISSING = [f"{tool.name} is {tool.state}: {tool.install}" for tool in (find_yosys(), find_solver()) if not tool.usable]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason="; ".join(_MISSING))


@pytest.mark.parametrize("name", PROOFS)
def test_holds_in_every_run(name: str) -> None:
    proof = PROOFS[name]
    verdict = prove(proof.make(), depth=proof.depth)
    assert verdict.status == "proved", f"{verdict}\n{verdict.trace.text() if verdict.trace else ''}"
    assert verdict.depth <= proof.depth


@pytest.mark.parametrize("name", PROOFS)
def test_is_not_claimed_of_nothing(name: str) -> None:
    proof = PROOFS[name]
    assert reach((proof.covering or proof.make)(), depth=proof.covered).missed == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    fault = FAULTS[name]
    verdict = refute(fault.make().only(fault.breaks), depth=fault.depth)
    assert verdict.status == "failed", str(verdict)
    assert verdict.broken == (fault.breaks,)
    assert verdict.trace is not None
    assert len(verdict.trace) == verdict.depth + 1 <= fault.depth + 1
