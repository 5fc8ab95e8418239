# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench link``: frames through bad lines to a simulated board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import Jobs, Json, Quiet, Seed, worker_count, writable_file
from ..fpga.board_options import chosen_board

_COLUMNS = ("frames", "images", "wrong", "lost", "faults", "mishaps", "restarts", "resent")


def link(
    frames: Annotated[int, typer.Option("--frames", min=1, help="Frames at least, scenarios together.")] = 10_000,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            help="Only this one: clean, flipped, dropped, doubled, delayed, unplugged, reset or everything.",
        ),
    ] = None,
    board: Annotated[str, typer.Option("--board", help="icebreaker or ulx3s.")] = "icebreaker",
    seed: Seed = 1,
    jobs: Jobs = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Whether a bad line can make a board answer wrongly: the very gateware, simulated, and the very host.

    Bytes are changed, lost, doubled and late; the cable is pulled and put back, with and without the board's power; the
    board is reset at any moment, half loaded too. Every answer is compared with the golden model's, and every image
    must have one or be reported as lost. Exit code 1 if an answer is wrong. The same seed gives the same report.

    Examples: [bold]spintile bench link[/bold], [bold]spintile bench link --frames 1000000[/bold]
    """
    need("amaranth", "verilator", "serial")
    writable_file(out, "--out")
    from spintile.fpga.virtual.campaign import SCENARIOS

    from ...flows.files import write_json
    from ...flows.link_campaign import run_link_campaign

    if scenario is not None and scenario not in SCENARIOS:
        raise BadInput(f"--scenario must be one of {', '.join(SCENARIOS)}, not {scenario!r}")
    chosen, chip, features = chosen_board(board, None, None)
    with ProgressDisplay(quiet) as progress:
        report = run_link_campaign(
            frames,
            board=chosen,
            chip=chip,
            features=features,
            scenario=scenario,
            seed=seed,
            jobs=worker_count(jobs),
            progress=progress,
        )
    if out is not None:
        write_json(out, report)
    if json:
        show_json(report)
    else:
        _show(report)
    if report["total"]["wrong"]:
        raise CheckFailed(f"{report['total']['wrong']} answers differ from the golden model's")
    if report["total"]["lost"]:
        raise CheckFailed(f"{report['total']['lost']} images were reported as lost: the line must recover each time")


def _show(report: dict[str, Any]) -> None:
    rows = [
        (name, *(f"{counts[column]:,}" for column in _COLUMNS))
        for name, counts in [*report["scenarios"].items(), ("total", report["total"])]
    ]
    show_table(
        f"{report['board']}, seed {report['seed']}, {report['seconds']:.0f} s",
        ("line", *_COLUMNS),
        rows,
        right=range(1, len(_COLUMNS) + 1),
    )
