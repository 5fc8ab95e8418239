# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga run``: images through a board, compared with the golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay, rate, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import DataName, Json, Quiet, RepairName, Seed, writable_file
from .board_options import Baud, BoardChip, BoardName, Port, Virtual, check_port, chosen_board


def run(
    network: Annotated[Path, typer.Argument(help="Network file, as written by spintile train.")],
    population: Annotated[Path, typer.Argument(help="Population file, as written by spintile die sample.")],
    die: Annotated[int, typer.Option("--die", min=0, help="Which die the board is to be, by number.")] = 0,
    images: Annotated[int, typer.Option("--images", min=1, help="How many test images.")] = 100,
    first: Annotated[int, typer.Option("--first", min=0, help="The first of them in the test set.")] = 0,
    data: DataName = "mnist",
    board: BoardName = "ulx3s",
    chip: BoardChip = None,
    port: Port = None,
    virtual: Virtual = False,
    baud: Baud = None,
    repair: RepairName = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the result as JSON to this file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Load a network and a die into a board, send images, and compare every answer with the golden model.

    When the line fails or the board restarts, everything is loaded again and the images without an answer are sent
    again; what never comes back is reported as lost. Exit code 1 if an answer differs or an image is lost.

    Examples: [bold]spintile fpga run network.safetensors population.nc --port /dev/ttyUSB1 --images 10000[/bold],
    [bold]spintile fpga run network.safetensors population.nc --virtual[/bold]
    """
    check_port(port, virtual)
    writable_file(out, "--out")
    need("amaranth", "serial")
    from spintile.model.dies import load_population
    from spintile.model.network import load_network

    from ...flows.boards import load_contents, open_board, prepare, run_images
    from ...flows.data import network_images
    from ...flows.dies import check_shape, choose_dies
    from ...flows.files import write_json

    chosen, on_board, features = chosen_board(board, chip, repair)
    net = load_network(network)
    pictures, labels, name = network_images(data, net)
    if first + images > len(pictures):
        raise BadInput(f"--first plus --images must be at most {len(pictures)} for {name}, not {first + images}")
    dies = choose_dies(load_population(population), [die], population, "--die")
    check_shape(dies, on_board, population)
    prepared = prepare(net, on_board, dies, seed)
    part = slice(first, first + images)
    with (
        ProgressDisplay(quiet) as progress,
        open_board(port, on_board.geometry, features, baud or chosen.baud, progress) as there,
    ):
        load_contents(there, prepared, progress)
        shown = run_images(there, prepared, pictures[part], labels[part], first, progress)
    if out is not None:
        write_json(out, shown)
    if json:
        show_json(shown)
    else:
        columns = (
            "images",
            "wrong",
            "lost",
            "correct labels",
            "images/s, link",
            "cycles per image",
            "restarts",
        )
        row = (
            f"{shown['images']}",
            f"{shown['wrong']}",
            f"{shown['lost']}",
            f"{shown['accuracy']:.1f} %",
            f"{shown['images_per_second']:.0f}",
            rate(shown["cycles_per_image"]),
            f"{shown['restarts']}",
        )
        show_table(f"die {die} on {on_board.geometry.name}", columns, [row], right=range(len(columns)))
    if shown["wrong"]:
        raise CheckFailed(f"board and golden model differ: {shown['first_difference']}")
    if shown["lost"]:
        raise CheckFailed(f"{shown['lost']} of {images} images must have an answer, and have none: {shown['error']}")
