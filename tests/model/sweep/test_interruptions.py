# SPDX-License-Identifier: BSD-3-Clause
"""Killed, interrupted or doubled, a sweep loses nothing, does nothing twice, and ends with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sweep_functions
from spintile.model.sweep import SweepFolder, collect, run
from sweep_functions import folder_bytes, logged_sweep

SEEDS = 8
SWEEP = logged_sweep(SEEDS)
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """File to which every task that is begun adds a line."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("SWEEP_LOG", str(path))
    return path


@pytest.fixture
def undisturbed(tmp_path: Path, log: Path) -> dict[str, bytes]:
    """Files of a sweep that nobody disturbed."""
    run(SWEEP, tmp_path / "undisturbed")
    log.write_text("")
    return folder_bytes(tmp_path / "undisturbed")


def start(folder: Path, jobs: int, *faults: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(Path(sweep_functions.__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "sweep_functions", str(folder), str(jobs), str(SEEDS), *faults],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,  # a Ctrl-C of the test's own goes to that group alone
    )


def finished(folder: Path) -> set[str]:
    place = SweepFolder(folder)
    return {f"{s['seed']} {s['die']}" for s, name in zip(SWEEP.settings, SWEEP.names, strict=True) if place.done(name)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_random_moments_the_files_are_those_of_an_undisturbed_run(
    tmp_path: Path, log: Path, undisturbed: dict[str, bytes], jobs: int
) -> None:
    folder, generator = tmp_path / "killed", np.random.default_rng(jobs)
    kept: set[str] = set()
    for _ in range(5):
        log.write_text("")
        process = start(folder, jobs)
        assert process.stdout is not None
        for _ in range(int(generator.integers(1, 7))):
            process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(float(generator.random()) * 0.02)  # somewhere within a task
        process.kill()
        process.communicate()
        assert not kept & set(log.read_text().split("\n")), "a finished task was done again"
        assert kept <= finished(folder), "a finished task was lost"
        kept = finished(folder)
    assert 0 < len(kept) < len(SWEEP.settings)
    run(SWEEP, folder, jobs=jobs)
    assert folder_bytes(folder) == undisturbed


def test_a_changed_bit_of_one_result_is_a_difference(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    path = next((tmp_path / "undisturbed" / "tasks").iterdir())
    path.write_bytes(path.read_bytes()[:-2] + b" " + path.read_bytes()[-1:])
    assert folder_bytes(tmp_path / "undisturbed") != undisturbed


def both(folder: Path, *faults: str) -> None:
    """Two runs of one sweep in one folder, each past its first look before either begins."""
    processes = [start(folder, 1, "wait", *faults) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == f"[0, {len(SWEEP.settings)}]\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert faults or (process.returncode, errors) == (0, "")


def test_two_runs_on_one_folder_share_the_work(tmp_path: Path, log: Path, undisturbed: dict[str, bytes]) -> None:
    both(tmp_path / "shared")
    assert Counter(log.read_text().split("\n")[:-1]) == {f"{s['seed']} {s['die']}": 1 for s in SWEEP.settings}
    assert folder_bytes(tmp_path / "shared") == undisturbed


def test_without_locks_two_runs_do_work_twice(tmp_path: Path, log: Path) -> None:
    both(tmp_path / "shared", "no locks")
    assert max(Counter(log.read_text().split("\n")[:-1]).values()) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_finished_tasks_and_no_locks(
    tmp_path: Path, log: Path, undisturbed: dict[str, bytes], jobs: int
) -> None:
    folder = tmp_path / "interrupted"
    process = start(folder, jobs)
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode != 0
    assert errors.count("Traceback") == 1, errors  # the command's own, none of a worker
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert [path.name for path in (folder / "locks").iterdir()] == ["guard"]
    assert len(finished(folder)) >= 3
    run(SWEEP, folder)
    assert folder_bytes(folder) == undisturbed
    assert len(collect(SWEEP, folder)) == len(SWEEP.settings)
