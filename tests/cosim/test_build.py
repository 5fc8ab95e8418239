# SPDX-License-Identifier: BSD-3-Clause
"""Simulator builds: cached, whole or not there, and told in one line when they fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from needed_tools import engine_or_skip
from spintile.cosim.build import BuildError, build_simulator, ports_of

STUB = (Path(__file__).parent / "sar_stub.v").read_text()
YOSYS_STYLE = """
module \\top.part (clk, q);
  input clk;
  output q;
endmodule

(* top =  1  *)
module top(clk, rst, array__trial, \\odd$name , q);
  (* src = "input here;" *)
  input clk;
  wire clk;
  input rst; // output not_a_port;
  output [24:0] array__trial;
  wire [24:0] array__trial;
  input \\odd$name ;
  output q;
  reg q;
  assign \\write.output  = emit__payload;
endmodule
"""


def test_ports_are_read_from_yosys_verilog() -> None:
    assert ports_of(YOSYS_STYLE, "top") == {
        "clk": "input",
        "rst": "input",
        "array__trial": "output",
        "odd$name": "input",
        "q": "output",
    }


def test_ports_are_read_from_a_header() -> None:
    ports = ports_of(STUB, "sar_stub")
    assert ports["array__comparator"] == "input"
    assert ports["codes"] == "output"
    assert len(ports) == 20


def test_a_module_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Verilog must have a module 'nothing'"):
        ports_of(STUB, "nothing")


def test_the_same_design_is_built_once(tmp_path: Path) -> None:
    first = build_simulator(STUB, "sar_stub", engine_or_skip("icarus"), cache=tmp_path)
    stamp = first.program.stat().st_mtime_ns
    again = build_simulator(STUB, "sar_stub", "icarus", cache=tmp_path)
    assert again == first
    assert again.program.stat().st_mtime_ns == stamp


def test_another_design_or_option_is_another_build(tmp_path: Path) -> None:
    engine = engine_or_skip("icarus")
    folders = {
        build_simulator(STUB + tail, "sar_stub", engine, waves=waves, cache=tmp_path).folder
        for tail in ("", "// changed\n")
        for waves in (False, True)
    }
    assert len(folders) == 4


def test_builds_at_once_leave_one_whole_build(tmp_path: Path) -> None:
    engine = engine_or_skip("icarus")
    with ThreadPoolExecutor(4) as pool:
        builds = list(pool.map(lambda _: build_simulator(STUB, "sar_stub", engine, cache=tmp_path), range(4)))
    assert len(set(builds)) == 1
    folders = [path for path in (tmp_path / "simulators").iterdir() if path.is_dir()]
    assert folders == [builds[0].folder]


@pytest.mark.parametrize("engine", ["icarus", "verilator"])
def test_a_design_that_does_not_compile_is_told_in_one_line(engine: str, tmp_path: Path) -> None:
    engine_or_skip(engine)
    broken = STUB.replace("assign array__pulse = 0;", "assign array__pulse = nothing + ;")
    with pytest.raises(
        BuildError, match=rf"^{engine} could not build 'sar_stub': .*design\.v:\d+.* \(log: .*\)$"
    ) as caught:
        build_simulator(broken, "sar_stub", engine, cache=tmp_path)  # type: ignore[arg-type]
    log = Path(str(caught.value).rpartition("(log: ")[2].rstrip(")"))
    assert "design.v" in log.read_text()
    assert not [path for path in (tmp_path / "simulators").iterdir() if path.is_dir()]


def test_unknown_engines_are_refused() -> None:
    with pytest.raises(ValueError, match="engine must be one of verilator, icarus, not 'spice'"):
        build_simulator(STUB, "sar_stub", "spice")  # type: ignore[arg-type]


def test_a_wire_named_like_a_direction_declares_nothing() -> None:
    body = "input a;\noutput b;\nwire \\output ;\nassign \\output = a;\nassign b = \\output ;\n"
    assert ports_of(f"module top(a, b);\n{body}endmodule\n", "top") == {"a": "input", "b": "output"}
