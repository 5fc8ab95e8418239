# SPDX-License-Identifier: BSD-3-Clause
"""Every line of the constraints speaks of ports that the exported module has, and every port is in one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.build import ports_of
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.signoff.constraints import Timing, lpf, pcf, sdc
from spintile.cosim.tools import find_yosys
from spintile.model.geometry import preset


@pytest.fixture(scope="module")
def verilog() -> str:
    """A whole chip with its traces."""
    usable_or_skip(find_yosys())
    return periphery_verilog(preset("demo"))


def commands(text: str) -> list[tuple[str, str, list[str]]]:
    """Name, arguments and ports of each command; its variables must be set, and nothing else may be in the file."""
    variables: dict[str, float] = {}
    found = []
    for line in filter(None, text.splitlines()):
        if line.startswith("#"):
            continue
        if setting := re.fullmatch(r"set (\w+) ([\d.]+) ;# .+", line):
            variables[setting.group(1)] = float(setting.group(2))
            continue
        command = re.fullmatch(r"(\w+) (.*)\[get_ports \{(.+)\}\]", line)
        assert command, line
        assert set(re.findall(r"\$(\w+)", command.group(2))) <= set(variables), line
        found.append((command.group(1), command.group(2), command.group(3).split()))
    return found


def faults(text: str, ports: dict[str, str]) -> list[str]:
    """Ports of the constraints that are none, or run the other way, and ports that have no delay or exception."""
    wrong, seen = [], {"clk"}
    for command, arguments, names in commands(text):
        direction = {"set_input_delay": "input", "set_output_delay": "output", "create_clock": "input"}.get(command)
        for name in (name.removesuffix("[*]") for name in names):
            if ports.get(name) != (direction or "output"):
                wrong.append(f"{command} {arguments}: {name}")
            seen.add(name)
    return wrong + sorted(set(ports) - seen)


def test_every_port_is_constrained_and_there(verilog: str) -> None:
    assert faults(sdc(verilog, Timing()), ports_of(verilog, TOP)) == []


def test_vectors_and_bits_are_named_as_such(verilog: str) -> None:
    text = sdc(verilog, Timing())
    assert " array__strobe " in text
    assert "array__trial[*]" in text
    assert "array__strobe[*]" not in text


def test_a_renamed_port_shows(verilog: str) -> None:
    renamed = re.sub(r"\barray__comparator\b", "array__compare", verilog)
    assert faults(sdc(verilog, Timing()), ports_of(renamed, TOP)) == [
        "set_input_delay -clock clk $comparator : array__comparator",
        "array__compare",
    ]
    with pytest.raises(ValueError, match=r"^constraints: port array__compare of spintile_top must belong to a group"):
        sdc(renamed, Timing())


def test_a_pin_that_is_gone_shows(verilog: str) -> None:
    without = re.sub(r"^  (input|output) (\[\d+:0\] )?array__level;\n", "", verilog, flags=re.MULTILINE)
    with pytest.raises(ValueError, match=r"^constraints: spintile_top must have a port array__level, and has none$"):
        sdc(without, Timing())


def test_the_facts_about_the_analog_pins_are_said(verilog: str) -> None:
    said = {(command, port) for command, _, ports in commands(sdc(verilog, Timing())) for port in ports}
    relaxed = {port for command, port in said if command == "set_multicycle_path"}
    left_out = {port for command, port in said if command == "set_false_path"}
    assert relaxed == {"array__level[*]", "array__differential"}
    assert {"array__tag_image[*]", "array__tag_ordinal[*]", "trace__codes__valid"} <= left_out
    # The loop of a conversion has no synchroniser: comparators and trials are paths like any other.
    assert not {port for port in left_out if port.startswith("array__") and "tag" not in port}


def test_delays_are_parts_of_the_period(verilog: str) -> None:
    text = sdc(verilog, Timing(period=20.0, comparator=0.5, trial=0.1))
    assert "set period 20 ;#" in text
    assert "set comparator 10 ;#" in text
    assert "set trial 2 ;#" in text


def test_nextpnr_gets_the_clock() -> None:
    assert pcf(Timing(period=20.0)).splitlines()[-1] == "set_frequency clk 50"
    assert lpf(Timing(period=20.0)).splitlines()[-1] == 'FREQUENCY PORT "clk" 50 MHZ;'


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"period": 0.0}, "timing: period must be above 0 ns, not 0"),
        ({"period": float("nan")}, "timing: period must be above 0 ns, not nan"),
        ({"line": 1.0}, "timing: line must be from 0 to below 1 period, not 1"),
        ({"comparator": 0.6, "trial": 0.4}, "timing: comparator plus trial must be below 1 period, not 1"),
        ({"slow_cycles": 0}, "timing: slow_cycles must be at least 1, not 0"),
    ],
)
def test_impossible_timing_is_one_clear_error(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Timing(**settings)
