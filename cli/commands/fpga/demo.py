# SPDX-License-Identifier: BSD-3-Clause
"""``spintile fpga demo``: digits on a board, in the terminal or drawn by hand on a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...console import ProgressDisplay, show_json
from ...errors import BadInput, CheckFailed, need
from ...options import Json, Quiet, RepairName, Seed, writable_folder
from .board_options import Baud, BoardName, Port, Virtual, check_port, chosen_board

if TYPE_CHECKING:
    from ...flows.fpga_demo.session import Session


def demo(
    board: BoardName = "ulx3s",
    port: Port = None,
    virtual: Virtual = False,
    baud: Baud = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="Network file; trained on digits and kept unless given.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option("--population", help="Population file; dies are drawn and kept unless given.")
    ] = None,
    die: Annotated[int, typer.Option("--die", min=0, help="Which die the board is to be, by number.")] = 0,
    data: Annotated[
        str | None,
        typer.Option("--data", help="Digits for --network: mnist, mnist-8x6, digits, or a folder of IDX files."),
    ] = None,
    digit: Annotated[str, typer.Option("--digit", help="Number of a test image, or random.")] = "random",
    count: Annotated[int, typer.Option("--count", min=1, help="So many digits, one after the other.")] = 1,
    page: Annotated[
        bool, typer.Option("--page", help="Serve a page to this machine's browser, to draw digits on, until Ctrl-C.")
    ] = False,
    listen: Annotated[
        int, typer.Option("--listen", min=0, max=65535, help="Port of the page; 0: any that is free.")
    ] = 0,
    repair: RepairName = None,
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for what is made at first use; runs/fpga-demo-BOARD unless given."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a board at work: handwritten digits, what a defective die on it makes of them, and where it is broken.

    A network and dies for the board are made at first use, which takes half a minute, and kept. Classes come from the
    board; what the layers do is computed by the golden model on this machine, since a board sends classes only. Exit
    code 1 if an answer is not the golden model's, or does not come.

    Examples: [bold]spintile fpga demo --virtual[/bold], [bold]spintile fpga demo --virtual --page[/bold],
    [bold]spintile fpga demo --board icebreaker --port /dev/ttyUSB1 --digit random --count 5[/bold]
    """
    check_port(port, virtual)
    if page and (json or count != 1):
        raise BadInput(f"{'--json' if json else '--count'} must not be given with --page")
    if listen and not page:
        raise BadInput("--listen must be given with --page only")
    need("amaranth", "serial")
    if network is None:
        need("torch")
    if page:
        need("jinja2")
    from ...flows.boards import open_board
    from ...flows.fpga_demo.digits import chosen_digits
    from ...flows.fpga_demo.session import PATIENCE, Session
    from ...flows.fpga_demo.subject import load_subject

    chosen, on_board, features = chosen_board(board, None, repair)
    folder = out or Path(f"runs/fpga-demo-{board}")
    if network is None or population is None:
        folder = writable_folder(folder)
    with ProgressDisplay(quiet) as progress:
        subject = load_subject(
            chosen, on_board, folder, network=network, population=population, data=data, seed=seed, progress=progress
        )
        digits = chosen_digits(subject, digit, count, seed)
        subject.die(die)  # before a board is built
        with open_board(port, on_board.geometry, features, baud or chosen.baud, progress, **PATIENCE) as there:
            session = Session(there, subject, die)
            session.load(progress)
            if page:
                _serve(session, f"{chosen.title}{', simulated' if virtual else ''}", listen, digits[0])
            else:
                _show(session, digits, json)


def _serve(session: Session, title: str, listen: int, digit: int) -> None:
    from ...flows.fpga_demo.server import serving

    with session.watched(), serving(session, title, listen, digit) as server:
        typer.echo(f"{server.url}: draw a digit; Ctrl-C ends it")
        server.wait()


def _show(session: Session, digits: list[int], json: bool) -> None:
    from ...flows.fpga_demo.digits import show_digits
    from ...flows.fpga_demo.terminal import answer_lines, die_lines, glyphs_for, terminal

    console, glyphs = terminal(), glyphs_for(sys.stdout.encoding)
    subject = session.subject
    top = (1 << subject.network.input_bits) - 1

    def show(answer: Any) -> None:
        for line in answer_lines(answer, top, console.width, glyphs):
            console.print(line)
        console.print()

    if not json:
        for line in die_lines(subject.die(session.die), console.width, glyphs):
            console.print(line)
        console.print()
    found = show_digits(session, digits, (lambda answer: None) if json else show)
    if json:
        show_json(found)
    else:
        typer.echo(
            f"{subject.shape} on die {session.die}: {found['correct']} of {found['images']} labels met. Classes are "
            "the board's; layers and scores are the golden model's on this machine, since a board sends classes only."
        )
    if found["wrong"]:
        raise CheckFailed(f"board and golden model differ: {found['first_difference']}")
    if found["lost"]:
        raise CheckFailed(
            f"{found['lost']} of {found['images']} images must have an answer, and have none: {found['error']}"
        )
