# SPDX-License-Identifier: BSD-3-Clause
"""A block of a campaign: cases that follow from seed and number, and the smallest of those that fail.

``python -m spintile.cosim.random_programs.block SEED NUMBER JOURNAL`` runs one in a process of its own: if it crashes,
nothing else does. What it is running stands in the journal meanwhile.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from spintile.model.geometry import Geometry

from ..compiled import CompiledEngine, Library
from .case import Case
from .geometries import pool_size, pooled_geometry
from .play import Verdict, library_of, play
from .reduction import reduced
from .strategies import cases

__all__ = ["CASES", "PROGRAMS", "BlockResult", "pool_of", "run_block"]

#: Cases of a block, and programs in them: some do not fit their chips.
CASES, PROGRAMS = 100, 220


@dataclass
class BlockResult:
    """What a block showed.

    Parameters
    ----------
    block, cases, programs, cycles : int
        Its number; what was run of it, until something failed.
    geometries : list of str
        Names of the chips that had a program.
    endings : dict of int
        Programs by how they ended.
    wrong : str
        The first thing that must not be; empty if there is none.
    case : str
        The smallest case that shows it, as JSON.
    """

    block: int
    cases: int = 0
    programs: int = 0
    cycles: int = 0
    geometries: list[str] = field(default_factory=list)
    endings: dict[str, int] = field(default_factory=dict)
    wrong: str = ""
    case: str = ""


def pool_of(block: int) -> list[Geometry]:
    """Geometries of a block."""
    return [pooled_geometry(number) for number in range(pool_size(block * PROGRAMS))]


def run_block(
    seed: int,
    block: int,
    pool: Sequence[Geometry],
    *,
    count: int = CASES,
    library: Callable[[Geometry], Library] = library_of,
    connect: Callable[[CompiledEngine], None] | None = None,
    journal: Path | None = None,
) -> BlockResult:
    """Draw and run the cases of a block.

    Parameters
    ----------
    seed, block : int
        What is drawn follows from these, the pool, the count and hypothesis's version.
    pool : sequence of Geometry
    count : int
        Cases.
    library : function (geometry)
        Where chips come from.
    connect : function (engine), optional
        As of ``play``.
    journal : Path, optional
        Holds the case that is being run.
    """
    result = BlockResult(block)
    endings: Counter[str] = Counter()
    used: set[str] = set()
    libraries: dict[str, Library] = {}
    failing: list[Case] = []

    @seeded(seed << 32 | block)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),  # what fails is made small by steps of ours, which cost less
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        derandomize=False,  # where CI is set hypothesis would have it, and the seed would not count
    )
    @given(cases(pool))
    def each(case: Case) -> None:
        name = case.geometry.name
        if failing:
            return
        if name not in libraries:
            libraries[name] = library(case.geometry)
        if journal is not None:
            journal.write_text(case.as_json())
        verdict = play(case, libraries[name], connect=connect)
        _count(result, endings, used, case, verdict)
        if verdict.wrong:
            failing.append(case)

    each()
    if failing:
        small = reduced(failing[0], lambda case: bool(play(case, libraries[case.geometry.name], connect=connect).wrong))
        result.wrong = play(small, libraries[small.geometry.name], connect=connect).wrong
        result.case = small.as_json()
    result.endings, result.geometries = dict(sorted(endings.items())), sorted(used)
    return result


def _count(result: BlockResult, endings: Counter[str], used: set[str], case: Case, verdict: Verdict) -> None:
    result.cases += 1
    result.programs += verdict.programs
    result.cycles += verdict.cycles
    endings.update(verdict.endings)
    if verdict.programs:
        used.add(case.geometry.name)


def main() -> None:
    """Run one block, and write its result as JSON on standard output."""
    seed, block = int(sys.argv[1]), int(sys.argv[2])
    result = run_block(seed, block, pool_of(block), journal=Path(sys.argv[3]))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


if __name__ == "__main__":
    main()
