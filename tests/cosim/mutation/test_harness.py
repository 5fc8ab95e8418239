# SPDX-License-Identifier: BSD-3-Clause
"""The mutant is chosen once, at the start of a run, and not by an input that all logic hangs on."""

from __future__ import annotations

import pytest
from spintile.cosim.mutation.harness import chosen_at_start

DESIGN = """module top(a, mutant_select, b);
  input a;
  output b;
  input [3:0] mutant_select;
  wire [3:0] mutant_select;
  assign b = a ^ mutant_select[0];
endmodule
"""


def test_the_input_becomes_a_variable() -> None:
    assert chosen_at_start(DESIGN) == DESIGN.replace("a, mutant_select, b", "a, b").replace(
        "  input [3:0] mutant_select;\n  wire [3:0] mutant_select;\n",
        '  reg [3:0] mutant_select = 0;\n  initial if ($value$plusargs("mutant=%d", mutant_select)) begin end\n',
    )


def test_it_may_be_the_last_port_and_one_bit_wide() -> None:
    changed = chosen_at_start("module top(a, mutant_select);\n  input a;\n  input mutant_select;\nendmodule\n")
    assert changed.startswith("module top(a);\n  input a;\n  reg mutant_select = 0;\n")


def test_a_design_without_the_input_is_refused() -> None:
    with pytest.raises(ValueError, match="mutated design must have an input mutant_select, and has none"):
        chosen_at_start(DESIGN.replace("mutant_select", "other"))
