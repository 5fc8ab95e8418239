# SPDX-License-Identifier: BSD-3-Clause
"""``spintile reproduce``: published experiments done again, each with a table of claims and verdicts."""

from __future__ import annotations

import typer

from .borders import borders
from .drolet import drolet
from .goodwill import goodwill

app = typer.Typer(
    help="Published experiments done again through our own arrays and the RTL: claims, figures, intervals, verdicts.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)
for _command in (borders, drolet, goodwill):
    app.command(_command.__name__)(_command)
