# SPDX-License-Identifier: BSD-3-Clause
"""Small designs for the tests of the harness, and a periphery whose pins can be broken from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spintile.model.geometry import Geometry

SMALL = Geometry(name="small", rows=4, cols=4, kernels=2)
#: Just the ports that the harness drives, and one of another's.
STUB = """
module stub(
  input clk, input rst,
  input [19:0] s_axi__awaddr, input s_axi__awvalid, output s_axi__awready,
  input [31:0] s_axi__wdata, input [3:0] s_axi__wstrb, input s_axi__wvalid, output s_axi__wready,
  output [1:0] s_axi__bresp, output s_axi__bvalid, input s_axi__bready,
  input [19:0] s_axi__araddr, input s_axi__arvalid, output s_axi__arready,
  output [31:0] s_axi__rdata, output [1:0] s_axi__rresp, output s_axi__rvalid, input s_axi__rready,
  input [7:0] image__tdata, input image__tvalid, input image__tlast, output image__tready,
  output [31:0] result__tdata, output result__tvalid, output result__tlast, input result__tready,
  input [69:0] extra, output reg [69:0] delayed
);
  assign s_axi__awready = 1; assign s_axi__wready = 1; assign s_axi__bresp = 2; assign s_axi__bvalid = 1;
  assign s_axi__arready = 1; assign s_axi__rdata = 32'h1234; assign s_axi__rresp = 0; assign s_axi__rvalid = 1;
  assign image__tready = 0; assign result__tdata = 0; assign result__tvalid = 0; assign result__tlast = 0;
  always @(posedge clk) delayed <= rst ? 0 : extra;
endmodule
"""


def with_flips(verilog: str, top: str, names: Sequence[str]) -> tuple[str, str]:
    """The design in a wrapper that flips bits of its outputs by inputs ``flip__NAME``; the wrapper's name."""
    body = verilog[verilog.index(f"module {top}(") :]
    body = body[: body.index("endmodule")]
    ports = re.findall(r"^  (input|output)((?: \[\d+:\d+\])?) (\w+);", body, re.MULTILINE)
    header = [f"{direction}{width} {name}" for direction, width, name in ports]
    header += [f"input{width} flip__{name}" for _, width, name in ports if name in names]
    lines = [f"module flippable({', '.join(header)});"]
    for _, width, name in ports:
        if name in names:
            lines += [f"wire{width} inner__{name};", f"assign {name} = inner__{name} ^ flip__{name};"]
    inside = ", ".join(f".{name}({'inner__' if name in names else ''}{name})" for _, _, name in ports)
    lines += [f"{top} inner({inside});", "endmodule"]
    return verilog + "\n".join(lines) + "\n", "flippable"
