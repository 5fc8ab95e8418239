# SPDX-License-Identifier: BSD-3-Clause
"""Traces are read with their names and cycles, and survive a file."""

from __future__ import annotations

import pytest
from spintile.cosim.formal import Trace

VCD = """$var integer 32 t smt_step $end
$var event 1 ! smt_clock $end
$scope module top $end
$var wire 1 n0 go $end
$scope module block $end
$var wire 4 n1 steps $end
$var wire 4 n1 same $end
$upscope $end
$upscope $end
#0
1!
b00000000000000000000000000000000 t
b1 n0
b0111 n1
#5
b0 n0
#10
1!
b00000000000000000000000000000001 t
b0 n0
b1000 n1
#20
1!
b00000000000000000000000000000010 t
"""


def test_a_cycle_is_ten_units_and_names_are_hierarchical() -> None:
    trace = Trace.from_vcd(VCD)
    assert len(trace) == 2
    assert trace.values("go") == [1, 0]
    assert trace.values("block.steps") == trace.values("block.same") == [7, 8]
    assert trace.widths == {"go": 1, "block.steps": 4, "block.same": 4}


def test_a_table_shows_what_changes() -> None:
    trace = Trace([{"a": 1, "b": 12}, {"a": 1, "b": 13}], {"a": 1, "b": 4})
    assert trace.text() == "cycle 0 1\nb     c d"
    assert trace.text(["a"]) == "cycle 0 1\na     1 1"


def test_a_trace_survives_a_file() -> None:
    trace = Trace.from_vcd(VCD)
    assert Trace.from_dict(trace.as_dict()) == trace


def test_a_signal_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^signal must be in the trace, not 'block\.step': it has block\.steps"):
        Trace.from_vcd(VCD).values("block.step")
