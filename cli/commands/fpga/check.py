# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga check``: netlist and bitstream of a build against RTL and golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import DataName, Json, Quiet, Seed
from .board_options import BoardName, chosen_board

StageName = Literal["all", "netlist", "bitstream", "equivalence"]


def check(
    board: BoardName = "icebreaker",
    folder: Annotated[
        Path | None, typer.Option("--build", help="Folder of spintile fpga build; runs/fpga-BOARD unless given.")
    ] = None,
    stage: Annotated[
        StageName, typer.Option("--stage", help="netlist, bitstream (iCE40) or equivalence; all that the board has.")
    ] = "all",
    network: Annotated[
        Path | None, typer.Option("--network", help="Network file; random weights unless given.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option("--population", help="Population file: its first die; a random one unless given.")
    ] = None,
    data: DataName = "mnist",
    images: Annotated[int, typer.Option("--images", min=1, help="How many images.")] = 100,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check what was built: images through the netlist, and through the logic that the bitstream decodes to.

    Both are simulated whole, serial line included, and loaded as a board is; every class must be the golden model's.
    equivalence proves the netlist against its RTL. Results go to check.json in the build's folder. Exit code 1 if
    anything differs.

    Example: [bold]spintile fpga check --board icebreaker --images 100[/bold]
    """
    need("amaranth", "amaranth_boards")
    from ...flows.files import write_json
    from ...flows.fpga_checks import case_of, check_build

    chosen, _, _ = chosen_board(board, None, None)
    if (network is None) != (population is None):
        raise BadInput("--network and --population must be given together")
    where = folder or Path(f"runs/fpga-{board}")
    if not (where / "report.json").is_file():
        raise BadInput(
            f"{where}: must be the folder of a build, and has no report.json: spintile fpga build --board {board}"
        )
    every = ("netlist", "bitstream", "equivalence") if chosen.family == "ice40" else ("netlist", "equivalence")
    stages = every if stage == "all" else (stage,)
    case = case_of(chosen, network, population, data, images, seed)
    with ProgressDisplay(quiet) as progress:
        found = check_build(chosen, where, stages, case, progress)
    write_json(where / "check.json", found)
    if json:
        show_json(found)
    else:
        show_table(
            chosen.title,
            ("", "compared", "different", ""),
            [
                (name, f"{result['compared']:,}", f"{result['mismatches']:,}", "✓" if result["passed"] else "✗")
                for name, result in found.items()
            ],
            right=(1, 2),
        )
    wrong = [result["message"] or f"{name} differs" for name, result in found.items() if not result["passed"]]
    if wrong:
        raise CheckFailed(wrong[0])
