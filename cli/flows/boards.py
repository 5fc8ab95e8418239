# SPDX-License-Identifier: BSD-3-Clause
"""Networks on boards: what is loaded, what is asked, and whether the golden model says the same."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..console import Progress

if TYPE_CHECKING:
    from spintile.fpga.host.board import Board
    from spintile.fpga.host.contents import Contents
    from spintile.fpga.virtual.line import LineFaults
    from spintile.fpga.virtual.pseudo_terminal import PseudoTerminal
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.geometry import Geometry
    from spintile.model.golden import DieImage
    from spintile.model.mapping import Compiled
    from spintile.model.network import Network
    from spintile.rtl.features import Features

__all__ = ["Prepared", "load_contents", "open_board", "prepare", "run_images", "virtual_port"]

#: Seconds of silence after which a board is asked again. A simulated one is slower by as much as a machine is loaded.
_TIMEOUT, _SIMULATED_TIMEOUT = 0.3, 2.0


@dataclass(frozen=True, eq=False)
class Prepared:
    """A network on one die, for a board and for the golden model alike."""

    compiled: Compiled
    image: DieImage
    chip: Chip
    contents: Contents


def prepare(network: Network, chip: Chip, die: Population, seed: int) -> Prepared:
    """What a board needs to be one die with one network on it.

    Raises
    ------
    ValueError
        If the network does not fit the chip, or the die its memory.
    """
    from spintile.fpga.host.contents import Contents
    from spintile.model.evaluation import compile_for, die_image_for

    compiled = compile_for(network, chip)
    # A die in logic has no noise: the golden model is asked without it, too.
    image = die_image_for(compiled, chip, die, seed).replace(noise_sigma=0)
    repair = chip.repair_for(network)
    return Prepared(compiled, image, chip, Contents.of(compiled, image, 0, repair))


@contextlib.contextmanager
def virtual_port(
    geometry: Geometry,
    features: Features,
    link: Path,
    progress: Progress,
    *,
    faults: LineFaults | None = None,
    seed: int = 0,
) -> Iterator[PseudoTerminal]:
    """A simulated board behind a pseudo-terminal, for as long as the context lasts."""
    from spintile.fpga.virtual.library import build_board
    from spintile.fpga.virtual.pseudo_terminal import PseudoTerminal
    from spintile.fpga.virtual.simulation import SimulatedBoard

    progress("virtual board", 0.0, "built once and kept")
    library = build_board(geometry, features)
    progress("virtual board", 1.0, geometry.name)
    with PseudoTerminal(SimulatedBoard(library), link, faults, seed) as terminal:
        yield terminal


@contextlib.contextmanager
def open_board(
    port: str | None,
    geometry: Geometry,
    features: Features,
    baud: int,
    progress: Progress,
    *,
    retries: int = 10,
    attempts: int = 8,
) -> Iterator[Board]:
    """A board at a serial port, or without one a simulated board at a port of its own; patience as of ``Board``."""
    from spintile.fpga.host.board import Board
    from spintile.fpga.host.serial_port import SerialPort

    with contextlib.ExitStack() as stack:
        if port is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spintile-board-")))
            stack.enter_context(virtual_port(geometry, features, folder / "port", progress))
            line, timeout = SerialPort(str(folder / "port"), baud), _SIMULATED_TIMEOUT
        else:
            line, timeout = SerialPort(port, baud), _TIMEOUT
        board = Board(line, geometry, timeout=timeout, retries=retries, attempts=attempts)
        stack.callback(board.close)
        yield board


def load_contents(board: Board, prepared: Prepared, progress: Progress) -> None:
    """Program a board with a network and a die."""
    board.program(prepared.contents, lambda done, total: progress("load", done / total, f"{total} bytes"))
    progress("load", 1.0, f"{prepared.contents.size} bytes of die")


def run_images(
    board: Board,
    prepared: Prepared,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    first: int,
    progress: Progress,
) -> dict[str, Any]:
    """Images through a programmed board, each answer compared with the golden model's.

    Returns
    -------
    dict
        ``images``, ``wrong`` (answered otherwise than the golden model), ``lost``, ``error``, ``restarts``,
        ``accuracy`` [%] of what was answered, ``seconds``, ``images_per_second``, ``cycles_per_image`` (``None`` where
        the chip has no counters), ``link`` and ``first_difference``.
    """
    from dataclasses import asdict

    from spintile.model.golden import infer

    golden = infer(
        prepared.image, prepared.compiled, images, repair=prepared.contents.repair, first_index=first
    ).classes[0]
    progress("images", 0.0)
    answers = board.run(
        images, first_index=first, progress=lambda done, total: progress("images", done / total, f"{done} of {total}")
    )
    progress("images", 1.0, f"{len(images)} images")
    answered = answers.classes >= 0
    differ = np.flatnonzero(answered & (answers.classes != golden))
    cycles = None
    if not answers.lost:
        counters = board.counters()
        taken = counters["last_result"] - counters["first_result"]
        cycles = taken / (counters["images"] - 1) if counters["images"] > 1 and taken else None
    difference = None
    if len(differ):
        place = int(differ[0])
        difference = f"class of image {first + place}: must be {golden[place]}, not {answers.classes[place]}"
    return {
        "images": len(images),
        "wrong": len(differ),
        "lost": answers.lost,
        "error": answers.error,
        "restarts": answers.restarts,
        "accuracy": float((answers.classes == labels)[answered].mean() * 100) if answered.any() else 0.0,
        "seconds": answers.seconds,
        "images_per_second": int(answered.sum()) / answers.seconds,
        "cycles_per_image": cycles,
        "link": asdict(board.connection.counts),
        "first_difference": difference,
    }
