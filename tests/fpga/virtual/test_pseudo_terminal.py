# SPDX-License-Identifier: BSD-3-Clause
"""A simulated board at a serial port: a host that knows nothing of it, a cable that is pulled, a port that is busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from board_cases import GEOMETRY, link_case, simulated
from spintile.fpga.host.board import Board
from spintile.fpga.host.errors import LineLost
from spintile.fpga.host.serial_port import SerialPort
from spintile.fpga.virtual.line import LineFaults
from spintile.fpga.virtual.pseudo_terminal import PseudoTerminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    with PseudoTerminal(simulated(), tmp_path / "port") as playing:
        yield playing


def host(terminal: PseudoTerminal) -> Board:
    return Board(SerialPort(str(terminal.port), 1_000_000), GEOMETRY, timeout=2.0, attempts=12, backoff=0.05)


def test_a_host_gets_the_golden_answers(terminal: PseudoTerminal) -> None:
    case = link_case()
    board = host(terminal)
    board.program(case.contents)
    assert np.array_equal(board.run(case.images).classes, case.classes)
    board.close()


@pytest.mark.parametrize("power", [False, True])
def test_a_cable_pulled_and_put_back_needs_no_new_host(terminal: PseudoTerminal, power: bool) -> None:
    case = link_case()
    board = host(terminal)
    board.program(case.contents)
    timers: list[threading.Timer] = []

    def pull(done: int, total: int) -> None:
        if not timers:
            terminal.unplug(power=power)
            timers.append(threading.Timer(0.2, terminal.plug_in))
            timers[0].start()

    answers = board.run(case.images, progress=pull)
    timers[0].join()
    assert np.array_equal(answers.classes, case.classes)
    assert answers.restarts >= 1
    board.close()


def test_a_reset_button_needs_no_new_host(terminal: PseudoTerminal) -> None:
    case = link_case()
    board = host(terminal)
    board.program(case.contents)
    pressed: list[int] = []

    def press(done: int, total: int) -> None:
        if not pressed:
            terminal.reset()
        pressed.append(done)

    answers = board.run(case.images, progress=press)
    assert np.array_equal(answers.classes, case.classes)
    assert answers.restarts == 1
    board.close()


def test_a_bad_line_changes_no_answer(tmp_path: Path) -> None:
    case = link_case()
    with PseudoTerminal(simulated(), tmp_path / "port", LineFaults(flipped=1e-3), seed=2) as terminal:
        board = host(terminal)
        board.program(case.contents)
        assert np.array_equal(board.run(case.images).classes, case.classes)
        assert board.connection.counts.resent > 0
        board.close()


def test_a_board_that_is_absent_or_busy_is_told_in_one_line(terminal: PseudoTerminal, tmp_path: Path) -> None:
    with pytest.raises(LineLost, match=r"nothing-here: there is no such port: plug the board in, and look for it with"):
        SerialPort(str(tmp_path / "nothing-here"), 115_200).open()
    first = SerialPort(str(terminal.port), 115_200)
    first.open()
    with pytest.raises(LineLost, match=r"port: another program has this port: close it first$"):
        SerialPort(str(terminal.port), 115_200).open()
    first.close()
