# SPDX-License-Identifier: BSD-3-Clause
"""The simulated board that the tests of this folder share: built once."""

from __future__ import annotations

import dataclasses
from functools import cache

from needed_tools import usable_or_skip
from spintile.cosim.tools import find_compiler, find_make, find_verilator, find_yosys
from spintile.fpga.boards import ICEBREAKER
from spintile.fpga.host.board import Board
from spintile.fpga.virtual.direct_line import DirectLine
from spintile.fpga.virtual.library import build_board
from spintile.fpga.virtual.line import LineFaults
from spintile.fpga.virtual.link_case import LinkCase, make_case
from spintile.fpga.virtual.simulation import SimulatedBoard
from spintile.model.chip import Chip

__all__ = ["FEATURES", "GEOMETRY", "direct", "link_case", "simulated"]

GEOMETRY = ICEBREAKER.geometry
#: As on the board, and registers can be read back.
FEATURES = dataclasses.replace(ICEBREAKER.features, testing=True)


@cache
def link_case() -> LinkCase:
    """A random network on a bad die of the smallest board."""
    usable_or_skip(find_verilator(), find_compiler(), find_make(), find_yosys())
    library = build_board(GEOMETRY, FEATURES)
    return make_case(library, Chip.preset(GEOMETRY.name), ICEBREAKER.layers)


def simulated() -> SimulatedBoard:
    """A new board."""
    return SimulatedBoard(link_case().library)


def direct(faults: LineFaults | None = None, seed: int = 0) -> tuple[DirectLine, Board]:
    """A new board, and a host for it, in the time of the board's own clock."""
    line = DirectLine(simulated(), faults, seed)
    return line, Board(line, GEOMETRY, timeout=0.005, retries=4, session=7, attempts=3, backoff=0.001)
