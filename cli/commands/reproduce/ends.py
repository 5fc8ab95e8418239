# SPDX-License-Identifier: BSD-3-Clause
"""What every ``spintile reproduce`` command has: how much is done, which simulator, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ...console import show_json, show_table
from ...errors import BadInput
from ...options import WriteEngineName

if TYPE_CHECKING:
    from ...flows.reproduce.claims import Claim

Engine = Annotated[
    WriteEngineName,
    typer.Option("--engine", help="verilator, icarus, auto (the simulator there is), or model: no RTL."),
]


def effort_of(quick: bool, full: bool) -> Literal["quick", "default", "full"]:
    """How much is done."""
    if quick and full:
        raise BadInput("--quick and --full must not be given together")
    return "quick" if quick else "full" if full else "default"


def end(
    report: dict[str, Any],
    claims: Sequence[Claim],
    folder: Path,
    json: bool,
    show: Callable[[dict[str, Any]], None] | None = None,
    title: str = "",
) -> None:
    """Print the report, with ``show`` before its claims; an error if a judged claim does not hold."""
    from ...flows.checks import raise_first_failure
    from ...flows.reproduce.claims import claim_checks

    if json:
        show_json(report)
    else:
        if show is not None:
            show(report)
        show_table(
            title,
            ("", "claim", "published or wanted", "ours", "interval"),
            [
                (
                    "✓" if claim["verdict"] == "holds" else "✗" if claim["judged"] else "–",
                    *(claim[name] for name in ("claim", "required", "figure", "interval")),
                )
                for claim in report["claims"]
            ],
        )
        typer.echo(f"Report: {folder / 'report.html'}")
    raise_first_failure(claim_checks(claims))
