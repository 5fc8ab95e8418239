# SPDX-License-Identifier: BSD-3-Clause
"""Every deliberate fault must end red, in the stage and at the place where it was put."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from cosim_cases import SHARED, WIDE, chip, job
from needed_tools import engine_or_skip
from spintile.cosim.faults import FaultKind, gate_fault, inject
from spintile.cosim.run import cosimulate


def must_end_red(faulty: Any, engine: str) -> None:
    result = cosimulate(faulty.job, engine_or_skip(engine), verilog=faulty.verilog)
    assert not result.passed
    assert result.first_difference is not None, result.error
    assert result.first_difference["stage"] == faulty.stage, result.message
    shown = {name: result.first_difference[name] for name in faulty.place}
    assert shown == faulty.place, result.message
    assert result.first_difference["time"] is not None
    assert result.first_difference["expected"] != result.first_difference["got"]


#: Faults of any job; those of flags and medians need a network that has them.
PLAIN = ("die-image", "threshold", "instruction", "gate")


def test_every_kind_of_fault_is_tested() -> None:
    assert set(get_args(FaultKind)) == {*PLAIN, "flag", "median"}


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize(("name", "seed"), [("three", 0), ("conv", 1)])
def test_a_fault_is_found_where_it_was_put(kind: Any, name: str, seed: int) -> None:
    must_end_red(inject(job(chip(WIDE, 6), name), kind, seed), "icarus")


@pytest.mark.parametrize("engine", ["verilator", "compiled"])
@pytest.mark.parametrize("kind", ["die-image", "threshold", "instruction"])
def test_the_fast_engines_find_it_too(kind: Any, engine: str) -> None:
    must_end_red(inject(job(chip(SHARED, 5, noise=1.0), "two"), kind, 2), engine)


def test_a_bias_is_broken_where_there_is_no_hidden_layer() -> None:
    faulty = inject(job(chip(WIDE, 6), "output"), "threshold")
    assert "bias is" in faulty.description
    must_end_red(faulty, "icarus")


@pytest.mark.parametrize("kind", ["flag", "median"])
@pytest.mark.parametrize("engine", ["icarus", "verilator", "compiled"])
def test_a_wrong_flag_and_a_wrong_median_are_found(kind: Any, engine: str) -> None:
    base = job(chip(WIDE, 6, "check"), "median", flags=True)
    before, faulty = base.golden(), inject(base, kind, 1)
    assert all(map(np.array_equal, before.accumulators, faulty.job.golden().accumulators))
    must_end_red(faulty, engine)


def test_faults_of_flags_and_medians_need_them() -> None:
    base = job(chip(WIDE, 6), "two", images=2)
    with pytest.raises(ValueError, match=r"^flag fault must change an accumulator of these images, and no flag does$"):
        inject(base, "flag")
    with pytest.raises(ValueError, match=r"^median fault must have a layer that combines its copies by their median"):
        inject(base, "median")


@pytest.mark.parametrize("kind", PLAIN)
def test_seeds_choose_and_only_seeds(kind: Any) -> None:
    base = job(chip(WIDE, 6), "three", images=2)
    said = [inject(base, kind, seed).description for seed in (0, 0, 1, 2, 3)]
    assert said[0] == said[1]
    assert len(set(said)) > 1


@pytest.mark.parametrize("kind", ["die-image", "threshold", "instruction"])
def test_the_golden_side_stays_sound(kind: Any) -> None:
    base = job(chip(WIDE, 6), "three", images=2)
    before = base.golden()
    after = inject(base, kind).job.golden()
    assert (before.codes == after.codes).all()
    assert (before.classes == after.classes).all()


DESIGN = """module \\top.adder (a, b, y);
  assign y = a + b;
endmodule
module \\top.other (a, b, y);
  assign y = a + b;
  assign z = a & b | c;
  assign w = a < b;
endmodule
"""


def test_a_gate_is_changed_only_in_the_module_named() -> None:
    text, said = gate_fault(DESIGN, module="adder")
    assert text == DESIGN.replace("a + b", "a - b", 1)
    assert said == "design line 2 (module adder): + is -: assign y = a - b;"


def test_gates_with_more_than_one_operator_are_left_alone() -> None:
    texts = {gate_fault(DESIGN, seed, module="other", operators=("+", "&", "|", "<"))[0] for seed in range(9)}
    assert texts == {DESIGN[:70] + DESIGN[70:].replace("a + b", "a - b"), DESIGN.replace("a < b", "a >= b")}


def test_a_design_without_such_a_gate_is_refused() -> None:
    sentence = r"design must have an operator \^ in a module 'adder', and has none"
    with pytest.raises(ValueError, match=sentence):
        gate_fault(DESIGN, module="adder", operators=("^",))


def test_unknown_faults_are_refused() -> None:
    sentence = "fault must be one of die-image, threshold, instruction, gate, flag, median, not 'sun'"
    with pytest.raises(ValueError, match=sentence):
        inject(job(chip(WIDE, 6), "two", images=1), "sun")  # type: ignore[arg-type]
