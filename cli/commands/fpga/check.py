# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga check``: netlist and bitstream of a build against RTL and golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import BadInput, CheckFailed, need
from ...options import Json, Quiet, Seed
from .board_options import BoardName, chosen_board

StageName = Literal["all", "proof", "netlist", "bitstream"]


def check(
    board: BoardName = "icebreaker",
    build: Annotated[
        Path | None, typer.Option("--build", help="Folder of spintile fpga build; runs/fpga-BOARD unless given.")
    ] = None,
    stage: Annotated[
        StageName, typer.Option("--stage", help="proof or bitstream (iCE40), or netlist; all that the board has.")
    ] = "all",
    network: Annotated[
        Path | None, typer.Option("--network", help="Network file; one is trained on digits unless given.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option("--population", help="Population file: its first die; dies are drawn unless given.")
    ] = None,
    images: Annotated[int, typer.Option("--images", min=1, help="How many test images.")] = 500,
    fault: Annotated[
        int | None,
        typer.Option("--fault", min=0, help="First turn over one bit of a lookup table, of this seed: must be seen."),
    ] = None,
    seed: Seed = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check what was built: a proof that the netlist is the RTL, and images through netlist and decoded bitstream.

    Netlist and bitstream are simulated whole, serial line included, and loaded as a board is; every class must be the
    golden model's. Results go to check.json in the build's folder. Exit code 1 if anything differs.

    Example: [bold]spintile fpga check --board icebreaker --images 500[/bold]
    """
    need("amaranth", "amaranth_boards")
    from ...flows.files import write_json
    from ...flows.fpga_checks import check_build, load_case

    chosen, chip, _ = chosen_board(board, None, None)
    folder = build or Path(f"runs/fpga-{board}")
    if not (folder / "report.json").is_file():
        raise BadInput(
            f"{folder}: must be the folder of a build, and has no report.json: spintile fpga build --board {board}"
        )
    every = ("proof", "netlist", "bitstream") if chosen.family == "ice40" else ("netlist",)
    stages = every if stage == "all" else (stage,)
    with ProgressDisplay(quiet) as progress:
        simulated = stages != ("proof",)
        case = load_case(chosen, chip, network, population, images, seed, progress) if simulated else None
        found = check_build(chosen, folder, stages, case, fault, progress)
    if fault is None:
        write_json(folder / "check.json", found)
    if json:
        show_json(found)
    else:
        show_table(
            chosen.title,
            ("", "compared", ""),
            [(name, f"{result['compared']:,}", "✓" if result["passed"] else "✗") for name, result in found.items()],
            right=(1,),
        )
    wrong = [result["message"] for result in found.values() if not result["passed"]]
    if wrong:
        raise CheckFailed(wrong[0])
