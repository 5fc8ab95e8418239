# SPDX-License-Identifier: BSD-3-Clause
"""Options that the commands for boards share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import BadInput
from ...options import load_chip

if TYPE_CHECKING:
    from spintile.fpga.boards import Board
    from spintile.model.chip import Chip
    from spintile.rtl.features import Features

BoardName = Annotated[str, typer.Option("--board", help="icebreaker or ulx3s: what it is built of, and its rates.")]
BoardChip = Annotated[
    str | None,
    typer.Option("--chip", help="The chip in its bitstream: a preset or a TOML file; the board's own by default."),
]
Port = Annotated[
    str | None, typer.Option("--port", help="Serial port of the board, as /dev/ttyUSB1 or COM3; or use --virtual.")
]
Virtual = Annotated[
    bool, typer.Option("--virtual", help="Simulate the board's gateware behind a pseudo-terminal: no hardware needed.")
]
Baud = Annotated[
    int | None, typer.Option("--baud", min=1, help="Rate of the serial line [bits/s]; the board's own by default.")
]


def chosen_board(name: str, chip: str | None, repair: str | None) -> tuple[Board, Chip, Features]:
    """A board, the chip on it, and what of the chip is built; BadInput if there is no such board."""
    from spintile.fpga.boards import board
    from spintile.rtl.features import FULL

    try:
        chosen = board(name)
    except ValueError as error:
        raise BadInput(f"--board: {error}") from None
    on_board = load_chip(chosen.geometry.name if chip is None else chip, repair)
    same = on_board.geometry.digest() == chosen.geometry.digest()
    return chosen, on_board, chosen.features if same else FULL


def check_port(port: str | None, virtual: bool) -> None:
    """BadInput unless exactly one of --port and --virtual is given."""
    if virtual == (port is not None):
        raise BadInput("either --port with the board's serial port or --virtual must be given, and not both")
