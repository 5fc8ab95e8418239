# SPDX-License-Identifier: BSD-3-Clause
"""A campaign: many cases in worker processes that may die or hang, and a file that knows what is done."""

from __future__ import annotations

import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spintile.model.reading import JSON_BYTES, parse_json, read_regular

from ..console import Progress
from ..errors import BadInput
from ..flows.files import source_digest, write_json

FORMAT_VERSION = 1
BLOCK = 250
#: A case may take so much time of a processor [s], and of the clock [s], which a busy machine stretches.
CPU_LIMIT, WALL_LIMIT = 20.0, 300.0
_GOOD = ("refused", "same", "warned", "lawful")
#: So many findings are kept in full.
_MOST_FOUND = 200


@dataclass
class Campaign:
    """What is known so far.

    Parameters
    ----------
    seed, files : int
        Of the campaign; ``files`` counts cases.
    only : str or None
        The one reader, or all.
    source : str
        Digest of the code: cases and verdicts are that code's.
    """

    seed: int
    files: int
    only: str | None
    source: str
    done: set[int] = field(default_factory=set)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    blind: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    peak_kilobytes: int = 0

    @property
    def judged(self) -> int:
        """Cases with a verdict."""
        return sum(number for counts in self.counts.values() for number in counts.values())

    @property
    def outcomes(self) -> dict[str, int]:
        """Cases by outcome, over all readers."""
        sums: dict[str, int] = {}
        for counts in self.counts.values():
            for outcome, number in counts.items():
                sums[outcome] = sums.get(outcome, 0) + number
        return sums

    @property
    def bad(self) -> int:
        """Cases whose outcome is not as it should be."""
        return sum(number for outcome, number in self.outcomes.items() if outcome not in _GOOD)

    @property
    def blocks(self) -> list[int]:
        """Blocks that are still to be judged."""
        return [block for block in range(-(-self.files // BLOCK)) if block not in self.done]

    def add(self, block: int, results: list[list[Any]], peak: int) -> None:
        """Count a finished block."""
        for number, reader, damage, blind, outcome, *words in results:
            counts = self.counts.setdefault(reader, {})
            counts[outcome] = counts.get(outcome, 0) + 1
            self.blind += bool(blind)
            if outcome not in _GOOD and len(self.found) < _MOST_FOUND:
                entry = {"case": number, "reader": reader, "damage": damage, "outcome": outcome}
                self.found.append({**entry, "words": words[0] if words else ""})
        self.done.add(block)
        self.peak_kilobytes = max(self.peak_kilobytes, peak)

    def report(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "format_version": FORMAT_VERSION,
            "seed": self.seed,
            "files": self.files,
            "reader": self.only,
            "source": self.source,
            "judged": self.judged,
            "bad": self.bad,
            "blind": self.blind,
            "outcomes": dict(sorted(self.outcomes.items())),
            "readers": {name: dict(sorted(counts.items())) for name, counts in sorted(self.counts.items())},
            "found": sorted(self.found, key=lambda entry: int(entry["case"])),
            "seconds": round(self.seconds, 1),
            "peak_kilobytes": self.peak_kilobytes,
            "blocks_done": sorted(self.done),
        }


def code_digest() -> str:
    """Digest of the readers' code and of this package's."""
    return source_digest("spintile.model", "spintile.cli.fuzzing")[:16]


def resume(path: Path | None, seed: int, files: int, only: str | None) -> Campaign:
    """What an earlier run left in a file, or a new campaign.

    Raises
    ------
    BadInput
        If the file is that of another campaign, or of other code.
    """
    fresh = Campaign(seed, files, only, code_digest())
    if path is None or not path.exists():
        return fresh
    try:
        report = parse_json(read_regular(path, JSON_BYTES))
        for name in ("seed", "reader", "source"):
            wanted = getattr(fresh, "only" if name == "reader" else name)
            if report[name] != wanted:
                raise BadInput(
                    f"{path}: {name} must be {wanted!r}, not {report[name]!r}: remove the file, or give another --out"
                )
        if report["files"] > files:
            raise BadInput(f"{path}: files must be at most {files}, not {report['files']}: give another --out")
        fresh.done = {int(block) for block in report["blocks_done"] if (block + 1) * BLOCK <= report["files"]}
        if len(fresh.done) != len(report["blocks_done"]):
            raise BadInput(f"{path}: files must be a multiple of {BLOCK} to go on from, not {report['files']}")
        fresh.counts = {name: dict(counts) for name, counts in report["readers"].items()}
        fresh.found, fresh.blind = list(report["found"]), int(report["blind"])
        fresh.seconds, fresh.peak_kilobytes = float(report["seconds"]), int(report["peak_kilobytes"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: must be the result of a campaign, or not be there: {error}") from None
    return fresh


def run_campaign(campaign: Campaign, *, jobs: int, out: Path | None, progress: Progress) -> dict[str, Any]:
    """Judge what is still to be judged; the report, which is written every few blocks too."""
    name = "files"
    progress(name, min(0.999, campaign.judged / campaign.files))
    wanted: queue.SimpleQueue[int] = queue.SimpleQueue()
    for block in campaign.blocks:
        wanted.put(block)
    lock, failures = threading.Lock(), []
    stop = threading.Event()
    began = time.monotonic() - campaign.seconds

    def done(block: int, results: list[list[Any]], peak: int) -> None:
        with lock:
            campaign.add(block, results, peak)
            campaign.seconds = time.monotonic() - began
            if out is not None:
                write_json(out, campaign.report())
            remark = f"{campaign.judged} of {campaign.files}, {campaign.bad} bad"
            progress(name, min(0.999, campaign.judged / campaign.files), remark)

    def run() -> None:
        try:
            _Worker(campaign, stop).work(wanted, done)
        except BaseException as error:
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(max(1, min(jobs, len(campaign.blocks))))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():  # not for ever at once: Ctrl-C must reach this thread
                thread.join(0.5)
    finally:
        stop.set()
    if failures:
        raise failures[0]
    progress(name, 1.0, f"{campaign.bad} bad")
    return campaign.report()


class _Worker:
    """One worker process after another, each until it ends or hangs."""

    def __init__(self, campaign: Campaign, stop: threading.Event) -> None:
        self._campaign, self._stop = campaign, stop
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def work(self, wanted: queue.SimpleQueue[int], done: Callable[[int, list[list[Any]], int], None]) -> None:
        """Take blocks until there are none."""
        try:
            while not self._stop.is_set():
                try:
                    block = wanted.get_nowait()
                except queue.Empty:
                    return
                first = block * BLOCK
                results, peak = self._block(first, min(first + BLOCK, self._campaign.files))
                if not self._stop.is_set():
                    done(block, results, peak)
        finally:
            self._end()

    def _block(self, first: int, end: int) -> tuple[list[list[Any]], int]:
        results: list[list[Any]] = []
        while not self._stop.is_set():
            process = self._start()
            assert process.stdin is not None
            process.stdin.write(f"[{first}, {end}]\n".encode())
            process.stdin.flush()
            current, why = None, ""
            while True:
                line, why = self._line(started=current is not None)
                if why:
                    break
                found = json.loads(line)
                if isinstance(found, int):
                    current = found
                elif isinstance(found, list):
                    results.append(found)
                    current, first = None, found[0] + 1
                else:
                    return results, int(found["peak_kilobytes"])
            self._end()
            if self._stop.is_set():
                break
            if current is None:
                raise OSError(f"a worker of the campaign ended before its case: {why}")
            outcome, _, words = why.partition(": ")
            results.append([current, self._reader(current), "", False, outcome, words])
            first = current + 1
            if first >= end:
                return results, 0
        return results, 0

    def _reader(self, number: int) -> str:
        from .cases import deal
        from .samples import readers

        chosen = tuple(one for one in readers() if self._campaign.only in (None, one.name))
        return deal(chosen, self._campaign.seed, number)[0].name

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-m", "spintile.cli.fuzzing.worker", str(self._campaign.seed)]
            if self._campaign.only is not None:
                command.append(self._campaign.only)
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
            self._rest = b""
        return self._process

    def _line(self, *, started: bool) -> tuple[bytes, str]:
        """The next line, or why there is none: an outcome and words. Limits hold while a case is being read."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        began, cpu = time.monotonic(), _cpu_seconds(process.pid)
        while b"\n" not in self._rest:
            ready, _, _ = select.select([process.stdout], [], [], 1.0)
            if ready:
                part = os.read(process.stdout.fileno(), 1 << 16)
                if not part:
                    return b"", f"crash: ended with {process.wait()}"
                self._rest += part
            elif self._stop.is_set():
                return b"", "stopped"
            elif started and _cpu_seconds(process.pid) - cpu > CPU_LIMIT:
                return b"", f"hang: more than {CPU_LIMIT:g} s of a processor"
            elif started and time.monotonic() - began > WALL_LIMIT:
                return b"", f"hang: more than {WALL_LIMIT:g} s"
        line, _, self._rest = self._rest.partition(b"\n")
        return line, ""

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    try:
                        stream.close()
                    except OSError:
                        continue
            self._process = None


def _cpu_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(fields[place]) for place in (11, 12)) / os.sysconf("SC_CLK_TCK")
