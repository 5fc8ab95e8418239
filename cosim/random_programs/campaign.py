# SPDX-License-Identifier: BSD-3-Clause
"""A campaign: blocks of cases, each in a process of its own, until there are enough programs or time is up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .block import PROGRAMS, BlockResult, pool_of
from .play import library_of

__all__ = ["Campaign", "result_of", "run_campaign"]

FORMAT_VERSION = 1
#: How an exception is told.
_ERROR = re.compile(r"[\w.]*(Error|Exception|Exit|Interrupt)\b")
#: A block that takes longer hangs [s].
_LIMIT = 3600.0


@dataclass
class Campaign:
    """What is known so far.

    Parameters
    ----------
    seed : int
    blocks : dict of BlockResult
        By number.
    seconds : float
        Of the clock, builds included.
    """

    seed: int
    blocks: dict[int, BlockResult] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def programs(self) -> int:
        """Programs that were run."""
        return sum(each.programs for each in self.blocks.values())

    @property
    def found(self) -> list[BlockResult]:
        """Blocks in which something was wrong."""
        return [self.blocks[number] for number in sorted(self.blocks) if self.blocks[number].wrong]

    def report(self) -> dict[str, Any]:
        """Everything, as JSON."""
        results = [self.blocks[number] for number in sorted(self.blocks)]
        names = sorted({name for each in results for name in each.endings})
        endings = {name: sum(result.endings.get(name, 0) for result in results) for name in names}
        return {
            "format_version": FORMAT_VERSION,
            "seed": self.seed,
            "programs": self.programs,
            "cases": sum(each.cases for each in results),
            "geometries": len({name for each in results for name in each.geometries}),
            "cycles": sum(each.cycles for each in results),
            "endings": endings,
            "wrong": len(self.found),
            "seconds": round(self.seconds, 1),
            "blocks": [asdict(each) for each in results],
        }

    @classmethod
    def of(cls, report: dict[str, Any]) -> Campaign:
        """The campaign of a report; ValueError, KeyError or TypeError if it is none."""
        if report["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version must be {FORMAT_VERSION}, not {report['format_version']!r}")
        blocks = [BlockResult(**entry) for entry in report["blocks"]]
        return cls(int(report["seed"]), {each.block: each for each in blocks}, float(report["seconds"]))


def run_campaign(
    campaign: Campaign,
    count: int,
    *,
    minutes: float | None = None,
    jobs: int = 1,
    progress: Callable[[Campaign], None] | None = None,
) -> None:
    """Run blocks in their order until so many programs were run, or so many minutes are over.

    Parameters
    ----------
    campaign : Campaign
        What an earlier run has done is not done again.
    count : int
        Programs. With some jobs, blocks that were begun are finished and count too.
    minutes : float, optional
        No block is begun after so many; a geometry's build counts.
    jobs : int
        Processes at once.
    progress : function (campaign), optional
        Called after every block.
    """
    lock = threading.Lock()
    failures: list[BaseException] = []
    began = time.monotonic()
    before = campaign.seconds
    begun: set[int] = set()

    def following() -> int | None:
        """The next block to run: none if those that were begun will do."""
        with lock:
            late = minutes is not None and time.monotonic() - began > minutes * 60
            running = len(begun - set(campaign.blocks))
            if failures or late or campaign.programs + running * PROGRAMS >= count:
                return None
            block = next(number for number in range(1 << 32) if number not in campaign.blocks and number not in begun)
            begun.add(block)
            return block

    def work(folder: Path) -> None:
        try:
            while (block := following()) is not None:
                result = _in_a_process(campaign.seed, block, folder)
                with lock:
                    campaign.blocks[block] = result
                    campaign.seconds = before + time.monotonic() - began
                    if progress is not None:
                        progress(campaign)
        except BaseException as error:
            failures.append(error)

    with tempfile.TemporaryDirectory(prefix="spintile-programs-") as folder:
        while not failures:
            done = len(campaign.blocks)
            threads = [threading.Thread(target=work, args=(Path(folder),), daemon=True) for _ in range(jobs)]
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():  # not for ever at once: Ctrl-C must reach this thread
                    thread.join(0.5)
            if len(campaign.blocks) == done:
                break
    if failures:
        raise failures[0]


def _in_a_process(seed: int, block: int, folder: Path) -> BlockResult:
    """Run a block; one that crashes or hangs is a result too, with the case that it was running."""
    for geometry in pool_of(block)[-1:]:
        library_of(geometry, jobs=1)  # here, where a failing build is an error and no finding
    journal = folder / f"block-{block}.json"
    command = [sys.executable, "-m", "spintile.cosim.random_programs.block", str(seed), str(block), str(journal)]
    return result_of(command, block, journal)


def result_of(command: Sequence[str], block: int, journal: Path, limit: float = _LIMIT) -> BlockResult:
    """What a process that runs a block says of it, or how it ended instead.

    Parameters
    ----------
    command : sequence of str
        Prints the result as JSON in its last line.
    block : int
    journal : Path
        Where it leaves the case that it is running.
    limit : float
        [s]
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return BlockResult(block, wrong=f"hang: more than {limit:g} s", case=_read(journal))
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        said = [line for line in done.stderr.splitlines() if _ERROR.match(line)] or ["nothing was said"]
        return BlockResult(block, wrong=f"crash: ended with {done.returncode}: {said[-1]}", case=_read(journal))
    return BlockResult(**json.loads(lines[-1]))


def _read(journal: Path) -> str:
    return journal.read_text() if journal.is_file() else ""
