# SPDX-License-Identifier: BSD-3-Clause
"""The whole gateware at the pins of its serial line gives the golden answers."""

from __future__ import annotations

import numpy as np
from board_cases import FEATURES, GEOMETRY, link_case
from spintile.fpga.host.board import Board
from spintile.fpga.virtual.direct_line import DirectLine
from spintile.fpga.virtual.library import build_board
from spintile.fpga.virtual.simulation import SimulatedBoard

#: Cycles of a bit: as few as the receiver takes.
DIVISOR = 4


def test_images_through_the_serial_line_are_answered_as_golden() -> None:
    case = link_case()
    line = DirectLine(SimulatedBoard(build_board(GEOMETRY, FEATURES, divisor=DIVISOR)))
    board = Board(line, GEOMETRY, timeout=0.05, session=7)
    board.program(case.contents)
    answers = board.run(case.images[:40])
    assert np.array_equal(answers.classes, case.classes[:40])
    assert board.connection.counts.resent == 0
    # Ten bits of so many cycles for every byte: nothing went beside the line.
    assert line.board.cycles > 10 * DIVISOR * case.contents.size
