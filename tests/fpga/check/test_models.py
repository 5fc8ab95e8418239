# SPDX-License-Identifier: BSD-3-Clause
"""The model of the ECP5's block RAM answers as the memory does that was mapped to it, in every width."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from needed_tools import needs_icarus, usable_or_skip
from spintile.cosim.tools import find_yosys
from spintile.cosim.yosys import run_yosys
from spintile.fpga.check.models import block_ram

pytestmark = needs_icarus

#: Width, address bits, write enables of so many bits each.
SHAPES = ((36, 9, 9), (18, 10, 9), (8, 11, 8), (4, 12, 4), (1, 14, 1))
_MEMORY = """
module memory_{width} (input clk, input [{last}:0] wa, ra, input [{top}:0] d, input [{groups}:0] w, input r,
  output reg [{top}:0] q);
  (* ram_style = "block", no_rw_check *) reg [{top}:0] words [0:{words}];
  integer i;
  initial for (i = 0; i <= {words}; i = i + 1) words[i] = 0;
  always @(posedge clk) begin
    for (i = 0; i <= {groups}; i = i + 1) if (w[i]) words[wa][i * {unit} +: {unit}] <= d[i * {unit} +: {unit}];
    if (r) q <= words[ra];
  end
endmodule
"""
_BENCH = """
module bench;
  reg clk = 0;
  integer cycle, wrong = 0, seen = 0;
{declared}
  initial begin
    for (cycle = 0; cycle < 4000; cycle = cycle + 1) begin
{drawn}
      #1 clk = 1; #1 clk = 0;
{compared}
    end
    $display("seen %0d wrong %0d", seen, wrong);
  end
endmodule
"""


def _bench() -> str:
    declared, drawn, compared = [], [], []
    for width, address, unit in SHAPES:
        name, groups = f"m{width}", width // unit
        declared.append(f"""  reg [{address - 1}:0] {name}_wa, {name}_ra; reg [{width - 1}:0] {name}_d;
  reg [{groups - 1}:0] {name}_w; reg {name}_r; wire [{width - 1}:0] {name}_q, {name}_want;
  gold_{width} {name}_gold (.clk(clk), .wa({name}_wa), .ra({name}_ra), .d({name}_d), .w({name}_w), .r({name}_r),
    .q({name}_want));
  memory_{width} {name}_gate (.clk(clk), .wa({name}_wa), .ra({name}_ra), .d({name}_d), .w({name}_w), .r({name}_r),
    .q({name}_q));""")
        # Few addresses, so that what was written is read; never one that is written in that cycle.
        drawn.append(f"""      {name}_wa = $random & 15; {name}_ra = $random & 15;
      {name}_d = {{$random, $random}}; {name}_w = $random; {name}_r = ({name}_ra != {name}_wa);""")
        compared.append(f"""      if (cycle > 100 && {name}_r) begin
        seen = seen + (|{name}_q); if ({name}_q !== {name}_want) wrong = wrong + 1; end""")
    parts = {"declared": declared, "drawn": drawn, "compared": compared}
    return _BENCH.format(**{name: "\n".join(lines) for name, lines in parts.items()})


def simulate(folder: Path, model: str) -> tuple[int, int]:
    """Words seen that are not 0, and words that differ, of memories before and after synthesis."""
    usable_or_skip(find_yosys())
    memories = "".join(
        _MEMORY.format(
            width=width, last=address - 1, top=width - 1, groups=width // unit - 1, words=(1 << address) - 1, unit=unit
        )
        for width, address, unit in SHAPES
    )
    (folder / "memories.v").write_text(memories)
    (folder / "gold.v").write_text(memories.replace("module memory_", "module gold_"))
    (folder / "bench.v").write_text(_bench())
    (folder / "models.v").write_text(model)
    # One run for all of them: a module around them that leaves none out.
    ports, parts = ["input clk"], []
    for width, address, unit in SHAPES:
        sizes = {"wa": address, "ra": address, "d": width, "w": width // unit, "r": 1}
        ports += [f"input [{size - 1}:0] {name}{width}" for name, size in sizes.items()]
        ports.append(f"output [{width - 1}:0] q{width}")
        wires = ", ".join(f".{name}({name}{width})" for name in (*sizes, "q"))
        parts.append(f"memory_{width} m{width} (.clk(clk), {wires});")
    (folder / "all.v").write_text(f"module all ({', '.join(ports)}); {' '.join(parts)} endmodule")
    run_yosys(
        [
            "read_verilog memories.v all.v",
            "synth_ecp5 -noflatten -top all -run begin:map_gates",
            *(f"select -assert-any memory_{width}/t:DP16KD" for width, *_ in SHAPES),
            "write_verilog -noattr gates.v",
        ],
        folder,
    )
    gates = ["gates.v"]
    subprocess.run(
        ["iverilog", "-g2012", "-o", "bench.vvp", "bench.v", "gold.v", "models.v", *gates], cwd=folder, check=True
    )
    said = subprocess.run(["vvp", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True).stdout
    _, seen, _, wrong = said.split()[-4:]
    return int(seen), int(wrong)


def test_every_width_answers_as_the_memory_that_was_mapped_to_it(tmp_path: Path) -> None:
    seen, wrong = simulate(tmp_path, block_ram())
    assert wrong == 0
    assert seen > 10_000


@pytest.mark.parametrize(
    ("before", "after"),
    [("if (address_a[1]) memory", "if (address_a[0]) memory"), ("out_b[35:18]", "out_b[17:0]")],
)
def test_a_wrong_model_is_seen(before: str, after: str, tmp_path: Path) -> None:
    model = block_ram()
    assert before in model
    assert simulate(tmp_path, model.replace(before, after))[1]
