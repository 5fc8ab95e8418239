# SPDX-License-Identifier: BSD-3-Clause
"""What is checked of a build, stage by stage."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..console import Progress
from ..errors import BadInput

if TYPE_CHECKING:
    from spintile.fpga.boards import Board
    from spintile.fpga.host.contents import Contents


def case_of(
    board: Board, network: Path | None, population: Path | None, data: str, images: int, seed: int
) -> tuple[Contents, NDArray[np.uint8], NDArray[np.integer]]:
    """What to load, images, and their classes by the golden model: the user's network on a die, or a drawn one.

    Raises
    ------
    BadInput
        If there are fewer images, or the network needs what the board's chip lacks.
    """
    from spintile.fpga.host.contents import Contents
    from spintile.fpga.virtual.link_case import make_case
    from spintile.model.chip import Chip

    chip = Chip.preset(board.geometry.name)
    if network is None or population is None:
        case = make_case(Path(), chip, board.layers, seed)
        if images > len(case.images):
            raise BadInput(f"--images must be at most {len(case.images)} without --network, not {images}")
        return case.contents, case.images[:images], case.classes[:images]
    from spintile.model.dies import load_population
    from spintile.model.evaluation import compile_for, die_image_for
    from spintile.model.golden import infer
    from spintile.model.network import load_network

    from .data import network_images
    from .dies import choose_dies

    net = load_network(network)
    pictures, _, name = network_images(data, net)
    if images > len(pictures):
        raise BadInput(f"--images must be at most {len(pictures)} for {name}, not {images}")
    compiled, repair = compile_for(net, chip), chip.repair_for(net)
    die = choose_dies(load_population(population), [0], population)
    image = die_image_for(compiled, chip, die, seed)
    contents = Contents.of(compiled, image, 0, repair)
    lacking = contents.lacking(board.features)
    if lacking:
        raise BadInput(f"{network}: must need nothing that {board.name} lacks, and needs {', '.join(lacking)}")
    return contents, pictures[:images], infer(image, compiled, pictures[:images], repair=repair).classes[0]


def _told(progress: Progress, name: str, done: int, total: int) -> None:
    progress(name, min(0.99, done / total), f"{done} of {total}")


def check_build(
    board: Board,
    folder: Path,
    stages: Sequence[str],
    case: tuple[Contents, NDArray[np.uint8], NDArray[np.integer]],
    progress: Progress,
) -> dict[str, dict[str, Any]]:
    """Every stage's ``compared``, ``mismatches``, ``passed`` and ``message``.

    Raises
    ------
    BadInput
        If a stage does not go with the board, or the build lacks a file.
    """
    from spintile.fpga.check.bitstream import bitstream_verilog
    from spintile.fpga.check.equivalence import prove_netlist
    from spintile.fpga.check.netlist import netlist_verilog
    from spintile.fpga.check.run import run_design

    found: dict[str, dict[str, Any]] = {}
    for name in stages:
        progress(name, 0.0, "")
        if name == "equivalence":
            proof = prove_netlist(board, folder)
            told = f"netlist of {board.name}: {proof.unproven[0]} must be proved, and is not" if proof.unproven else ""
            found[name] = {
                "compared": proof.points,
                "mismatches": len(proof.unproven),
                "passed": proof.passed,
                "message": told,
            }
        else:
            try:
                decode = name == "bitstream"
                verilog = bitstream_verilog(board, folder) if decode else netlist_verilog(board, folder)
            except (ValueError, FileNotFoundError) as error:
                raise BadInput(f"{folder}: {error}") from None
            result = run_design(
                board,
                name,
                verilog,
                *case,
                progress=functools.partial(_told, progress, name),
            )
            found[name] = {**result.as_dict(), "compared": result.images}
        progress(name, 1.0, "same" if found[name]["passed"] else "different")
    return found
