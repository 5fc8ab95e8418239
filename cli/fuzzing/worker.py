# SPDX-License-Identifier: BSD-3-Clause
"""A process that judges cases, within limits of memory, and says how far it is: a line before and after each case.

Reads blocks of cases from standard input, one JSON list [first, end] a line; writes lines of JSON: the number of a case
that begins, then its number, reader, damage, outcome and words. A case that ends the process, or never ends, is thus
known by whoever started it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from .cases import Case, Outcome, Verdict, deal, judge, make_case, make_sound
from .samples import Reader, readers

#: Memory [bytes] that reading a file of some kilobytes may take beyond what the program itself has.
MEMORY = 1 << 30


def limit_memory(more: int = MEMORY) -> int:
    """Allow this process so many bytes of addresses more than it has now; the limit."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return limit


class Judge:
    """Judges cases of a campaign in a folder of its own.

    Parameters
    ----------
    seed : int
    folder : Path
        Sound inputs and the case in work.
    only : str or None
        Deal all cases to the reader of this name.
    """

    def __init__(self, seed: int, folder: Path, only: str | None = None) -> None:
        self.readers: tuple[Reader, ...] = tuple(one for one in readers() if only in (None, one.name))
        if not self.readers:
            known = ", ".join(one.name for one in readers())
            raise ValueError(f"reader must be one of {known}, not {only!r}")
        self._seed, self._folder = seed, folder
        self._marker = folder / "ran"
        self._digests = {one.name: make_sound(one, folder / "sound" / one.name) for one in self.readers}

    def judge(self, number: int, keep: Path | None = None) -> tuple[Case, Verdict]:
        """Make a case, judge it and remove it; or keep its input in a folder that is not there yet."""
        reader, rng = deal(self.readers, self._seed, number)
        place = self._folder / "case"
        shutil.rmtree(place, ignore_errors=True)
        case = make_case(reader, rng, number, self._folder / "sound" / reader.name, place, self._marker)
        if keep is not None:
            shutil.copytree(place, keep, symlinks=True)
        return case, judge(reader, case, place, self._digests[reader.name], self._marker)


def work(seed: int, folder: Path, only: str | None) -> None:
    """Judge the blocks that standard input asks for."""
    judge = Judge(seed, folder, only)
    limit_memory()
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no result
    for line in sys.stdin:
        first, end = json.loads(line)
        for number in range(first, end):
            out.write(f"{number}\n")
            case, verdict = judge.judge(number)
            found: list[Any] = [number, case.reader, case.damage, case.blind, str(verdict.outcome)]
            if verdict.outcome is not Outcome.REFUSED:
                found.append(verdict.words)
            out.write(json.dumps(found) + "\n")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        out.write(json.dumps({"end": end, "peak_kilobytes": peak}) + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="spintile-fuzz-") as _place:
        work(int(sys.argv[1]), Path(_place), sys.argv[2] if len(sys.argv) > 2 else None)
