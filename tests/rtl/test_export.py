# SPDX-License-Identifier: BSD-3-Clause
"""The exported Verilog is the same every time, names its ports as promised, and means the same to every simulator."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from amaranth import Const, Module, Signal
from amaranth.back import verilog
from amaranth.lib.wiring import Component, Out
from needed_tools import usable_or_skip
from spintile.cosim.tools import find_icarus, find_verilator
from spintile.model.geometry import Geometry, preset
from spintile.rtl.export import MODULE, export_verilog, find_yosys, to_rtlil, to_verilog
from spintile.rtl.top import Top

TINY = Geometry(name="tiny", rows=3, cols=4, kernels=2, adc_bits=3, acc_bits=8, activation_depth=32, layer_limit=2)

TESTBENCH = """
module testbench;
  wire [7:0] o;
  wire clk = 0, rst = 0;
  constants dut (.o(o));
  initial begin #1 $display("%b", o); $finish; end
endmodule
"""


class Constants(Component):
    """A choice between constants by a signal that never changes: nothing ever triggers an ``always @*``."""

    def __init__(self) -> None:
        super().__init__({"o": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        chosen = Signal(init=1)
        with m.If(Const(0)):
            m.d.comb += self.o.eq(0x5A)
        with m.Elif(chosen):
            m.d.comb += self.o.eq(0xA5)
        return m


def under_icarus(text: str, folder: Path) -> str:
    """What the testbench prints."""
    usable_or_skip(find_icarus())
    (folder / "all.v").write_text(text + TESTBENCH)
    compiled = folder / "all.vvp"
    subprocess.run(["iverilog", "-g2012", "-s", "testbench", "-o", compiled, folder / "all.v"], check=True)
    return subprocess.run(["vvp", "-n", compiled], check=True, capture_output=True, text=True).stdout.strip()


def ports(text: str, module: str) -> dict[str, tuple[str, int]]:
    """Direction and width of each port of a module."""
    body = text[text.index(f"module {module}(") :]
    body = body[: body.index("endmodule")]
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", body, re.MULTILINE)
    return {name: (direction, int(high or 0) + 1) for direction, high, name in found}


def test_constants_are_not_unknown_under_icarus(tmp_path: Path) -> None:
    assert under_icarus(to_verilog(to_rtlil(Constants(), "constants")), tmp_path) == "10100101"


def test_verilog_without_this_detour_is_unknown_under_icarus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap itself: should this ever pass as a number, the detour through Yosys may go."""
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "system")
    monkeypatch.setenv("YOSYS", *find_yosys())
    assert under_icarus(verilog.convert(Constants(), name="constants"), tmp_path) == "xxxxxxxx"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small chip with its traces."""
    return export_verilog(TINY, tmp_path_factory.mktemp("export") / "chip.v", trace=True).read_text()


def test_no_combinational_process_is_left_in_the_chip(exported: str) -> None:
    assert "always @*" not in exported
    assert "always_comb" not in exported


def yosys(design: str, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a script on the text of a design."""
    (folder / "design").write_text(design)
    command = [*find_yosys(), "-q", "-p", script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_chip_has_no_combinational_loop_latch_or_second_driver(tmp_path: Path) -> None:
    script = "read_rtlil design; proc; flatten; select -assert-none t:$dlatch t:$sr; opt_clean; check -assert"
    process = yosys(to_rtlil(Top(TINY, trace=True)), script, tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr


def test_a_combinational_loop_shows(tmp_path: Path) -> None:
    loop = "module l(input a, output o); wire b; assign b = a ^ o; assign o = ~b; endmodule"
    process = yosys(loop, "read_verilog design; proc; check -assert", tmp_path)
    assert process.returncode != 0
    assert "logic loop" in process.stdout + process.stderr


def circular(text: str, folder: Path, top: str) -> list[str]:
    """Nets in which Verilator sees a circle, be it only between different bits of a vector: they slow it down."""
    verilator = find_verilator()
    usable_or_skip(verilator)
    (folder / "design.v").write_text(text)
    command = [*verilator.command, "--lint-only", "-Wno-fatal", "--top-module", top, "design.v"]
    environment = {**os.environ, **verilator.environment}
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return [line for line in process.stderr.splitlines() if line.startswith("%Warning-UNOPTFLAT")]


def test_verilator_sees_no_circle_in_the_chip(exported: str, tmp_path: Path) -> None:
    assert circular(exported, tmp_path, MODULE) == []


def test_a_circle_shows_in_verilator(tmp_path: Path) -> None:
    design = "module c(input a, input b, output o); assign o = (o & a) ^ b; endmodule"
    assert circular(design, tmp_path, "c")


def test_same_inputs_give_the_same_bytes(exported: str, tmp_path: Path) -> None:
    assert export_verilog(TINY, tmp_path / "chip.v", trace=True).read_text() == exported
    assert str(Path(__file__).parents[2]) not in exported
    assert [path.name for path in tmp_path.iterdir()] == ["chip.v"]


def test_ports_carry_the_promised_names(exported: str) -> None:
    found = ports(exported, MODULE)
    wanted = {
        "clk": ("input", 1),
        "rst": ("input", 1),
        "s_axi__awaddr": ("input", 20),
        "s_axi__wdata": ("input", 32),
        "s_axi__bresp": ("output", 2),
        "image__tdata": ("input", 8),
        "image__tready": ("output", 1),
        "result__tdata": ("output", 32),
        "array__kernel": ("output", 1),
        "array__select": ("output", 2),
        "array__row_mode": ("output", 9),
        "array__col_mode": ("output", 12),
        "array__trial": ("output", 12),
        "array__comparator": ("input", 4),
        "array__pulse": ("output", 1),
        "array__level": ("output", 12),
        "report__tdata": ("output", 64),
        "report__tlast": ("output", 1),
        "report__tready": ("input", 1),
        "array__tag_ordinal": ("output", 20),
        "trace__codes__codes": ("output", 12),
        "trace__acc__acc": ("output", 16),
        "trace__activation__activations": ("output", 4),
        "trace__result__label": ("output", 16),
    }
    assert {name: found.get(name) for name in wanted} == wanted


def test_traces_are_there_only_when_asked_for() -> None:
    assert "trace__codes__valid" in to_rtlil(Top(TINY, trace=True))
    assert "trace__codes__valid" not in to_rtlil(Top(TINY))


def test_sources_name_the_python_line_when_asked_for() -> None:
    assert "top.py:" in to_rtlil(Constants(), sources=True).replace(Path(__file__).name, "top.py")
    assert ".py:" not in to_rtlil(Constants())


def test_missing_yosys_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^Yosys must be runnable as 'no-such-yosys', but: "):
        export_verilog(TINY, tmp_path / "chip.v", yosys=("no-such-yosys",))
    assert not list(tmp_path.iterdir())


def test_a_design_that_yosys_refuses_is_one_clear_error() -> None:
    with pytest.raises(RuntimeError, match=r"must accept the design, not fail with: .*ERROR"):
        to_verilog("no such statement\n")


def test_presets_elaborate() -> None:
    for name in ("goodwill", "drolet", "demo"):
        assert f"module \\{MODULE}" in to_rtlil(Top(preset(name), trace=True))
