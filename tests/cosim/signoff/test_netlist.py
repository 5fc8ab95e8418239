# SPDX-License-Identifier: BSD-3-Clause
"""The netlist after synthesis gives the golden model's answers, and one with a wrong gate does not."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from cosim_cases import MINI, chip, job
from needed_tools import engine_or_skip, usable_or_skip
from spintile.cosim.run import cosimulate
from spintile.cosim.signoff.netlist import netlist_verilog, verify_netlist
from spintile.cosim.tools import find_yosys


@pytest.fixture(autouse=True)
def _tools() -> None:
    engine_or_skip("verilator")
    usable_or_skip(find_yosys())


@pytest.mark.parametrize("target", ["generic"])
def test_netlist_equals_the_golden_model(target: Any) -> None:
    result = verify_netlist(job(chip(MINI, 4), "two", images=5), target)
    assert result.passed, result.message


def test_a_wrong_gate_shows() -> None:
    text = netlist_verilog(MINI, "generic")
    place = text.index("trace__codes__codes")
    gate = re.compile(r"(assign \S+ = [^;&|~]*) & ").search(text, place)
    assert gate is not None
    broken = text[: gate.start()] + gate.group(1) + " | " + text[gate.end() :]
    assert not cosimulate(job(chip(MINI, 4), "two", images=5), "compiled", verilog=broken).passed


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(ValueError, match="netlist: target must be one of generic, ice40, ecp5, not 'asic'"):
        netlist_verilog(MINI, cast(Any, "asic"))
