# SPDX-License-Identifier: BSD-3-Clause
"""Cells, memories and depth are counted block by block."""

from __future__ import annotations

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.signoff.area import LIBRARY, area_of
from spintile.cosim.tools import find_yosys
from spintile.model.geometry import Geometry

SMALL = Geometry(name="small", rows=3, cols=4, kernels=2, adc_bits=3, acc_bits=8, activation_depth=32, layer_limit=2)
#: A top with a block of an adder and a register, and one of a memory.
DESIGN = """module spintile_top(input clk, input [7:0] a, input [7:0] b, output [7:0] o, output [3:0] q);
  \\spintile_top.adder adder(.clk(clk), .a(a), .b(b), .o(o));
  \\spintile_top.store store(.clk(clk), .a(a[3:0]), .d(b[3:0]), .q(q));
endmodule
module \\spintile_top.adder (input clk, input [7:0] a, input [7:0] b, output reg [7:0] o);
  always @(posedge clk) o <= a + b;
endmodule
module \\spintile_top.store (input clk, input [3:0] a, input [3:0] d, output reg [3:0] q);
  reg [3:0] m [15:0];
  always @(posedge clk) begin m[a] <= d; q <= m[a]; end
endmodule
"""


#: Mark of tests that map to the open cell library.
needs_library = pytest.mark.skipif(
    not LIBRARY.is_file(), reason="the cell library is not there; apt-get install qflow-tech-osu018"
)


@pytest.fixture(autouse=True)
def _tools() -> None:
    usable_or_skip(find_yosys())


def test_blocks_are_counted_apart() -> None:
    found = {block.name: block for block in area_of(SMALL, library=None, verilog=DESIGN).blocks}
    assert set(found) == {"adder", "store", "top"}
    assert found["adder"].flip_flops == 8
    assert found["adder"].cells > 16
    assert found["adder"].memory_bits == 0
    assert found["adder"].depth >= 4
    assert found["store"].memory_bits == 64
    assert found["top"].cells == 0
    assert found["adder"].area is None


@needs_library
def test_a_library_gives_areas() -> None:
    found = area_of(SMALL, verilog=DESIGN)
    adder = next(block for block in found.blocks if block.name == "adder")
    assert found.library == "osu018_stdcells"
    assert adder.area is not None
    assert 1000 < adder.area < 10000  # eight flip-flops of 96 um2 and as many full adders
    # A carry over eight bits; paths end at flip-flops, and none goes through a memory or a block.
    assert 4 <= adder.depth <= 32
    top = next(block for block in found.blocks if block.name == "top")
    assert (top.cells, top.area, top.depth) == (0, 0.0, 0)


@needs_library
def test_a_longer_path_shows() -> None:
    longer = DESIGN.replace("o <= a + b", "o <= (a + b) * (a - b)")
    depths = {design: _depth(design) for design in (DESIGN, longer)}
    assert depths[longer] > depths[DESIGN] + 4


def _depth(design: str) -> int:
    return next(block.depth for block in area_of(SMALL, verilog=design).blocks if block.name == "adder")
