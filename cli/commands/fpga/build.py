# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga build``: the bitstream of a board, and what it takes of its FPGA."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...console import ProgressDisplay, show_json, show_table
from ...errors import need
from ...options import Json, Quiet, writable_folder
from .board_options import BoardName, chosen_board


def build(
    board: BoardName = "icebreaker",
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=1, max=2**31 - 1, help="Of the placement; one that does, unless given."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for bitstream, report.json and log; runs/fpga-BOARD unless given."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build the bitstream of a board: any die and network that fit are loaded into it later, over its serial line.

    Yosys and nextpnr come with packages; a program of your own is taken where its environment variable names it
    (NEXTPNR_ICE40, ICEPACK, NEXTPNR_ECP5, ECPPACK). The same sources, tools and seed give the same bytes. A clock that
    is not reached is an error: exit code 2, and no bitstream. About a minute for icebreaker, ten for ulx3s.

    Example: [bold]spintile fpga build --board icebreaker[/bold]
    """
    need("amaranth", "amaranth_boards")
    from spintile.fpga.bitstream import build_bitstream

    from ...flows.files import exclusive

    chosen, _, _ = chosen_board(board, None, None)
    folder = writable_folder(out or Path(f"runs/fpga-{board}"))
    with exclusive(folder), ProgressDisplay(quiet) as progress:
        built = build_bitstream(
            chosen,
            folder,
            seed=seed,
            progress=lambda done, total: progress("bitstream", done / total, f"{done} of {total} programs"),
        )
    report = built.report
    if json:
        show_json(report.as_dict())
        return
    speed = report.speed
    show_table(
        f"{chosen.title}: {chosen.geometry.kernels} kernels of {chosen.geometry.rows} x {chosen.geometry.cols}",
        ("", "used", "there are"),
        [
            ("logic", f"{report.logic.used:,}", f"{report.logic.available:,}"),
            ("block RAM", f"{report.memory.used:,}", f"{report.memory.available:,}"),
            ("clock [MHz]", f"{report.target_mhz:g}", f"{report.fmax_mhz:g}"),
        ],
        right=(1, 2),
    )
    show_table(
        f"{'-'.join(str(count) for count in speed.layers)} network, at most {speed.cycles_per_image} cycles per image",
        ("images per second", ""),
        [("of the chip", f"{speed.images_per_second:,.0f}"), ("over the line", f"{speed.link_images_per_second:,.0f}")],
        right=(1,),
    )
    typer.echo(f"Bitstream: {built.bitstream}\nOnto the board: {chosen.flash.format(bitstream=built.bitstream)}")
