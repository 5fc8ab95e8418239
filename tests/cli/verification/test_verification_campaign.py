# SPDX-License-Identifier: BSD-3-Clause
"""A verification that was ended goes on and ends with the same report; a fault turns it red, and is found again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from cosim_cases import MINI, WIDE, chip
from needed_tools import engine_or_skip
from spintile.cli.flows.verification.campaign import FAULTS, Finding, plan, run_tasks
from spintile.cli.flows.verification.page import verification_sheet
from spintile.cli.flows.verification.report import first_failure, junit, make_report
from spintile.cli.flows.verification.smallest import find_smallest
from spintile.cli.flows.verification.stages import Stage
from spintile.cli.report import render_sheet
from spintile.model.chip import Chip
from verification_cases import COMPILED, GOLDEN, NETLIST, TWIN, Told, subject


def without_times(value: Any) -> Any:
    """A report without what the clock says."""
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if "seconds" not in key}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def verified(folder: Path, jobs: int = 1, stop_after: int = 0, **changes: Any) -> list[Finding]:
    engine_or_skip("verilator")
    tasks = plan([subject(**changes)], [GOLDEN, COMPILED], seed=7)
    return run_tasks(tasks, folder, jobs=jobs, progress=Told(stop_after))


def test_a_run_that_was_ended_goes_on_and_ends_with_the_same_report(tmp_path: Path) -> None:
    whole = make_report(verified(tmp_path / "whole"), seed=7)
    assert whole["holds"]
    assert (whole["dies"], whole["images"], whole["mismatches"]) == (6, 12, 0)
    with pytest.raises(KeyboardInterrupt):
        verified(tmp_path / "ended", stop_after=12)
    done = sorted(path.relative_to(tmp_path / "ended") for path in (tmp_path / "ended").rglob("*.json"))
    assert 0 < len(done) < len(list((tmp_path / "whole").rglob("*.json")))
    stamps = [(tmp_path / "ended" / path).stat().st_mtime_ns for path in done]
    again = make_report(verified(tmp_path / "ended", jobs=2), seed=7)
    assert [(tmp_path / "ended" / path).stat().st_mtime_ns for path in done] == stamps
    assert without_times(again) == without_times(whole)
    # Other images are another verification.
    assert make_report(verified(tmp_path / "ended", images=5), seed=7)["images"] == 5


@pytest.mark.parametrize(("stage", "on"), [(TWIN, chip(WIDE, 6)), (NETLIST, chip(MINI, 4))], ids=["twin", "netlist"])
def test_every_other_stage_equals_the_golden_model_and_not_with_a_fault(tmp_path: Path, stage: Stage, on: Chip) -> None:
    engine_or_skip("verilator")
    subjects = [subject(on=on, dies=(0, 3), images=5)]
    sound = run_tasks(plan(subjects, [stage]), tmp_path, jobs=1, progress=Told())[0]
    assert sound.holds
    assert sound.images == 10
    assert all(sound.compared.values())
    faulty = run_tasks(plan(subjects, [stage], fault="threshold"), tmp_path, jobs=1, progress=Told())[0]
    assert {failure["die"] for failure in faulty.failures} <= {0, 3}
    assert not faulty.holds


def test_a_stage_that_cannot_answer_says_why(tmp_path: Path) -> None:
    findings = run_tasks(plan([subject(on=chip(WIDE, 6, noise=1.0))], [TWIN]), tmp_path, jobs=1, progress=Told())
    report = make_report(findings, seed=0)
    assert report["cases"][0]["not_run"] == "twin: noise_sigma must be 0, not 32: a die in logic has no noise"
    assert not report["holds"]
    assert first_failure(report) == "something must be compared, and nothing could be"
    twin = [line for line in report["requirements"] if line["group"] == "twin"]
    assert [line["result"] for line in twin] == ["not run"]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "threshold"])  # which the command's test has
def test_a_deliberate_fault_ends_red_and_its_smallest_image_and_die_are_found(tmp_path: Path, fault: Any) -> None:
    """On Icarus, whose simulator with waveforms builds at once."""
    engine_or_skip("icarus")
    tasks = plan([subject(dies=(2, 4), images=2)], [Stage("cocotb", "icarus")], 1, fault)
    finding = run_tasks(tasks, tmp_path, jobs=2, progress=Told())[0]
    assert not finding.holds
    found = find_smallest(finding, tmp_path, ["--seed", "1"], progress=Told())
    assert (found.die, found.images) == (2, 1)
    assert f"die 2, image {found.first}" in found.message
    words = shlex.split(found.command)
    assert words[:2] == ["spintile", "verify"]
    assert words[words.index("--first") + 1] == str(found.first)
    assert words[-2:] == ["--fault", fault]
    waves = (tmp_path / found.waves).read_text()
    shown = float(found.remark.split()[-2])
    times = [int(line[1:]) / 1000 for line in waves.splitlines() if line.startswith("#")]
    assert times[0] <= shown <= times[-1] <= times[0] + 2201
    report = make_report([finding], seed=1, difference=found)
    assert not report["holds"]
    assert report["mismatches"] > 0
    assert first_failure(report).startswith("two at stage cocotb-icarus: ")
    assert 'failures="0"' not in junit(report)
    page = render_sheet(verification_sheet(report))
    assert "No." in page
    assert found.waves in page


def test_the_first_image_that_fails_alone_is_looked_for_before_longer_runs() -> None:
    from spintile.cli.flows.verification.smallest import _least

    asked: list[tuple[int, int]] = []

    def shows_from(least: int) -> Any:
        def shows(start: int, stop: int) -> str:
            asked.append((start, stop))
            return "differs" if start <= 17 < stop and stop - start >= least else ""

        return shows

    # What came first in time was a later image of the three in the pipeline.
    assert _least(shows_from(1), 119, 100, 50, 3) == (17, 18)
    assert _least(shows_from(3), 117, 100, 50, 3) == (14, 18)
    # A hang names no image: the fewest first images, then the last of them alone.
    asked.clear()
    assert _least(shows_from(1), None, 100, 50, 3) == (17, 18)
    assert len(asked) < 12
    assert _least(lambda start, stop: "", 117, 100, 50, 3) is None
