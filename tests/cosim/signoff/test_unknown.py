# SPDX-License-Identifier: BSD-3-Clause
"""Whatever registers and memories hold at first, the reset settles all that matters; a register without it shows."""

from __future__ import annotations

import re

import pytest
from cosim_cases import chip, job
from needed_tools import engine_or_skip
from spintile.cosim.design import periphery_verilog
from spintile.cosim.job import CosimJob
from spintile.cosim.signoff.unknown import start_at_random, start_unknown, without_initial_values
from spintile.cosim.tools import find_compiler, find_yosys
from spintile.model.geometry import preset

DEMO = preset("demo")


@pytest.fixture(scope="module")
def small() -> CosimJob:
    if not find_yosys().usable or not find_compiler().usable:
        pytest.skip("needs Yosys and a C++ compiler")
    return job(chip(DEMO, 6), "two", images=2, dies=1)


def without_a_reset(verilog: str) -> str:
    """The periphery with a sequencer that no reset reaches."""
    instance = re.compile(r"(\\spintile_top\.sequencer +sequencer \([^;]*?\.rst\()[^)]*(\))")
    assert len(instance.findall(verilog)) == 1
    return instance.sub(r"\g<1>1'h0\g<2>", verilog)


def test_no_register_and_no_memory_keeps_an_initial_value() -> None:
    text = without_initial_values(periphery_verilog(DEMO))
    assert "initial" not in text
    assert not re.search(r"^\s*reg [^;]*=", text, re.MULTILINE)
    assert re.search(r"^\s*reg [^;]*=", periphery_verilog(DEMO), re.MULTILINE)


def test_nothing_unknown_reaches_a_port(small: CosimJob) -> None:
    engine_or_skip("icarus")
    result = start_unknown(small)
    assert result.passed, result.message


def test_any_contents_give_the_same_answers(small: CosimJob) -> None:
    engine_or_skip("verilator")
    found = start_at_random(small, range(1, 21))
    assert [start.message for start in found] == [""] * 20
    assert len({start.compared for start in found}) == 1
    assert found[0].compared > 100


def test_a_reset_in_the_middle_of_an_image_leaves_nothing(small: CosimJob) -> None:
    engine_or_skip("verilator")
    assert [start.message for start in start_at_random(small, range(1, 21), reset_after=25)] == [""] * 20


def test_a_register_that_is_not_reset_shows(small: CosimJob) -> None:
    engine_or_skip("verilator")
    broken = without_a_reset(periphery_verilog(DEMO))
    assert any(start.message for start in start_at_random(small, range(1, 6), verilog=broken))
