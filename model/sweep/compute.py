# SPDX-License-Identifier: BSD-3-Clause
"""Doing one task: the same bytes wherever and beside whatever else it is done."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from threadpoolctl import threadpool_limits

from .plan import Setting, find_function
from .results import encode_result

#: What the libraries of numbers ask for their threads; they read it when they are first imported.
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


@dataclass(frozen=True)
class Task:
    """A call: name of the task, function, version and setting."""

    name: str
    function: str
    version: str
    setting: Setting


@dataclass(frozen=True)
class Outcome:
    """What became of a task: suffix and bytes of its result file, or a one-line error; and its duration [s]."""

    name: str
    suffix: str = ""
    data: bytes = b""
    error: str = ""
    seconds: float = 0.0


class Workers(Protocol):
    """Whatever does tasks."""

    @property
    def capacity(self) -> int:
        """Tasks that may be under way at once."""

    def start(self, task: Task) -> None:
        """Begin a task; at most ``capacity`` are begun and not finished."""

    def finished(self, seconds: float) -> list[Outcome]:
        """Tasks that have ended, after waiting for at least one, but not much longer than said."""

    def close(self) -> None:
        """Stop everything, tasks under way included."""


def compute(task: Task) -> Outcome:
    """Do a task; an exception becomes its error."""
    began = time.perf_counter()
    try:
        result = find_function(task.function)(**task.setting)
        suffix, data = encode_result(task.function, task.version, task.setting, result)
    except Exception as error:
        text = " ".join(str(error).split())
        name = type(error).__name__
        return Outcome(task.name, error=f"{name}: {text}" if text else name, seconds=time.perf_counter() - began)
    return Outcome(task.name, suffix, data, seconds=time.perf_counter() - began)


@contextlib.contextmanager
def one_thread_environment() -> Iterator[None]:
    """Processes started within, and libraries first imported within, use one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread for every library of numbers: the order of their sums, and so the last bits, hang on it."""
    torch = sys.modules.get("torch")
    before = None if torch is None else torch.get_num_threads()
    with one_thread_environment(), threadpool_limits(1):
        if torch is not None:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch is not None:
                torch.set_num_threads(before)


class InProcess:
    """Tasks one after the other, in this process."""

    capacity = 1

    def __init__(self) -> None:
        self._waiting: list[Task] = []

    def start(self, task: Task) -> None:
        self._waiting.append(task)

    def finished(self, seconds: float) -> list[Outcome]:
        with one_thread():
            return [compute(self._waiting.pop(0))]

    def close(self) -> None:
        self._waiting.clear()
