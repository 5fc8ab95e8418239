# SPDX-License-Identifier: BSD-3-Clause
"""The exported periphery is clean; every kind of fault shows in a module that has it."""

from __future__ import annotations

import pytest
from spintile.cosim.design import periphery_verilog
from spintile.cosim.signoff.lint import WAIVERS, lint, structure_findings
from spintile.cosim.tools import find_verilator, find_yosys
from spintile.model.geometry import preset

FAULTS = {
    "UNOPTFLAT": "module t(input a, output o);\nwire b; assign b = a ^ o; assign o = ~b;\nendmodule\n",
    "LATCH": "module t(input e, input d, output reg o);\nalways @* if (e) o = d;\nendmodule\n",
    "MULTIDRIVEN": "module t(input d, output o);\nassign o = d; assign o = ~d;\nendmodule\n",
    "UNDRIVEN": "module t(input d, output o);\nwire x; assign o = d & x;\nendmodule\n",
    "WIDTHTRUNC": "module t(input [3:0] d, output [1:0] o);\nassign o = d;\nendmodule\n",
}


@pytest.fixture(autouse=True)
def _tools() -> None:
    for tool in (find_verilator(), find_yosys()):
        if not tool.usable:
            pytest.skip(f"needs {tool.name}: {tool.state}")


def test_the_periphery_is_clean() -> None:
    found = lint(periphery_verilog(preset("demo")))
    assert found.clean, "\n".join(map(str, found.findings))
    # A waiver that nothing needs must go.
    assert set(found.waived) == {waiver.rule for waiver in WAIVERS}


@pytest.mark.parametrize("rule", sorted(FAULTS))
def test_a_fault_shows(rule: str) -> None:
    assert rule in {finding.rule for finding in lint(FAULTS[rule], "t").findings}


def test_yosys_sees_loops_and_latches_too() -> None:
    assert [finding.rule for finding in structure_findings(FAULTS["UNOPTFLAT"], "t")] == ["check"]
    assert [finding.rule for finding in structure_findings(FAULTS["LATCH"], "t")] == ["latch"]
