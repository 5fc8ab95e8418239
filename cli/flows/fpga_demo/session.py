# SPDX-License-Identifier: BSD-3-Clause
"""A board that answers one digit after the other, and comes back by itself when it was away."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ...console import Progress
from ..boards import Prepared, load_contents, run_images
from .activity import Activity, golden_activity
from .pictures import Picture
from .subject import Subject

if TYPE_CHECKING:
    from spintile.fpga.host.board import Board

__all__ = ["PATIENCE", "Answer", "Session"]

_LOG = logging.getLogger(__name__)
#: A person waits for the answer: how often a silent board is asked again, and how often a session is begun anew.
PATIENCE = {"retries": 2, "attempts": 1}
#: Seconds between two looks at a board that is not asked anything.
_EVERY = 1.0

LinkName = Literal["loading", "ready", "gone"]


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of one picture.

    Parameters
    ----------
    picture : Picture
        What was asked.
    activity : Activity
        The golden model's.
    class_ : int or None
        What the board said; None if nothing came back.
    milliseconds : float
        From the first byte to the answer.
    cycles : int or None
        Cycles in which the chip was busy; None where it does not count.
    error : str
        Why nothing came back; empty if something did.
    """

    picture: Picture
    activity: Activity
    class_: int | None
    milliseconds: float
    cycles: int | None
    error: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the board said what the golden model says."""
        return self.class_ == self.activity.class_

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for pages and programs."""
        picture, activity = self.picture, self.activity
        return {
            "class": self.class_,
            "golden": activity.class_,
            "agrees": self.agrees,
            "label": picture.label,
            "index": picture.index if picture.label is not None else None,
            "scores": activity.scores.tolist(),
            "layers": [{"top": layer.top, "values": layer.values.tolist()} for layer in activity.layers],
            "input": picture.values.tolist(),
            "milliseconds": self.milliseconds,
            "cycles": self.cycles,
            "error": self.error,
        }


class Session:
    """A board with a network on one die of some.

    Every method may be called from any thread; one at a time talks to the board.

    Parameters
    ----------
    board : Board
    subject : Subject
    die : int
        Number of the die that the board is at first.
    """

    def __init__(self, board: Board, subject: Subject, die: int) -> None:
        self.subject = subject
        self._board = board
        self._lock = threading.RLock()
        self._die = die
        self._prepared = subject.prepared(die)
        self._link: LinkName = "loading"
        self._message = ""
        self._asked = self._wrong = self._returns = 0

    @property
    def die(self) -> int:
        """Number of the die that the board is."""
        return self._die

    @property
    def prepared(self) -> Prepared:
        """What is in the board."""
        return self._prepared

    def state(self) -> dict[str, Any]:
        """How the link is, and what went over it so far."""
        return {
            "link": self._link,
            "message": self._message,
            "die": self._die,
            "asked": self._asked,
            "wrong": self._wrong,
            "returns": self._returns,
        }

    def load(self, progress: Progress) -> None:
        """Load network and die; errors of ``Board.program``."""
        with self._lock:
            self._link = "loading"
            load_contents(self._board, self._prepared, progress)
            self._here()

    def ask(self, picture: Picture) -> Answer:
        """Send one picture; what nobody answers is in the answer's ``error``."""
        with self._lock:
            prepared = self._prepared
            answers = self._board.run(picture.inputs[np.newaxis], first_index=picture.index)
            lost = answers.lost > 0
            if lost:
                self._gone(answers.error)
            else:
                self._returns += answers.restarts
                self._here()
            cycles = None if lost else self._cycles()
            activity = golden_activity(prepared, picture.inputs)
            class_ = None if lost else int(answers.classes[0])
            self._count(1 - lost, not lost and class_ != activity.class_)
            return Answer(picture, activity, class_, answers.seconds * 1e3, cycles, answers.error)

    def measure(self, count: int, progress: Progress) -> dict[str, Any]:
        """The first test images, as ``spintile fpga run`` sends them: rate, accuracy, and whether any is wrong."""
        from spintile.model.remapping import ordered_inputs

        network, chosen = self.subject.network, self.subject.dataset.take(test=count)
        images = ordered_inputs(network, chosen.inputs(network.input_bits)[1])
        with self._lock:
            found = run_images(self._board, self._prepared, images, chosen.test_labels, 0, progress)
            if found["lost"]:
                self._gone(found["error"])
            else:
                self._here()
            self._count(found["images"] - found["lost"], found["wrong"])
        return found

    def become(self, die: int) -> None:
        """Load another die; BadInput if there is none of that number. A board that is away gets it when it is back."""
        prepared = self.subject.prepared(die)
        with self._lock:
            self._die, self._prepared = die, prepared
            self._reload()

    def look(self) -> None:
        """See whether the board is there and still holds what it was given; if not, try to give it again."""
        if not self._lock.acquire(blocking=False):
            return  # it is being talked to
        try:
            if self._link == "ready":
                self._check()
            else:
                self._reload()
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def watched(self, every: float = _EVERY) -> Iterator[None]:
        """Look again and again, as long as the context lasts."""
        ends = threading.Event()

        def watch() -> None:
            while not ends.wait(every):
                self.look()

        thread = threading.Thread(target=watch, name="watch the board", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join()

    def _check(self) -> None:
        with self._gone_if_lost():
            self._board.read("STATUS")

    def _reload(self) -> None:
        was_away = self._link == "gone"
        if not was_away:
            self._link = "loading"
        with self._gone_if_lost():
            self._board.program(self._prepared.contents)
            self._returns += was_away
            self._here()

    @contextlib.contextmanager
    def _gone_if_lost(self) -> Iterator[None]:
        from spintile.fpga.host.errors import BoardError

        try:
            yield
        except BoardError as error:
            self._gone(str(error))

    def _here(self) -> None:
        self._link, self._message = "ready", ""

    def _gone(self, why: str) -> None:
        if self._link != "gone":
            _LOG.info("board is gone: %s", why)
        self._link, self._message = "gone", why

    def _count(self, answered: int, wrong: int) -> None:
        self._asked += int(answered)
        self._wrong += int(wrong)

    def _cycles(self) -> int | None:
        """Cycles that the chip was busy with the last image; None where it has no counters."""
        cycles = 0
        with self._gone_if_lost():
            cycles = self._board.read("CYCLES")
        return cycles or None
