# SPDX-License-Identifier: BSD-3-Clause
"""What is checked of a build, stage by stage."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..console import Progress
from ..errors import BadInput
from ..options import writable_folder

if TYPE_CHECKING:
    from spintile.fpga.boards import Board
    from spintile.fpga.host.contents import Contents
    from spintile.model.chip import Chip

__all__ = ["CheckCase", "check_build", "load_case"]


#: Cycles of loading over the serial line, beyond which the netlist's bytes pass beside it.
_LONG = 5_000_000


@dataclass(frozen=True, eq=False)
class CheckCase:
    """What is loaded, images (images, ...), and their classes (images,) by the golden model."""

    contents: Contents
    images: NDArray[np.uint8]
    classes: NDArray[np.integer]


def load_case(
    board: Board, chip: Chip, network: Path | None, population: Path | None, images: int, seed: int, progress: Progress
) -> CheckCase:
    """Test images of the data set that a network was trained on, on the first die of a population.

    What is not given is trained and drawn, and kept in ``runs/fpga-demo-BOARD``.

    Raises
    ------
    BadInput
        If there are fewer images, or the network needs what the board's chip lacks.
    """
    from spintile.model.golden import infer
    from spintile.model.remapping import ordered_inputs

    from .fpga_demo.subject import load_subject

    folder = writable_folder(Path(f"runs/fpga-demo-{board.name}")) if None in (network, population) else Path()
    subject = load_subject(
        board, chip, folder, network=network, population=population, data=None, seed=seed, progress=progress
    )
    prepared = subject.prepared(subject.dies[0])
    lacking = prepared.contents.lacking(board.features)
    if lacking:
        raise BadInput(f"--network must need nothing that {board.name} lacks, and needs {', '.join(lacking)}")
    known = subject.dataset.inputs(subject.network.input_bits)[1]
    if images > len(known):
        raise BadInput(f"--images must be at most {len(known)} for {subject.dataset.name}, not {images}")
    pictures = ordered_inputs(subject.network, known)[:images]
    classes = infer(prepared.image, prepared.compiled, pictures, repair=prepared.contents.repair).classes[0]
    return CheckCase(prepared.contents, pictures, classes)


def check_build(
    board: Board, folder: Path, stages: Sequence[str], case: CheckCase | None, fault: int | None, progress: Progress
) -> dict[str, dict[str, Any]]:
    """Every stage's figures, each with ``compared``, ``passed`` and ``message``.

    Parameters
    ----------
    board : Board
    folder : Path
        Of its build.
    stages : sequence of str
        ``proof``, ``netlist``, ``bitstream``.
    case : CheckCase, optional
        For the stages that are simulated.
    fault : int, optional
        Seed of one bit of a lookup table that is turned over first.
    progress : Progress

    Raises
    ------
    BadInput
        If a stage does not go with the board, the build lacks a file, or a tool is missing or does not take it.
    """
    from spintile.fpga.check.bitstream import bitstream_verilog
    from spintile.fpga.check.equivalence import prove_netlist
    from spintile.fpga.check.faults import flip_netlist
    from spintile.fpga.check.netlist import netlist_verilog
    from spintile.fpga.check.run import run_design

    found: dict[str, dict[str, Any]] = {}
    for name in stages:
        progress(name, 0.0, "")
        try:
            netlist = None
            if fault is not None and name != "bitstream":
                netlist = flip_netlist((folder / "top.json").read_text(), fault)
            if name == "proof":
                proof = prove_netlist(board, folder, netlist=netlist)
                found[name] = {**proof.as_dict(), "compared": proof.points}
            else:
                assert case is not None
                beside = name == "netlist" and _line_cycles(board, case.contents) > _LONG
                verilog = (
                    bitstream_verilog(board, folder, flip=fault)
                    if name == "bitstream"
                    else netlist_verilog(board, folder, netlist=netlist, beside=beside)
                )
                told = functools.partial(_told, progress, name)
                run = run_design(
                    board, name, verilog, case.contents, case.images, case.classes, beside=beside, progress=told
                )
                found[name] = {**run.as_dict(), "compared": run.images}
        except (ValueError, RuntimeError, FileNotFoundError) as error:
            raise BadInput(f"{folder}: {error}") from None
        progress(name, 1.0, "same" if found[name]["passed"] else "different")
    return found


def _told(progress: Progress, name: str, done: int, total: int) -> None:
    progress(name, min(0.99, done / total), f"{done} of {total}")


def _line_cycles(board: Board, contents: Contents) -> int:
    """About how many cycles a die is on the serial line."""
    from spintile.fpga.link.uart import divisor_for

    return contents.size * 10 * divisor_for(board.clock_hz, board.baud)
