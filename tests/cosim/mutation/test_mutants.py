# SPDX-License-Identifier: BSD-3-Clause
"""Mutants are drawn by seed, know where they come from, and stand in one design behind one input."""

from __future__ import annotations

import pytest
from needed_tools import usable_or_skip
from spintile.cosim.mutation.mutants import SELECT, mutate, nearest_source, parse_mutants
from spintile.cosim.tools import find_yosys
from spintile.model.geometry import Geometry
from spintile.rtl import sequencer

LINE = (
    "mutate -ctrl mutant_select 6 4 -mode inv -module spintile_top -cell $flatten\\accumulator.\\repair.$12 -port A "
    "-portbit 3 -wire accumulator.repair.left -wirebit 2 -src /lib/amaranth/hdl.py:9 -src {source}:195"
)
TINY = Geometry(name="tiny", rows=3, cols=4, kernels=2, adc_bits=3, acc_bits=8, activation_depth=32, layer_limit=2)


def test_a_mutant_knows_its_fault_and_the_nearest_line_of_this_project() -> None:
    (mutant,) = parse_mutants(f"mutate -mode none\n{LINE.format(source=sequencer.__file__)}\n")
    assert (mutant.number, mutant.mode, mutant.port, mutant.bit) == (4, "inv", "A", 3)
    assert (mutant.wire, mutant.block) == ("accumulator.repair.left[2]", "accumulator")
    assert mutant.source == "rtl/sequencer.py:195"
    assert mutant.text == "rtl/sequencer.py:195: inv accumulator.repair.left[2] (A[3])"
    assert "-src" not in mutant.command
    assert mutant.command.endswith("-portbit 3")


def test_a_source_in_a_library_is_not_ours() -> None:
    assert nearest_source(["/lib/python/amaranth/lib/fifo.py:30"]) == ""


def test_the_count_must_be_positive() -> None:
    with pytest.raises(ValueError, match="count of mutants must be at least 1, not 0"):
        mutate(TINY, 0)


def test_the_same_seed_draws_the_same_mutants_and_another_one_others() -> None:
    usable_or_skip(find_yosys())
    one, again, other = mutate(TINY, 12, 3), mutate(TINY, 12, 3), mutate(TINY, 12, 4)
    assert one.verilog == again.verilog
    assert one.mutants == again.mutants
    assert [mutant.command for mutant in one.mutants] != [mutant.command for mutant in other.mutants]
    assert [mutant.number for mutant in one.mutants] == list(range(1, 13))
    assert f"input [3:0] {SELECT};" in one.verilog
    assert sum(mutant.source.startswith("rtl/") for mutant in one.mutants) > 6
