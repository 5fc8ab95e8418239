# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench fuzz``: damaged files for every reader."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import Jobs, Json, Quiet, Seed, worker_count, writable_file

_COLUMNS = ("refused", "same", "warned", "lawful")


def fuzz(
    files: Annotated[int, typer.Option("--files", min=1, help="Damaged files.")] = 100_000,
    seed: Seed = 1,
    jobs: Jobs = 0,
    reader: Annotated[str | None, typer.Option("--reader", help="Only files of this reader, by its name.")] = None,
    case: Annotated[int | None, typer.Option("--case", min=0, help="Judge this one case again and say more.")] = None,
    keep: Annotated[Path | None, typer.Option("--keep", help="With --case: leave the damaged input here.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the result as JSON to this file, and go on from it.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Whether damaged files are refused: 100,000 of them, for every reader, each in limits of memory and time.

    A file is changed blindly (flipped bits, missing parts, splices, pipes and devices in its place) or with knowledge
    of its form (declared shapes, kinds, links, filters, bombs, hashes made anew). It must be refused in one line that
    names it, read as it was meant, or at least be warned of; where nothing protects its contents, it may be read as
    something else that is lawful. Each case follows from --seed and its number. With 1 GiB of memory a worker.

    Examples: [bold]spintile bench fuzz --files 2000[/bold], [bold]spintile bench fuzz --case 1234 --keep damaged[/bold]
    """
    need("torch")  # the reader of Wine solutions lies beside their training
    if case is not None:
        _one(seed, case, reader, keep, json)
        return
    if keep is not None:
        raise BadInput("--keep must go with --case")
    writable_file(out, "--out")
    from ...fuzzing.campaign import resume, run_campaign

    campaign = resume(out, seed, files, reader)
    with ProgressDisplay(quiet) as progress:
        report = run_campaign(campaign, jobs=worker_count(jobs), out=out, progress=progress)
    if json:
        show_json(report)
    else:
        _show(report)
    if report["bad"]:
        first = report["found"][0]
        raise CheckFailed(
            f"{report['bad']} of {report['judged']} damaged files: must be refused or do no harm; first case "
            f"{first['case']}, {first['reader']}, {first['damage']}: {first['outcome']} {first['words']}"
        )


def _show(report: dict[str, Any]) -> None:
    rows = []
    for name, counts in report["readers"].items():
        good = [counts.get(column, 0) for column in _COLUMNS]
        total = sum(counts.values())
        rows.append((name, *(f"{number}" for number in (total, *good, total - sum(good)))))
    show_table(
        f"{report['judged']} damaged files, seed {report['seed']}",
        ("reader", "files", *_COLUMNS, "bad"),
        rows,
        right=(1, 2, 3, 4, 5, 6),
    )


def _one(seed: int, number: int, reader: str | None, keep: Path | None, json: bool) -> None:
    from ...fuzzing.cases import GOOD
    from ...fuzzing.worker import Judge, limit_memory

    if keep is not None and keep.exists():
        raise BadInput(f"{keep}: must not exist yet")
    with tempfile.TemporaryDirectory(prefix="spintile-fuzz-") as folder:
        judge = Judge(seed, Path(folder), reader)
        limit_memory()
        case, verdict = judge.judge(number, keep)
    report = {
        "case": number,
        "reader": case.reader,
        "damage": case.damage,
        "file": case.file,
        "outcome": str(verdict.outcome),
        "words": verdict.words,
    }
    if json:
        show_json(report)
    else:
        show_table(
            f"case {number} of seed {seed}", ("what", "is"), [(key, str(value)) for key, value in report.items()]
        )
    if verdict.outcome not in GOOD:
        raise CheckFailed(f"case {number}, {case.reader}, {case.damage}: {verdict.outcome} {verdict.words}")
