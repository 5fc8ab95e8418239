# SPDX-License-Identifier: BSD-3-Clause
"""The model of the ECP5's multiplier gives the product that was mapped to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from needed_tools import needs, needs_icarus
from spintile.cosim.tools import find_yosys
from spintile.cosim.yosys import run_yosys
from spintile.fpga.check.models import multiplier

pytestmark = [needs_icarus, needs(find_yosys())]

_PRODUCT = "module product (input [17:0] a, input [{top}:0] b, output [{last}:0] p); assign p = a * b; endmodule"
_BENCH = """
module bench;
  reg [17:0] a; reg [{top}:0] b; wire [{last}:0] p;
  integer number, wrong = 0;
  product gate (.a(a), .b(b), .p(p));
  initial begin
    for (number = 0; number < 1000; number = number + 1) begin
      a = number == 0 ? 18'h3ffff : $random; b = number == 0 ? ~0 : $random;
      #1 if (p !== {{18'd0, a}} * b) wrong = wrong + 1;
    end
    $display("wrong %0d", wrong);
  end
endmodule
"""


def wrong_products(folder: Path, model: str, width: int) -> int:
    """Of 1,000 products of a number of 18 bits and one of ``width``, after synthesis, how many are wrong."""
    sizes = {"top": width - 1, "last": width + 17}
    (folder / "product.v").write_text(_PRODUCT.format(**sizes))
    (folder / "bench.v").write_text(_BENCH.format(**sizes))
    (folder / "model.v").write_text(model)
    steps = [
        "read_verilog product.v",
        "synth_ecp5 -top product -run begin:map_gates",
        "select -assert-count 1 t:MULT18X18D",
        "write_verilog -noattr gates.v",
    ]
    run_yosys(steps, folder)
    subprocess.run(["iverilog", "-g2012", "-o", "b.vvp", "bench.v", "model.v", "gates.v"], cwd=folder, check=True)
    said = subprocess.run(["vvp", "b.vvp"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return int(said.split()[-1])


@pytest.mark.parametrize("width", [5, 18])
def test_a_product_is_what_was_mapped(width: int, tmp_path: Path) -> None:
    assert wrong_products(tmp_path, multiplier(), width) == 0


def test_a_wrong_model_is_seen(tmp_path: Path) -> None:
    model = multiplier().replace(" * ", " + ")
    assert wrong_products(tmp_path, model, 18)
