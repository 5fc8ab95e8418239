# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga serve``: a simulated board at a serial port of this machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay
from ...errors import BadInput, need
from ...options import Quiet, Seed
from .board_options import BoardChip, BoardName, chosen_board


def serve(
    link: Annotated[Path, typer.Argument(help="Where the port's name is put: --port of the other commands.")],
    board: BoardName = "ulx3s",
    chip: BoardChip = None,
    flipped: Annotated[float, typer.Option("--flipped", min=0, max=0.2, help="Share of bytes that are changed.")] = 0.0,
    dropped: Annotated[float, typer.Option("--dropped", min=0, max=0.2, help="Share of bytes that are lost.")] = 0.0,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Simulate a board behind a pseudo-terminal until interrupted: any program may open its port.

    The very gateware runs in it, bit for bit and cycle for cycle, some hundred times slower than on a board.

    Example: [bold]spintile fpga serve /tmp/board --board icebreaker[/bold], and in another terminal
    [bold]spintile fpga run network.safetensors population.nc --board icebreaker --port /tmp/board[/bold]
    """
    need("amaranth")
    from spintile.fpga.virtual.line import LineFaults

    from ...flows.boards import virtual_port

    _, on_board, features = chosen_board(board, chip, None)
    if not link.resolve().parent.is_dir():
        raise BadInput(f"{link}: its folder must exist")
    if link.exists() and not link.is_symlink():
        raise BadInput(f"{link}: must not exist yet")
    faults = LineFaults(flipped=flipped, dropped=dropped)
    with (
        ProgressDisplay(quiet) as progress,
        virtual_port(on_board.geometry, features, link, progress, faults=faults, seed=seed),
    ):
        typer.echo(f"{link}: a board with {on_board.geometry.name}; Ctrl-C ends it")
        while True:
            time.sleep(1.0)
