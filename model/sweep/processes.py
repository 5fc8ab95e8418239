# SPDX-License-Identifier: BSD-3-Clause
"""Worker processes on this machine: one pipe each, so that whoever is left alone knows it.

A worker ends when its parent does, even in the middle of a task; a worker that ends in the middle of a task fails that
task alone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from .compute import Outcome, Task, compute, one_thread, one_thread_environment

_GRACE = 5.0


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None


class LocalProcesses:
    """Up to ``jobs`` processes, started with a fresh interpreter each when there is work for them."""

    def __init__(self, jobs: int) -> None:
        self.capacity = jobs
        # A fork would copy locks that other threads of this process hold.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []

    def start(self, task: Task) -> None:
        worker = next((worker for worker in self._workers if worker.task is None), None)
        if worker is None:
            worker = self._begin()
        worker.task = task
        # A worker that died while idle shows in ``finished``.
        with contextlib.suppress(OSError):
            worker.pipe.send(task)

    def finished(self, seconds: float) -> list[Outcome]:
        busy = {worker.pipe: worker for worker in self._workers if worker.task is not None}
        return [self._take(busy[pipe]) for pipe in wait(list(busy), seconds) if isinstance(pipe, Connection)]

    def close(self) -> None:
        for worker in self._workers:
            worker.pipe.close()
            if worker.task is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_GRACE)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    def _begin(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        with one_thread_environment(), _interrupts_held():
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _take(self, worker: _Worker) -> Outcome:
        task, worker.task = worker.task, None
        assert task is not None
        try:
            outcome = worker.pipe.recv()
            assert isinstance(outcome, Outcome)
            return outcome
        except (EOFError, OSError):
            worker.pipe.close()
            worker.process.join()
            self._workers.remove(worker)
            return Outcome(task.name, error=f"its process ended with exit status {worker.process.exitcode}")


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes started within never see Ctrl-C: the parent does, and ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection) -> None:
    """What a worker does: tasks from the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Standard output belongs to the command that the parent runs.
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
    with one_thread(), contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(compute(pipe.recv()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
