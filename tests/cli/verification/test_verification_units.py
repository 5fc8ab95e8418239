# SPDX-License-Identifier: BSD-3-Clause
"""Units cover every image of every die once; what a unit follows from is all in its key."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from needed_tools import engine_or_skip
from spintile.cli.flows.verification.reference import ReferenceCheck, check_reference
from spintile.cli.flows.verification.stages import Stage, verilog_of
from spintile.cli.flows.verification.units import Unit, UnitResult, divide, keep, kept, run_unit, unit_key
from spintile.cosim.faults import inject
from spintile.cosim.job import CosimJob
from verification_cases import COMPILED, GOLDEN, subject


@pytest.mark.parametrize(("dies", "images"), [(1, 1), (4, 250), (9, 251), (36, 1000)])
def test_units_cover_everything_once(dies: int, images: int) -> None:
    seen = np.zeros((dies, images), np.int64)
    for unit in divide(dies, images, Stage("cocotb", "verilator")):
        seen[list(unit.positions), unit.images] += 1
        assert unit.amount <= 4 * 250
    assert (seen == 1).all()


def test_a_key_holds_all_that_a_result_follows_from() -> None:
    base = subject().job((0, 1), slice(0, 4))

    def key(job: CosimJob = base, stage: Stage = COMPILED, verilog: str = "v", seed: int = 0, source: str = "s") -> str:
        return unit_key(stage, job, verilog, seed, source)

    changed = base.images.copy()
    changed.flat[0] ^= 1
    threshold = inject(base, "threshold").job.program
    others = [
        key(subject().job((0, 2), slice(0, 4))),
        key(subject().job((0, 1), slice(1, 5))),
        key(subject(seed=4).job((0, 1), slice(0, 4))),
        key(base.replace(images=changed)),
        key(base.replace(first_index=0)),
        key(base.replace(program=threshold)),
        key(base.replace(array_image=subject().job((1, 0), slice(0, 4)).image)),
        key(stage=GOLDEN),
        key(verilog="w"),
        key(seed=1),
        key(source="t"),
    ]
    assert key() == key(subject().job((0, 1), slice(0, 4)))
    assert len({key(), *others}) == 1 + len(others)


def test_what_is_kept_is_read_back_for_the_same_key_only(tmp_path: Path) -> None:
    path = tmp_path / "units" / "one.json"
    result = UnitResult(2, {"codes": 3}, {"codes": 1}, [{"die": 0, "image": 1, "message": "m"}], 2.5, 2)
    keep(path, "key", result)
    assert kept(path, "key") == result
    assert kept(path, "other") is None
    assert kept(path.with_name("none.json"), "key") is None
    record = json.loads(path.read_text())
    record["result"]["mismatches"]["codes"] = 0
    path.write_text(json.dumps(record))
    assert kept(path, "key") is None  # its hash is another


def test_the_reference_is_the_same_however_it_is_run() -> None:
    found = run_unit(GOLDEN, subject().job(range(6), slice(0, 12)), "", seed=0, jobs=2, labels=np.zeros(12, np.int64))
    assert (found.images, found.compared, found.mismatches, found.failures) == (72, {"classes": 72}, {"classes": 0}, [])
    assert found.correct == int((subject().job(range(6), slice(0, 12)).golden().classes == 0).sum())


def test_a_reference_that_differs_is_named_by_die_and_image() -> None:
    sound = check_reference(subject().job((0, 3), slice(0, 4)))
    wrong = sound.recorded.copy()
    wrong[1, 2:] += 1
    class_ = int(sound.together[1, 2])
    differences = ReferenceCheck(sound.together, wrong, sound.first_index, sound.die_ids).differences()
    said = f"golden: die 3, image 102: class must be {class_}, not {class_ + 1} with the record"
    assert differences == [(3, 102, said)]


def test_every_die_that_fails_is_named_whatever_the_threads() -> None:
    engine_or_skip("verilator")
    base = subject()
    job = base.job(range(4), slice(0, 12)).replace(array_image=base.job((0, 2, 1, 3), slice(0, 12)).image)
    verilog = verilog_of(COMPILED, job.geometry)
    found = [run_unit(COMPILED, job, verilog, seed=0, jobs=jobs) for jobs in (1, 2)]
    assert [failure["die"] for failure in found[0].failures] == [1, 2]
    assert found[0].failures == found[1].failures
    assert found[0].mismatches == found[1].mismatches
    assert found[0].images == 48
    assert Unit((0, 1), slice(0, 12)).name(base) == "dies-0-1-images-100-111"
