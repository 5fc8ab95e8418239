# SPDX-License-Identifier: BSD-3-Clause
"""Runs the steps of a long flow, each in a process of its own, and reuses what an earlier run finished.

A step is a function of its arguments and of files in the run folder; it writes files there and returns a small result.
What it returned is kept in ``.steps/`` with a key over everything it depends on; a step whose key and output files are
unchanged is not run again.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import Any

from spintile.model.reading import JSON_BYTES, parse_json, read_regular

from ..console import Progress, warnings_as_lines
from .files import as_json, file_digest, write_json

FORMAT_VERSION = 1

#: How a step tells how far it is: part done (0 .. 1) and a short remark.
StepProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Step:
    """One step of a flow.

    Parameters
    ----------
    name : str
        Short name, unique; also the name of its record.
    title : str
        What progress displays call it.
    function : str
        ``module:function``, called as ``function(folder, progress, **arguments)`` and returning a dict of plain values.
    arguments : mapping
        Plain values: they are part of the key.
    after : sequence of str
        Steps that must have finished. Their results are not passed on; files are.
    inputs, outputs : sequence of str
        Files in the run folder that it reads and writes. Inputs are part of the key.
    """

    name: str
    title: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    after: Sequence[str] = ()
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()


@dataclass(frozen=True)
class StepResult:
    """What a step returned, how long it took [s] when it ran, and whether it was reused."""

    value: dict[str, Any]
    seconds: float
    reused: bool


class WholeProgress:
    """Passes the progress of steps on, and tells how far all of them together are.

    Parameters
    ----------
    title : str
        What the whole is called.
    steps : sequence of Step
        All of them.
    heavy : tuple of str
        Beginnings of the names of those that take most of the time.
    progress : Progress
        Who is told.
    """

    def __init__(self, title: str, steps: Sequence[Step], heavy: tuple[str, ...], progress: Progress) -> None:
        self._title, self._progress = title, progress
        self._weights = {step.title: 10.0 if step.name.startswith(heavy) else 1.0 for step in steps}
        self._done = dict.fromkeys(self._weights, 0.0)
        progress(title, 0.0)

    def __call__(self, step: str, done: float, remark: str = "") -> None:
        self._progress(step, done, remark)
        self._done[step] = done
        share = sum(self._weights[name] * part for name, part in self._done.items()) / sum(self._weights.values())
        finished = sum(part >= 1.0 for part in self._done.values())
        everything = finished == len(self._done)
        remark = f"{finished} of {len(self._done)} steps"
        self._progress(self._title, 1.0 if everything else min(share, 0.999), remark)


@dataclass
class _Running:
    process: multiprocessing.process.BaseProcess
    connection: Connection
    key: str
    began: float


def run_steps(
    steps: Sequence[Step], folder: Path, *, jobs: int, progress: Progress, source: str = "", reuse: bool = True
) -> dict[str, StepResult]:
    """Run steps in an order that respects ``after``, at most ``jobs`` at once.

    Parameters
    ----------
    steps : sequence of Step
        Earlier ones are preferred where several could start.
    folder : Path
        The run folder; it must exist.
    jobs : int
        Processes at once.
    progress : Progress
        Told of every step.
    source : str
        Digest of the code; part of every key.
    reuse : bool
        Whether results of an earlier run may be used.

    Returns
    -------
    dict
        Results by the step's name.

    Raises
    ------
    Exception
        What the first failing step raised; the other steps are ended.
    """
    waiting = {step.name: step for step in steps}
    running: dict[str, _Running] = {}
    results: dict[str, StepResult] = {}
    try:
        while waiting or running:
            for step in list(waiting.values()):
                if len(running) >= jobs or not all(name in results for name in step.after):
                    continue
                key = _key(step, folder, source)
                earlier = _earlier(step, folder, key) if reuse else None
                del waiting[step.name]
                if earlier is not None:
                    results[step.name] = earlier
                    progress(step.title, 1.0, "reused")
                    continue
                progress(step.title, 0.0)
                running[step.name] = _start(step, folder, key)
            if not running and waiting:
                if any(all(name in results for name in step.after) for step in waiting.values()):
                    continue
                raise ValueError(f"steps must not wait for each other: {', '.join(waiting)}")
            titles = {step.name: step.title for step in steps}
            for name in _heard(running):
                message = _receive(running[name])
                if message[0] == "progress":
                    progress(titles[name], min(float(message[1]), 0.999), message[2])
                    continue
                ended = running.pop(name)
                ended.process.join()
                if message[0] == "failed":
                    raise message[1]
                step = next(step for step in steps if step.name == name)
                seconds = time.monotonic() - ended.began
                results[name] = StepResult(message[1], seconds, False)
                _record(step, folder, ended.key, results[name])
                progress(step.title, 1.0)
    finally:
        for ended in running.values():
            ended.process.terminate()
        for ended in running.values():
            ended.process.join(10)
            if ended.process.is_alive():
                ended.process.kill()
    return results


def _start(step: Step, folder: Path, key: str) -> _Running:
    # Spawned, not forked: torch and BLAS threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(send, step.function, folder, dict(step.arguments)), name=step.name)
    process.start()
    send.close()
    return _Running(process, receive, key, time.monotonic())


def _heard(running: Mapping[str, _Running]) -> list[str]:
    ready = wait([entry.connection for entry in running.values()], timeout=0.5)
    return [name for name, entry in running.items() if entry.connection in ready]


def _receive(entry: _Running) -> tuple[Any, ...]:
    try:
        message: tuple[Any, ...] = entry.connection.recv()
    except EOFError:
        entry.process.join()
        reason = f"step {entry.process.name!r} ended without a result (exit code {entry.process.exitcode})"
        return "failed", OSError(f"{reason}; is there enough memory?")
    return message


def _work(connection: Connection, function: str, folder: Path, arguments: dict[str, Any]) -> None:
    """Body of a step's process."""
    # Ctrl-C reaches the whole group: the parent alone decides. Its SIGTERM must still run every `finally`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    _end_with_parent()

    def progress(done: float, remark: str = "") -> None:
        connection.send(("progress", done, remark))

    module, _, name = function.partition(":")
    try:
        with warnings_as_lines():
            value = getattr(importlib.import_module(module), name)(folder, progress, **arguments)
        connection.send(("done", value))
    except Exception as error:
        try:
            connection.send(("failed", error))
        except Exception:  # an error that does not travel between processes: its words do
            connection.send(("failed", RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with_parent() -> None:
    """A parent that was killed outright cannot end its steps, and another run may follow in the same folder."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _key(step: Step, folder: Path, source: str) -> str:
    parts = {
        "function": step.function,
        "arguments": dict(step.arguments),
        "inputs": {name: file_digest(folder / name) for name in step.inputs},
        "source": source,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _record_path(step: Step, folder: Path) -> Path:
    return folder / ".steps" / f"{step.name}.json"


def _record(step: Step, folder: Path, key: str, result: StepResult) -> None:
    outputs = {name: file_digest(folder / name) for name in step.outputs}
    record = {"key": key, "seconds": result.seconds, "outputs": outputs, "value": result.value}
    write_record(_record_path(step, folder), record)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write what a step left, with its hash."""
    plain = json.loads(as_json({"format_version": FORMAT_VERSION, **record}))
    write_json(path, {**plain, "sha256": _record_hash(plain)})


def read_record(path: Path) -> dict[str, Any] | None:
    """What ``write_record`` wrote; None for anything else, since the step can be run again."""
    try:
        record = parse_json(read_regular(path, JSON_BYTES))
        if record.pop("sha256") == _record_hash(record) and record["format_version"] == FORMAT_VERSION:
            return dict(record)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return None


def _record_hash(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _earlier(step: Step, folder: Path, key: str) -> StepResult | None:
    """What an earlier run left, if everything it depended on and wrote is unchanged."""
    try:
        record = read_record(_record_path(step, folder))
        if record is None or record["key"] != key:
            return None
        if any(file_digest(folder / name) != digest for name, digest in record["outputs"].items()):
            return None
        if not isinstance(record["value"], dict):
            return None
        return StepResult(record["value"], float(record["seconds"]), True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
