# SPDX-License-Identifier: BSD-3-Clause
"""Running a sweep to its end, and collecting its results."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .cluster import Cluster
from .compute import InProcess, Outcome, Task, Workers
from .folder import Failure, SweepFolder
from .plan import Setting, Sweep, canonical
from .processes import LocalProcesses

#: How often tasks in other processes' hands are looked at [s].
_PATIENCE = 0.2


class SweepFailed(RuntimeError):
    """Some tasks failed; all others have their results.

    ``failures`` holds every one of them.
    """

    def __init__(self, failures: tuple[Failure, ...], total: int) -> None:
        first = failures[0]
        super().__init__(
            f"{len(failures)} of {total} tasks failed, the first with {canonical(first.setting)}: {first.error}"
        )
        self.failures = failures


@dataclass(frozen=True)
class Progress:
    """How far a sweep is: tasks with results, failed, in all, and the seconds left if one task was measured."""

    done: int
    failed: int
    total: int
    seconds_left: float | None


def run(
    sweep: Sweep,
    folder: str | Path,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Do every task that has no result yet.

    It may be killed at any moment and run again, and several may run on one folder: no task is lost and none done
    twice. The files at the end are the same bytes whatever happened on the way. Tasks that failed before are tried
    again.

    Parameters
    ----------
    sweep : Sweep
    folder : str or Path
        Of this sweep alone; made if it is not there.
    jobs : int
        Worker processes; 1: everything in this process.
    cluster : str or None
        Address of a dask scheduler, whose workers are used instead.
    progress : function of Progress
        Called at the start and after each task.

    Raises
    ------
    ValueError
        If the folder holds another sweep, or workers cannot be had.
    SweepFailed
        At the end, if tasks failed.
    """
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise ValueError(f"sweep: jobs must be a positive integer, not {jobs!r}")
    place = SweepFolder(folder)
    place.claim(sweep)
    with place.locks.renewing():
        workers: Workers = Cluster(cluster) if cluster else LocalProcesses(jobs) if jobs > 1 else InProcess()
        try:
            failures = _Run(sweep, place, workers, progress).run()
        finally:
            workers.close()
            place.locks.release_all()
            place.locks.remove_stale()
    if failures:
        raise SweepFailed(failures, len(sweep.settings))


class _Run:
    """One process's part in a sweep."""

    def __init__(
        self, sweep: Sweep, place: SweepFolder, workers: Workers, progress: Callable[[Progress], None] | None
    ) -> None:
        self._place, self._workers, self._progress = place, workers, progress
        self._tasks = {
            name: Task(name, sweep.function, sweep.version, setting)
            for name, setting in zip(sweep.names, sweep.settings, strict=True)
        }
        self._marks = {name: place.failure_mark(name) for name in self._tasks}
        self._done: set[str] = {name for name in self._tasks if place.done(name)}
        self._failures: dict[str, Failure] = {}
        self._measured: list[float] = []
        self._under_way: set[str] = set()

    def run(self) -> tuple[Failure, ...]:
        """Work until every task has a result or a failure of this run, or of one beside it."""
        pending = deque(name for name in self._tasks if name not in self._done)
        self._tell()
        while pending or self._under_way:
            elsewhere = []
            while pending and len(self._under_way) < self._workers.capacity:
                name = pending.popleft()
                if not self._settled(name) and not self._begin(name):
                    elsewhere.append(name)
            pending.extend(elsewhere)
            if self._under_way:
                for outcome in self._workers.finished(_PATIENCE if elsewhere else 60.0):
                    self._end(outcome)
            elif pending:
                time.sleep(_PATIENCE)
        return tuple(self._failures[name] for name in self._tasks if name in self._failures)

    def _settled(self, name: str) -> bool:
        """Whether another process has finished the task, or failed in it since this one began."""
        if self._place.done(name):
            self._done.add(name)
        elif self._place.failure_mark(name) != self._marks[name]:
            failure = self._place.failure(name)
            if failure is None:
                return False
            self._failures[name] = failure
        else:
            return False
        self._tell()
        return True

    def _begin(self, name: str) -> bool:
        """Begin a task unless someone else is at it; True: there is nothing more to do about it for now."""
        if not self._place.locks.acquire(name):
            return False
        # Between the look at its result and the lock, another process may have finished it.
        if self._settled(name):
            self._place.locks.release(name)
            return True
        self._place.clean(name)
        self._under_way.add(name)
        self._workers.start(self._tasks[name])
        return True

    def _end(self, outcome: Outcome) -> None:
        name = outcome.name
        if outcome.error:
            self._failures[name] = Failure(name, self._tasks[name].setting, outcome.error)
            self._place.write_failure(self._failures[name])
        else:
            self._place.write(name, outcome.suffix, outcome.data)
            self._done.add(name)
        self._measured.append(outcome.seconds)
        self._under_way.discard(name)
        self._place.locks.release(name)
        self._tell()

    def _tell(self) -> None:
        if self._progress is None:
            return
        total, over = len(self._tasks), len(self._done) + len(self._failures)
        left = None
        if self._measured:
            left = sum(self._measured) / len(self._measured) * (total - over) / self._workers.capacity
        self._progress(Progress(len(self._done), len(self._failures), total, left))


def collect(sweep: Sweep, folder: str | Path) -> list[object]:
    """Results in the order of the settings, whatever order they were found in.

    Raises
    ------
    ValueError
        If a task has no result, or a damaged one; the message says how many, and names the first.
    """
    place = SweepFolder(folder)
    results, missing = [], []
    for name, setting in zip(sweep.names, sweep.settings, strict=True):
        try:
            results.append(place.read(name))
        except ValueError as error:
            missing.append(_why(place, name, setting, error))
    if missing:
        raise ValueError(f"{place.path}: {len(missing)} of {len(sweep.settings)} tasks lack a result: {missing[0]}")
    return results


def _why(place: SweepFolder, name: str, setting: Setting, error: ValueError) -> str:
    failure = place.failure(name)
    return f"{canonical(setting)}: {failure.error if failure else error}"
