# SPDX-License-Identifier: BSD-3-Clause
"""``spintile bench``: how fast it is on this machine, and campaigns that hold the models against what they claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...options import ChipName, Json, Quiet
from .campaigns import characterise, coverage, wer, write
from .fuzz import fuzz
from .link import link
from .programs import programs
from .rates import golden, rates
from .ratios import cosim, population, solver, training

app = typer.Typer(
    help="How fast it is on this machine, and campaigns that hold the models against what they claim.",
    rich_markup_mode="rich",
)
for _command in (golden, cosim, training, population, solver):
    app.command(_command.__name__, rich_help_panel="How fast: nothing is checked")(_command)
for _campaign in (wer, coverage, write, characterise, programs, fuzz, link):
    app.command(_campaign.__name__, rich_help_panel="Whether it holds: exit code 1 if not")(_campaign)


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    chip: ChipName = "borders",
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure how fast it is on this machine, or run a campaign that holds a model against what it claims.

    Without a name: golden, training and cosim, one after the other. Rates hold for an idle machine only.

    Examples: [bold]spintile bench golden[/bold], [bold]spintile bench wer --quick[/bold]
    """
    if context.invoked_subcommand is None:
        rates(("golden", "training", "cosim"), chip, out, json, quiet)
