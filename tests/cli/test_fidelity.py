# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from spintile.cli.flows.writing.fidelity import (
    CellResults,
    cell_results,
    count_reported,
    failing_by_step,
    failures_csv,
    reported_defects,
    summarise,
)
from spintile.model.chip import Chip
from spintile.model.dies import Defect, Population, sample_population
from spintile.model.programming import Report, encode_words, make_array, program

CHIP = Chip.preset("demo")


@pytest.fixture(scope="module")
def dies() -> Population:
    statistics = CHIP.statistics.replace(short=0.01, open=0.01, stuck_p=0.01, stuck_ap=0.01)
    return sample_population(CHIP.geometry, CHIP.cell, statistics, 3, seed=4)


@pytest.fixture(scope="module")
def written(dies: Population) -> tuple[CellResults, dict[str, object]]:
    array = make_array(CHIP, dies, 1)
    targets = np.random.default_rng(0).random(dies.shape[1:]) < 0.5
    cells = cell_results(program(array, CHIP, "targets", targets), dies.shape)
    assert np.array_equal(cells.target, np.broadcast_to(targets, dies.shape))
    return cells, summarise(cells, dies, array.state, array.initial)


def test_no_healthy_cell_fails_and_only_defects_are_reported(
    dies: Population, written: tuple[CellResults, dict[str, object]]
) -> None:
    cells, found = written
    assert found["cells"] == dies.defect.size
    assert (found["failed_after_verify"], found["wrong_state_after_verify"], found["reported_healthy"]) == (0, 0, 0)
    assert found["healthy_fidelity_after_verify"] == 1.0
    wrong = np.isin(dies.defect, (Defect.SHORT, Defect.OPEN))
    wrong |= (dies.defect == Defect.STUCK_P) & ~cells.target
    wrong |= (dies.defect == Defect.STUCK_AP) & cells.target
    assert np.array_equal(cells.outcome != 0, wrong)
    assert found["reported"] == np.count_nonzero(wrong)


def test_a_cell_left_in_the_wrong_state_is_counted(
    dies: Population, written: tuple[CellResults, dict[str, object]]
) -> None:
    cells, _ = written
    place = tuple(np.argwhere(dies.defect == 0)[0])
    states = cells.target.copy()
    states[place] = ~states[place]
    assert summarise(cells, dies, states, cells.target)["wrong_state_after_verify"] == 1
    outcome = cells.outcome.copy()
    outcome[place] = 1
    broken = CellResults(**{**vars(cells), "outcome": outcome})
    assert summarise(broken, dies, states, cells.target)["failed_after_verify"] == 1


def test_fidelity_rises_with_the_pulses(dies: Population, written: tuple[CellResults, dict[str, object]]) -> None:
    cells, found = written
    shares = found["failing_after_step"]
    assert isinstance(shares, dict)
    for name in ("all", "healthy"):
        assert np.all(np.diff(shares[name]) <= 0)
    assert 0.4 < shares["healthy"][0] < 0.6  # random states, half of them right already
    assert shares["healthy"][-1] == 0.0
    before = failing_by_step(cells, dies.defect == 0, cells.target)
    assert before[0] == 0.0
    healthy = found["healthy_cells"]
    assert isinstance(healthy, int)
    assert shares["healthy"][1] * healthy == pytest.approx(found["failed_before_verify"])


def test_every_defect_is_reported_in_one_state_or_the_other(dies: Population) -> None:
    report = program(make_array(CHIP, dies, 1), CHIP, "characterise")
    found = reported_defects(report, dies)
    assert found["healthy_reported"] == 0
    assert all(entry["cells"] == entry["reported"] > 0 for entry in found["defects"].values())
    # The first half alone does not show what is stuck in P.
    half = count_reported(dies, cell_results(report, dies.shape).outcome != 0)
    assert half["defects"]["stuck_p"]["reported"] == 0
    assert half["defects"]["stuck_ap"]["reported"] == half["defects"]["stuck_ap"]["cells"]


def test_the_last_pass_has_the_last_word() -> None:
    shape = (1, CHIP.geometry.kernels, CHIP.geometry.rows, CHIP.geometry.cols)
    place = {"kernel": 2, "row": 3, "col": 4, "target": 1, "kind": 0}
    words = np.array(
        [
            encode_words(**place, stage=0, outcome=1, pulses=8, value=9, first_ok=0),
            encode_words(**place, stage=1, outcome=0, pulses=2, value=17, first_ok=1),
        ]
    )
    cells = cell_results(Report.from_words([words], CHIP), shape)
    at = (0, 2, 3, 4)
    assert (cells.outcome[at], cells.first_outcome[at], cells.first_ok[at], cells.pulses[at]) == (0, 1, False, 10)
    assert cells.written.sum() == 1


def test_failures_are_listed_with_what_they_are(
    dies: Population, written: tuple[CellResults, dict[str, object]]
) -> None:
    lines = failures_csv(written[0], dies).splitlines()
    assert lines[0] == "die,kernel,row,col,target,outcome,code,pulses,defect"
    assert len(lines) == 1 + int(np.count_nonzero(written[0].outcome))
    assert all(line.endswith(("short", "open", "stuck_p", "stuck_ap")) for line in lines[1:])
