# SPDX-License-Identifier: BSD-3-Clause
"""``spintile die``: populations of dies, drawn or measured; their statistics; their wires; a kernel for ngspice."""

from __future__ import annotations

import typer

from .compare import compare
from .fit import fit
from .import_ import import_dies
from .netlist import netlist
from .sample import sample
from .show import show
from .wires import wires

app = typer.Typer(
    help="Draw populations of defective dies, import measured ones, fit their statistics, and look at them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
for _name, _command in (
    ("sample", sample),
    ("import", import_dies),
    ("fit", fit),
    ("show", show),
    ("compare", compare),
    ("netlist", netlist),
    ("wires", wires),
):
    app.command(_name)(_command)
