# SPDX-License-Identifier: BSD-3-Clause
"""Properties and coverage in the words of the report."""

from __future__ import annotations

from pathlib import Path

from cosim_cases import WIDE
from needed_tools import usable_or_skip
from spintile.cli.flows.verification.campaign import Finding, Task
from spintile.cli.flows.verification.extras import coverage_of, prove_properties
from spintile.cli.flows.verification.units import UnitResult
from spintile.cosim.coverage import Coverage, coverage_bins
from spintile.cosim.formal import find_solver
from spintile.cosim.tools import find_yosys
from verification_cases import COMPILED, GOLDEN, Told, subject


def test_properties_are_proved_and_counted() -> None:
    usable_or_skip(find_yosys(), find_solver())
    told = Told()
    found = prove_properties(jobs=1, progress=told, names=["row driver"])
    assert found["proved"] == found["total"] == len(found["blocks"][0]["properties"]) > 0
    assert found["blocks"][0]["depth"] >= 1
    assert told.steps[-1] == ("properties", 1.0, f"{found['total']} of {found['total']} proved")


def test_coverage_of_all_units_is_merged_and_kept(tmp_path: Path) -> None:
    first, second = (entry.name for entry in coverage_bins(WIDE)[:2])
    units = [UnitResult(1, {"codes": 1}, {"codes": 0}, [], coverage={name: 2}) for name in (first, second, first)]
    found = coverage_of(
        [Finding(Task(subject(), COMPILED), units)], WIDE, tmp_path, seed=0, close=False, progress=Told()
    )
    assert found is not None
    assert (found["hit"], found["required"], found["error"]) == (2, False, "")
    assert found["bins"] == len(coverage_bins(WIDE))
    saved = Coverage.load(tmp_path / "coverage.json")
    assert (saved.hits[first], saved.hits[second]) == (4, 2)


def test_no_coverage_is_reported_where_none_is_collected(tmp_path: Path) -> None:
    reference = Finding(Task(subject(), GOLDEN), [UnitResult(1, {"classes": 1}, {"classes": 0}, [])])
    assert coverage_of([reference], WIDE, tmp_path, seed=0, close=False, progress=Told()) is None
