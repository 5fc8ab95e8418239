# SPDX-License-Identifier: BSD-3-Clause
"""What ``verify`` says of mutants: enough were noticed, or it fails and names the first that was not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from spintile.cli.flows.mutation import mutant_failure, mutant_rows, run_mutants
from spintile.cosim import mutation
from spintile.cosim.mutation import Campaign, Mutant
from spintile.model.geometry import preset

MUTANTS = tuple(Mutant(number, "inv", "$flatten\\gather.$1", "A", 0, "", "rtl/gather.py:7", "") for number in (1, 2, 3))


@pytest.mark.parametrize(("killed", "holds"), [({1: "codes", 2: "hang"}, True), ({1: "codes"}, False)])
def test_the_share_that_was_noticed_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, killed: dict[int, str], holds: bool
) -> None:
    rest = tuple(number for number in (2,) if number not in killed)

    def campaign(*given: Any, **options: Any) -> Campaign:
        assert given == (preset("demo"), 3)
        assert options["out"] == tmp_path
        options["progress"](3, 3)
        return Campaign("demo", 0, killed, (3,), rest, MUTANTS, 10, 0.0)

    monkeypatch.setattr(mutation, "run_campaign", campaign)
    told: list[tuple[str, float, str]] = []

    def progress(step: str, done: float, remark: str = "") -> None:
        told.append((step, done, remark))

    report = run_mutants(preset("demo"), 3, folder=tmp_path, seed=0, jobs=1, progress=progress)
    assert report["holds"] is holds
    assert told[-1] == ("mutants", 1.0, "3 of 3")
    assert mutant_rows(report) == [("gather", str(len(killed)), "1", str(len(rest)))]
    if not holds:
        assert mutant_failure(report) == (
            "mutants killed must be at least 95%, not 50.0%; "
            "the first survivor: rtl/gather.py:7: inv $flatten\\gather.$1 (A[0])"
        )


def test_the_data_path_must_be_seen_better_than_the_rest() -> None:
    report = {"score": 0.96, "data_path_score": 0.97, "survivors": []}
    said = mutant_failure(report)
    assert said == "mutants killed in the data path must be at least 98%, not 97.0%; the first survivor: none"
