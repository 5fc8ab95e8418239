# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from spintile.cli.flows.steps import Step, WholeProgress, run_steps

HERE = "step_functions"


def ignore(step: str, done: float, remark: str = "") -> None:
    pass


def chain(text: str = "a") -> list[Step]:
    return [
        Step(
            "second",
            "second",
            f"{HERE}:write",
            {"name": "two", "text": "b", "source": "one"},
            ("first",),
            ("one",),
            ("two",),
        ),
        Step("first", "first", f"{HERE}:write", {"name": "one", "text": text}, outputs=("one",)),
    ]


def log(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


def test_steps_run_after_those_they_wait_for(tmp_path: Path) -> None:
    results = run_steps(chain(), tmp_path, jobs=2, progress=ignore)
    assert log(tmp_path) == ["one", "two"]
    assert results["second"].value == {"length": 2}
    assert not results["second"].reused


def test_finished_steps_are_reused_and_changed_ones_are_not(tmp_path: Path) -> None:
    run_steps(chain(), tmp_path, jobs=1, progress=ignore)
    again = run_steps(chain(), tmp_path, jobs=1, progress=ignore)
    assert all(result.reused for result in again.values())
    assert log(tmp_path) == ["one", "two"]
    run_steps(chain("c"), tmp_path, jobs=1, progress=ignore)
    assert log(tmp_path) == ["one", "two", "one", "two"]
    assert (tmp_path / "two").read_text() == "cb"


@pytest.mark.parametrize("damage", ["output", "record", "source"])
def test_a_damaged_output_record_or_other_code_runs_the_step_again(tmp_path: Path, damage: str) -> None:
    run_steps(chain(), tmp_path, jobs=1, progress=ignore)
    if damage == "output":
        (tmp_path / "two").write_text("b")
    if damage == "record":
        (tmp_path / ".steps" / "second.json").write_text('{"format_version": 1')
    again = run_steps(chain(), tmp_path, jobs=1, progress=ignore, source="changed" if damage == "source" else "")
    assert not again["second"].reused
    assert again["first"].reused == (damage != "source")
    assert json.loads((tmp_path / ".steps" / "second.json").read_text())["value"] == {"length": 2}


def test_progress_tells_start_middle_and_end(tmp_path: Path) -> None:
    told: list[tuple[str, float, str]] = []
    run_steps(chain()[1:], tmp_path, jobs=1, progress=lambda step, done, remark="": told.append((step, done, remark)))
    assert told == [("first", 0.0, ""), ("first", 0.5, "half way"), ("first", 1.0, "")]


def test_what_a_step_raises_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate must be from 0 to 1, not 2"):
        run_steps([Step("bad", "bad", f"{HERE}:fail")], tmp_path, jobs=1, progress=ignore)
    assert not (tmp_path / ".steps").exists()


def test_a_step_that_vanishes_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"step 'gone' ended without a result \(exit code 9\)"):
        run_steps([Step("gone", "gone", f"{HERE}:vanish")], tmp_path, jobs=1, progress=ignore)


def test_a_failure_ends_the_other_steps_and_lets_them_tidy_up(tmp_path: Path) -> None:
    steps = [Step("long", "long", f"{HERE}:linger"), Step("bad", "bad", f"{HERE}:wait_then_fail")]
    with pytest.raises(ValueError, match="stop"):
        run_steps(steps, tmp_path, jobs=2, progress=ignore)
    assert (tmp_path / "left").exists()


def test_steps_that_wait_for_each_other_are_an_error(tmp_path: Path) -> None:
    steps = [Step("a", "a", f"{HERE}:fail", after=("b",)), Step("b", "b", f"{HERE}:fail", after=("a",))]
    with pytest.raises(ValueError, match="steps must not wait for each other: a, b"):
        run_steps(steps, tmp_path, jobs=1, progress=ignore)


def test_steps_end_with_a_parent_that_was_killed_outright(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from spintile.cli.flows.steps import Step, run_steps\n"
        "if __name__ == '__main__':\n"
        f"    step = Step('linger', 'linger', '{HERE}:linger')\n"
        "    run_steps([step], Path(), jobs=1, progress=lambda *words: None)\n"
    )
    (tmp_path / "run.py").write_text(code)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "run.py"], cwd=tmp_path, env=environment) as process:
        while not (tmp_path / "lingering").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60  # far more than it takes; it ends a step that would linger for ten minutes
    while not (tmp_path / "left").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert (tmp_path / "left").exists()


def test_the_whole_is_done_when_every_step_is() -> None:
    told: list[tuple[str, float, str]] = []
    steps = [Step("train-a", "a", ""), Step("b", "b", "")]
    whole = WholeProgress("all", steps, ("train-",), lambda step, done, remark="": told.append((step, done, remark)))
    whole("b", 1.0)
    assert told[-1] == ("all", pytest.approx(1 / 11), "1 of 2 steps")
    whole("a", 1.0)
    assert told[-1] == ("all", 1.0, "2 of 2 steps")
