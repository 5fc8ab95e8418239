# SPDX-License-Identifier: BSD-3-Clause
"""The page in a browser: a digit is drawn with the mouse or keys, and what the board said is read from the screen."""

from __future__ import annotations

import contextlib
from pathlib import Path

from chromium import Page, chromium_or_skip, opened
from demo_cases import FAULTY_CLASS, faulty, playing, subject
from spintile.cli.flows.fpga_demo.activity import Activity, golden_activity
from spintile.cli.flows.fpga_demo.pictures import drawn_picture
from spintile.cli.flows.fpga_demo.server import serving

SEVEN = [(0.25, 0.2), (0.5, 0.19), (0.74, 0.2), (0.65, 0.4), (0.55, 0.6), (0.45, 0.85)]
ANSWERED = "!document.body.classList.contains('waiting')"


def expected(page: Page, die: int = 0) -> Activity:
    """What the golden model says of the strokes on the page's paper."""
    return golden_activity(subject().prepared(die), drawn_picture(subject(), page.value("strokes")).inputs)


def lit(page: Page, id_: str) -> list[int]:
    """Cells of a grid, as they are shown."""
    return [int(value) for value in page.value(f"[...document.getElementById('{id_}').children].map(cell => "
                                               "cell.style.getPropertyValue('--v'))")]  # fmt: skip


def check_answer(page: Page, die: int = 0) -> None:
    """What is shown is the golden model's answer to what is drawn."""
    wanted = expected(page, die)
    picture = drawn_picture(subject(), page.value("strokes"))
    assert page.text("class") == str(wanted.class_)
    assert page.text("verdict") == "As the golden model, bit for bit."
    assert lit(page, "input") == picture.values.ravel().tolist()
    assert lit(page, "layer-0") == wanted.layers[0].values.ravel().tolist()
    shown = [page.text(f"score-{class_}").replace("−", "-") for class_ in range(10)]
    assert [int(score) for score in shown] == wanted.scores.tolist()


def test_a_digit_drawn_by_hand_is_answered(tmp_path: Path) -> None:
    chromium_or_skip()
    with (
        playing(tmp_path) as (session, terminal),
        session.watched(every=0.1),
        serving(session, "a simulated board", 0, 4) as server,
        opened(server.url, tmp_path / "profile") as page,
    ):
        # It begins with a test image.
        page.until("document.getElementById('verdict').textContent.includes('Test image 4 is a ')")
        assert page.text("link") == "board ready"
        page.stroke("paper", SEVEN)
        page.until(f"strokes.length === 1 && {ANSWERED}")
        assert len(page.value("strokes[0]")) == len(SEVEN)
        check_answer(page)
        # A second stroke is part of the same digit.
        page.stroke("paper", [(0.35, 0.5), (0.7, 0.5)])
        page.until(f"strokes.length === 2 && {ANSWERED}")
        check_answer(page)
        # Keys alone.
        page.click("clear")
        assert page.value("strokes.length") == 0
        page.value("paper.focus()")
        page.key(" ")
        for _ in range(5):
            page.key("ArrowDown")
        page.key("ArrowLeft", shift=True)
        page.key(" ")
        page.until(f"strokes.length === 1 && !pen.down && {ANSWERED}")
        assert len(page.value("strokes[0]")) == 7
        check_answer(page)
        # Another die, and the same digit again.
        page.value("(byId('die').value = '1', byId('die').dispatchEvent(new Event('change')))")
        page.until("document.getElementById('map').innerHTML.includes('die 1 with its defects')")
        page.until(f"link === 'ready' && {ANSWERED}")
        assert page.text("count-short") == str(int((subject().die(1).defect == 1).sum()))
        check_answer(page, die=1)
        # Many digits at once.
        page.click("measure")
        page.until("document.getElementById('measured').textContent.includes('0 not as the golden model')")
        # The cable is pulled, and put back.
        terminal.unplug(power=True)
        page.until("document.getElementById('link').textContent === 'no board'")
        page.until("document.getElementById('message').textContent.includes('no such port: plug the board in')")
        page.stroke("paper", SEVEN)
        page.until("document.getElementById('verdict').textContent.startsWith('No answer: ')")
        assert page.text("class") == "–"
        terminal.plug_in()
        page.until("document.getElementById('link').textContent === 'board ready'")
        page.until(f"document.getElementById('class').textContent !== '–' && {ANSWERED}")
        check_answer(page, die=1)
        assert page.text("wrong") == "0"
        # A telephone's width: nothing sticks out.
        page.resize(390, 844)
        assert page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        assert page.errors == []


def test_a_board_that_lies_is_shown_as_wrong(tmp_path: Path) -> None:
    chromium_or_skip()
    with (
        playing(tmp_path, faulty()) as (session, _),
        serving(session, "a board", 0, 0) as server,
        opened(server.url, tmp_path / "profile", dark=True) as page,
    ):
        page.stroke("paper", SEVEN)
        page.until(f"strokes.length === 1 && {ANSWERED}")
        wanted = expected(page)
        assert wanted.class_ != FAULTY_CLASS
        assert page.text("class") == str(FAULTY_CLASS)
        assert page.text("verdict") == f"The golden model says {wanted.class_}: the board is wrong."
        assert page.value("document.getElementById('class').className") == "class wrong"
        page.until("Number(document.getElementById('wrong').textContent) > 0")


def test_a_page_outlives_its_program(tmp_path: Path) -> None:
    chromium_or_skip()
    with playing(tmp_path) as (session, _), contextlib.ExitStack() as program:
        server = program.enter_context(serving(session, "a board", 0, 0))
        with opened(server.url, tmp_path / "profile") as page:
            page.until("link === 'ready'")
            program.close()
            page.until("document.getElementById('link').textContent === 'the program has ended'")
