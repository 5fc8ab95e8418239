# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga``: a die on an FPGA board, real or simulated."""

from __future__ import annotations

import typer

from .build import build
from .check import check
from .demo import demo
from .program import program
from .run import run
from .serve import serve

app = typer.Typer(
    help="A die on an FPGA board, real or simulated: program it, send images, get the golden answers back.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
for _command in (build, check, program, run, serve, demo):
    app.command(_command.__name__)(_command)
