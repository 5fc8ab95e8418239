# SPDX-License-Identifier: BSD-3-Clause
"""A slice of the campaign, what it does with a chip that fails, and the cases that once failed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from broken_chip import TINY, broken_library
from cosim_cases import SHARED, WIDE
from needed_tools import engine_or_skip
from spintile.cosim.compiled import Library, build_library
from spintile.cosim.design import TOP, periphery_verilog
from spintile.cosim.random_programs.block import BlockResult, pool_of, run_block
from spintile.cosim.random_programs.campaign import Campaign, result_of, run_campaign
from spintile.cosim.random_programs.case import Case
from spintile.cosim.random_programs.geometries import PROGRAMS_PER_GEOMETRY, pool_size, pooled_geometry
from spintile.cosim.random_programs.play import play
from spintile.model.geometry import Geometry

KEPT = sorted((Path(__file__).parent / "found").glob("*.json"))


def shared_library(geometry: Geometry) -> Library:
    """As the other tests build it."""
    engine_or_skip("compiled")
    return build_library(periphery_verilog(geometry), TOP, geometry)


def test_random_programs_run_as_the_golden_model_says() -> None:
    result = run_block(20, 0, (WIDE, SHARED), count=40, library=shared_library)
    assert result.wrong == "", result.case
    assert result.cases == 40
    assert result.programs > 40
    assert result.geometries == ["shared", "wide"]
    assert len(result.endings) > 5
    assert result == run_block(20, 0, (WIDE, SHARED), count=40, library=shared_library)


def test_a_case_that_fails_is_made_small_and_fails_again(tmp_path: Path) -> None:
    library, fault = broken_library("errors are not told")
    result = run_block(
        1, 0, (TINY,), count=60, library=lambda _: library, connect=lambda engine: engine.poke("fault", fault)
    )
    assert "STATUS must be" in result.wrong
    path = tmp_path / "case.json"
    path.write_text(result.case)
    case = Case.load(path)
    assert len(case.programs) == 1
    (program,) = case.programs
    assert (program.images, program.hidden, program.traffic, program.gaps) == (1, (), (), ())
    assert play(case, library).wrong == ""
    assert play(case, library, connect=lambda engine: engine.poke("fault", fault)).wrong == result.wrong


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found_once_stays_right(path: Path) -> None:
    case = Case.load(path)
    assert play(case, shared_library(case.geometry)).wrong == ""


def test_geometries_are_the_same_in_every_campaign_and_join_one_by_one() -> None:
    assert [pooled_geometry(number) for number in range(40)] == [pooled_geometry(number) for number in range(40)]
    assert len({pooled_geometry(number).digest() for number in range(40)}) == 40
    assert [pool_size(programs) for programs in (0, PROGRAMS_PER_GEOMETRY - 1, PROGRAMS_PER_GEOMETRY)] == [2, 2, 3]
    assert pool_of(4)[:2] == pool_of(0)


def script(text: str) -> list[str]:
    """A process that runs this."""
    return [sys.executable, "-c", text]


def test_a_process_that_crashes_or_hangs_is_a_result_with_its_case(tmp_path: Path) -> None:
    journal = tmp_path / "journal.json"
    begins = f"import os, pathlib, time; pathlib.Path({str(journal)!r}).write_text('the case'); "
    crashed = result_of(script(begins + "os.abort()"), 3, journal)
    assert crashed == BlockResult(3, wrong="crash: ended with -6: nothing was said", case="the case")
    raised = result_of(script("raise ValueError('so')"), 3, tmp_path / "none")
    assert raised == BlockResult(3, wrong="crash: ended with 1: ValueError: so")
    hung = result_of(script(begins + "time.sleep(60)"), 3, journal, limit=2.0)
    assert hung == BlockResult(3, wrong="hang: more than 2 s", case="the case")


def test_a_campaign_goes_on_from_its_report() -> None:
    campaign = Campaign(7, {0: BlockResult(0, 200, 240, 999, ["random 0"], {"finish": 240})}, 12.0)
    campaign.blocks[1] = BlockResult(1, 3, 4, 50, ["random 0", "random 1"], {"reset": 4}, "wrong", "{}")
    report = campaign.report()
    assert (report["programs"], report["geometries"], report["wrong"]) == (244, 2, 1)
    assert report["endings"] == {"finish": 240, "reset": 4}
    again = Campaign.of(report)
    assert again == campaign
    told: list[Campaign] = []
    run_campaign(again, 244, progress=told.append)
    run_campaign(again, 1 << 20, minutes=0.0, progress=told.append)
    assert not told
    assert again.report() == report
    with pytest.raises(ValueError, match="format_version must be 1, not 9"):
        Campaign.of(report | {"format_version": 9})
