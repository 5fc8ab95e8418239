# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga program``: a network and a die into a board."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import need
from ...options import Json, Quiet, RepairName, Seed
from .board_options import Baud, BoardChip, BoardName, Port, Virtual, check_port, chosen_board


def program(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[Path, typer.Argument(help="Population file, as written by spintile die sample.")],
    die: Annotated[int, typer.Option("--die", min=0, help="Which die the board is to be, by number.")] = 0,
    board: BoardName = "ulx3s",
    chip: BoardChip = None,
    port: Port = None,
    virtual: Virtual = False,
    baud: Baud = None,
    repair: RepairName = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Load a network and a die into a board, and see that it took them: whether it answers, is the right one, and fits.

    Images are sent by spintile fpga run, which loads everything itself: a session with the board ends with its program.

    Example: [bold]spintile fpga program network.safetensors population.nc --die 3 --port /dev/ttyUSB1[/bold]
    """
    check_port(port, virtual)
    need("amaranth", "serial")
    from spintile.model.dies import load_population
    from spintile.model.network import load_network

    from ...flows.boards import load_contents, open_board, prepare
    from ...flows.dies import check_shape, choose_dies

    chosen, on_board, features = chosen_board(board, chip, repair)
    dies = choose_dies(load_population(population), [die], population, "--die")
    check_shape(dies, on_board, population)
    prepared = prepare(load_network(network), on_board, dies, seed)
    with (
        ProgressDisplay(quiet) as progress,
        open_board(port, on_board.geometry, features, baud or chosen.baud, progress) as there,
    ):
        began = time.monotonic()
        load_contents(there, prepared, progress)
        seconds = time.monotonic() - began
    shown = {"die": die, "chip": on_board.geometry.name, "bytes": prepared.contents.size, "seconds": seconds}
    if json:
        show_json(shown)
    else:
        show_table("programmed", ("what", "is"), [(name, f"{value}") for name, value in shown.items()])
