# SPDX-License-Identifier: BSD-3-Clause
"""A campaign of line faults on a board of this project, and its report."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spintile.fpga.virtual.campaign import add_up, plan, run_campaign
from spintile.fpga.virtual.library import build_board
from spintile.fpga.virtual.link_case import make_case

from ..console import Progress

if TYPE_CHECKING:
    from spintile.fpga.boards import Board
    from spintile.model.chip import Chip
    from spintile.rtl.features import Features

__all__ = ["run_link_campaign"]


def run_link_campaign(
    frames: int,
    *,
    board: Board,
    chip: Chip,
    features: Features,
    scenario: str | None,
    seed: int,
    jobs: int,
    progress: Progress,
) -> dict[str, Any]:
    """Build the board, draw a case, run the slices.

    Returns
    -------
    dict
        ``board``, ``seed``, ``seconds``; ``scenarios`` and ``total`` with the fields of ``SliceReport``.
    """
    progress("virtual board", 0.0, "built once and kept")
    library = build_board(chip.geometry, features)
    progress("virtual board", 1.0, chip.geometry.name)
    case = make_case(library, chip, board.layers, seed)
    began = time.monotonic()
    slices = plan(frames, seed, scenario)
    found = run_campaign(
        case,
        slices,
        jobs=min(jobs, len(slices)),
        progress=lambda done, total: progress("link", done / total, f"{done} of {total} slices"),
    )
    return {
        "board": board.name,
        "seed": seed,
        "seconds": time.monotonic() - began,
        "scenarios": {name: asdict(report) for name, report in found.items()},
        "total": asdict(add_up(list(found.values()))),
    }
