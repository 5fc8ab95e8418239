# SPDX-License-Identifier: BSD-3-Clause
"""A task has one holder, and the dead hold nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from spintile.model.sweep.locks import Locks, describe_process, process_start


def ended_process() -> int:
    """Number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_one_holds_a_task(tmp_path: Path) -> None:
    first, second = Locks(tmp_path), Locks(tmp_path)
    assert first.acquire("task")
    assert not second.acquire("task")
    assert second.acquire("other")
    first.release("task")
    assert second.acquire("task")


def test_what_a_dead_process_held_is_free(tmp_path: Path) -> None:
    dead = {**describe_process(), "process": ended_process()}
    assert Locks(tmp_path, dead).acquire("task")
    assert Locks(tmp_path).acquire("task")


def test_a_process_with_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path: Path) -> None:
    assert Locks(tmp_path, {**describe_process(), "began": "long ago"}).acquire("task")
    assert Locks(tmp_path).acquire("task")


def test_a_lock_of_another_host_holds_until_it_is_not_renewed(tmp_path: Path) -> None:
    far = Locks(tmp_path, {**describe_process(), "host": "elsewhere"})
    assert far.acquire("task")
    assert not Locks(tmp_path).acquire("task")
    long_ago = time.time() - 3600
    os.utime(tmp_path / "task", (long_ago, long_ago))
    far.renew()
    assert not Locks(tmp_path).acquire("task")
    os.utime(tmp_path / "task", (long_ago, long_ago))
    assert Locks(tmp_path).acquire("task")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": 1}'])
def test_an_unfinished_lock_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "task").write_text(text)
    assert Locks(tmp_path).acquire("task")


def test_what_is_held_is_given_back_and_only_that(tmp_path: Path) -> None:
    mine, other = Locks(tmp_path), Locks(tmp_path)
    mine.acquire("a")
    other.acquire("b")
    mine.release_all()
    mine.remove_stale()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "guard"]


def test_stale_locks_are_removed(tmp_path: Path) -> None:
    Locks(tmp_path, {**describe_process(), "process": ended_process()}).acquire("task")
    Locks(tmp_path).remove_stale()
    assert [path.name for path in tmp_path.iterdir()] == ["guard"]


def test_a_process_keeps_its_beginning_and_a_dead_one_has_none() -> None:
    assert process_start(os.getpid()) == process_start(os.getpid())
    assert process_start(os.getpid()) is not None
    assert process_start(ended_process()) is None
