# SPDX-License-Identifier: BSD-3-Clause
"""Every deliberate fault of the write path must end red, at the place where it was put."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from needed_tools import engine_or_skip
from spintile.cosim.writing.faults import FaultyProgram, WriteFaultKind, inject
from spintile.cosim.writing.run import ProgramOutcome, run_program
from spintile.model.programming import WriteCommand
from writing_cases import SHARED, WIDE, chip, job, targets


def must_end_red(faulty: FaultyProgram, engine: str) -> ProgramOutcome:
    result = run_program(faulty.job, engine_or_skip(engine), verilog=faulty.verilog)
    assert not result.passed
    assert result.difference is not None, result.error
    shown = {name: getattr(result.difference, name) for name in faulty.place}
    assert shown == dict(faulty.place), f"{faulty.description}: {result.message}"
    # Under Icarus a broken gate may give X, which ends the run: then the first word that is missing is named.
    assert result.difference.time is not None or (faulty.kind == "gate" and result.error)
    assert result.difference.expected != result.difference.got
    return result


@pytest.mark.parametrize("kind", get_args(WriteFaultKind))
@pytest.mark.parametrize("seed", [0, 1])
def test_a_fault_is_found_where_it_was_put(kind: Any, seed: int) -> None:
    must_end_red(inject(job(chip(WIDE)), kind, seed), "icarus")


@pytest.mark.parametrize("kind", ["step", "target", "comparator"])
def test_the_fast_engine_finds_it_too(kind: Any) -> None:
    must_end_red(inject(job(chip(SHARED, noise=1.0, passes=2), seed=1), kind, 2), "verilator")


def test_a_wrong_level_leaves_wrong_states_too() -> None:
    steps = {"levels_p": (1400,), "levels_ap": (1500,), "widths": (2,)}
    result = must_end_red(inject(job(chip(SHARED, **steps)), "step", 0), "verilator")
    assert result.mismatches["states"] > 0
    assert result.mismatches["counters"] > 0


def test_all_faults_are_named_in_one_line() -> None:
    sound = job(chip(WIDE))
    for kind in get_args(WriteFaultKind):
        faulty = inject(sound, kind)
        assert "\n" not in faulty.description
        assert faulty.kind == kind


def test_nothing_to_break_is_an_error() -> None:
    only_read = job(chip(WIDE), WriteCommand("read"))
    with pytest.raises(ValueError, match="target fault must have a command that programs targets, and there is none"):
        inject(only_read, "target")
    with pytest.raises(ValueError, match="step fault must have a step that these commands use, and none was found"):
        inject(only_read, "step")
    with pytest.raises(ValueError, match="fault must be one of step, target, gate, comparator, not 'bit'"):
        inject(only_read, "bit")  # type: ignore[arg-type]


def test_a_fault_in_targets_of_one_die_alone_names_that_die() -> None:
    given = np.stack([targets(SHARED), targets(SHARED, 6)])
    sound = job(chip(SHARED), WriteCommand("targets", given, kernels=(3, 3)))
    faulty = inject(sound, "target", 3)
    loaded = faulty.job.loaded_targets
    assert loaded is not None
    assert loaded[0] is not None
    loaded[0][0] = given[0]
    result = run_program(faulty.job, engine_or_skip("verilator"))
    assert result.difference is not None
    assert result.difference.die == 1
    assert result.difference.field == "target"
