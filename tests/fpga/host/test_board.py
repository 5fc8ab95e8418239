# SPDX-License-Identifier: BSD-3-Clause
"""A host loads a board and asks it: the golden answers, each once, whatever happens to the line; else a clear line."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from board_cases import FEATURES, GEOMETRY, direct, link_case
from spintile.cosim.loading import RegisterWrite
from spintile.fpga.host.board import Board
from spintile.fpga.host.contents import image_requests, write_requests
from spintile.fpga.host.errors import LineLost, NoAnswer, RequestFailed, WrongBoard
from spintile.fpga.virtual.line import LineFaults
from spintile.model.sensing import Repair


def once(happens: Callable[[], None]) -> Callable[[int, int], None]:
    """Progress of a run in which something happens after the first answers."""
    waiting = [happens]

    def progress(answered: int, total: int) -> None:
        if waiting:
            waiting.pop()()

    return progress


def test_every_answer_is_the_golden_one() -> None:
    case = link_case()
    _, board = direct()
    board.program(case.contents)
    answers = board.run(case.images)
    assert np.array_equal(answers.classes, case.classes)
    assert (answers.lost, answers.restarts, answers.error) == (0, 0, "")
    # Again, and counted from elsewhere: indices beyond 24 bits go round.
    assert np.array_equal(board.run(case.images[:20], first_index=(1 << 24) - 7).classes, case.classes[:20])
    assert board.connection.counts.resent == 0


def test_another_die_gives_other_answers() -> None:
    # Without this, equality above might be that of answers that no die has a part in.
    case = link_case()
    _, board = direct()
    die = case.contents.die.copy()
    die[:, : GEOMETRY.rows] = die[:, : GEOMETRY.rows][..., ::-1]
    board.program(dataclasses.replace(case.contents, die=die))
    assert not np.array_equal(board.run(case.images).classes, case.classes)


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_line_changes_no_answer(seed: int) -> None:
    case = link_case()
    line, board = direct(LineFaults(1e-3, 1e-3, 1e-3, 1e-4, 0.01), seed)
    board.program(case.contents)
    assert np.array_equal(board.run(case.images).classes, case.classes)
    assert sum(line.down.line.counts.values()) > 0
    assert board.connection.counts.resent > 0


def test_a_reset_in_the_middle_loads_everything_again() -> None:
    case = link_case()
    line, board = direct()
    board.program(case.contents)
    answers = board.run(case.images, progress=once(lambda: line.board.reset()))
    assert np.array_equal(answers.classes, case.classes)
    assert answers.restarts == 1


@pytest.mark.parametrize("power", [False, True])
def test_a_pulled_cable_is_waited_for(power: bool) -> None:
    case = link_case()
    line, board = direct()
    board.program(case.contents)
    answers = board.run(case.images, progress=once(lambda: line.unplug(0.005, power=power)))
    assert np.array_equal(answers.classes, case.classes)
    assert answers.restarts >= 1


def test_images_of_a_board_that_stays_away_are_lost_and_said_to_be() -> None:
    case = link_case()
    line, board = direct()
    board.program(case.contents)
    answers = board.run(case.images, progress=once(lambda: line.unplug(1e6, power=True)))
    assert 0 < answers.lost < len(case.images)
    there = answers.classes >= 0
    assert np.array_equal(answers.classes[there], case.classes[there])
    assert answers.error == "board must be plugged in"


def test_images_may_be_cut_anywhere() -> None:
    case = link_case()
    _, board = direct()
    board.program(case.contents)
    stream = case.contents.program.pack_image(case.images[:30])
    size = stream.shape[1] * GEOMETRY.word_bits // 8
    for room in (1, size - 1, size, 2 * size + 1):
        requests = list(image_requests(stream, GEOMETRY, lambda room=room: room + 2))
        assert len(requests) == {1: 30 * size, size - 1: 60, size: 30, 2 * size + 1: 15}[room]
        results = b""
        for request, count in requests:
            answer = board.connection.ask(request)
            assert len(answer) == 4 * count
            results += answer
        assert np.array_equal(np.frombuffer(results, "<u4") & 0xFF, case.classes[:30])


def test_a_chip_that_takes_no_image_is_given_up_and_can_be_asked_again() -> None:
    case = link_case()
    _, board = direct()
    board.program(case.contents)
    for request in write_requests([RegisterWrite("CONTROL", [0])], GEOMETRY, board.connection.limit):
        board.connection.ask(request)
    request, _ = next(image_requests(case.contents.program.pack_image(case.images[:4]), GEOMETRY, lambda: 240))
    with pytest.raises(RequestFailed, match=r"^board answers images with NO_PROGRESS$"):
        board.connection.ask(request)
    assert np.array_equal(board.run(case.images[:20]).classes, case.classes[:20])


def test_a_dead_line_is_told_in_one_line() -> None:
    _, board = direct(LineFaults(dropped=1.0))
    with pytest.raises(NoAnswer, match=r"^board does not answer HELLO, asked 5 times: is it the right port, and on\?$"):
        board.connect()


def test_another_geometry_is_refused() -> None:
    line, _ = direct()
    other = Board(line, GEOMETRY.replace(name="other", kernels=4), timeout=0.005)
    with pytest.raises(WrongBoard, match=r"^board must carry geometry 'other' \(0x[0-9a-f]{8}\), not 0x[0-9a-f]{8}: "):
        other.connect()
    with pytest.raises(ValueError, match=r"^contents must be for geometry 'other', not for 'icebreaker'$"):
        other.program(link_case().contents)


def test_a_network_that_needs_what_was_not_built_is_refused() -> None:
    _, board = direct()
    repair = Repair(mode="range_guard")
    contents = link_case().contents
    writes = tuple(
        dataclasses.replace(write, words=[repair.mode_code]) if write.name == "REPAIR" else write
        for write in contents.writes
    )
    assert not FEATURES.repairs
    with pytest.raises(WrongBoard, match=r"^board must be built with column repair 'range_guard' for this network"):
        board.program(dataclasses.replace(contents, writes=writes))


def test_images_must_fit_and_be_preceded_by_a_program() -> None:
    case = link_case()
    _, board = direct()
    with pytest.raises(ValueError, match=r"^board must be programmed before it runs images$"):
        board.run(case.images)
    board.program(case.contents)
    with pytest.raises(ValueError, match=r"^image values must be from 0 to 1, not 2$"):
        board.run(case.images[:2] + 2 - case.images[:2])


def test_a_line_that_is_not_open_says_so() -> None:
    line, _ = direct()
    with pytest.raises(LineLost, match=r"^the cable is out$"):
        line.write(b"x")
