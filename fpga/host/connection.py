# SPDX-License-Identifier: BSD-3-Clause
"""A session with a board: requests in order, each performed exactly once, however faulty the line."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..link.protocol import ANSWER, LINK_VERSION, REQUEST_BYTES, SEQUENCES, Frame, FrameDecoder, Kind, Status, encode
from .errors import BoardRestarted, NoAnswer, RequestFailed, WrongBoard
from .transport import Transport

__all__ = ["Connection", "LinkCounts", "Request"]

_SESSIONS = 1 << 16
#: Payloads grow shorter on a bad line, down to this, and longer again after so many answers without a loss.
_SHORTEST, _CALM = 32, 16
#: Each silence in a row may last twice as long as the one before, so many times: on a slow line copies would pile up.
_LONGEST = 4
#: A request whose frames come damaged, one after the other, is sent so many times more often than into silence.
_STUBBORN = 50


@dataclass(frozen=True)
class Request:
    """What is asked of a board.

    Parameters
    ----------
    kind : Kind
    payload : bytes
    what : str
        For error messages.
    """

    kind: Kind
    payload: bytes = b""
    what: str = ""


@dataclass
class LinkCounts:
    """What a connection has done since it was made.

    Attributes
    ----------
    sent, resent : int
        Frames sent, and how many of them were sent before.
    received, damaged, ignored : int
        Sound frames that came, damaged ones, and sound ones that answered nothing that was asked.
    rejects, timeouts : int
        How often the board asked for a frame again, and how often nothing came.
    """

    sent: int = 0
    resent: int = 0
    received: int = 0
    damaged: int = 0
    ignored: int = 0
    rejects: int = 0
    timeouts: int = 0


@dataclass
class _Pending:
    """A request that has no answer yet, or whose answer must wait for one before it."""

    request: Request
    frame: Frame
    sent: bool = False
    times: int = 0
    answer: bytes | None = None

    @property
    def under_way(self) -> bool:
        return self.sent and self.answer is None


class Connection:
    """The host's end of the link.

    As long as all goes well, a window of requests is under way. When the board says that it did not take one, or
    nothing comes, the first that has no answer is sent alone, and with every answer twice as many again.

    Parameters
    ----------
    transport : Transport
        The line.
    timeout : float
        Seconds of silence after which unanswered requests are sent again.
    retries : int
        How often in a row that is done, nothing at all coming back, before the board is given up.
    session : int, optional
        Number of the first session, 1 to 65535; drawn unless given.
    """

    def __init__(
        self, transport: Transport, *, timeout: float = 0.3, retries: int = 10, session: int | None = None
    ) -> None:
        self.counts = LinkCounts()
        self._transport = transport
        self._timeout = timeout
        self._retries = retries
        self._session = secrets.randbelow(_SESSIONS - 1) + 1 if session is None else session
        self._next = 0
        self._window = self._flight = 1
        self._greeting = False
        self._decoder = FrameDecoder()
        self._limit, self._calm = REQUEST_BYTES, 0

    def limit(self) -> int:
        """Most bytes that the next payload should have: fewer, the worse the line is."""
        return self._limit

    def connect(self) -> None:
        """Begin a session: the board resets its chip and forgets every session before.

        Raises
        ------
        LineLost, NoAnswer
            If there is no board, or it does not answer.
        WrongBoard
            If it speaks another version of the link.
        """
        self._transport.open()
        self._session = self._session % (_SESSIONS - 1) + 1
        self._next = 0
        self._window = self._flight = 1
        self._decoder = FrameDecoder()
        self._greeting = True
        (answer,) = self.exchange([Request(Kind.HELLO, what="HELLO")])
        self._greeting = False
        if len(answer) < 4 or answer[0] != LINK_VERSION:
            raise WrongBoard(
                f"board must speak version {LINK_VERSION} of the link, not {answer[0] if answer else 'none'}: build "
                "its bitstream with this version of spintile (spintile fpga build)"
            )
        self._window = answer[1]

    def close(self) -> None:
        """Let go of the line; the board keeps its session."""
        self._transport.close()

    def exchange(self, requests: Iterable[Request]) -> Iterator[bytes]:
        """Send requests, several at a time, and give their answers in order.

        Yields
        ------
        bytes
            Data of an answer, without its status.

        Raises
        ------
        LineLost, NoAnswer, BoardRestarted
            After which only ``connect`` is of use: what is under way is lost, performed or not.
        RequestFailed
            If the board says that it could not. Requests after it may have been performed, or lost: where there were
            some, only ``connect`` is of use.
        """
        waiting = iter(requests)
        pending: deque[_Pending] = deque()
        silent_since, silences, more = self._transport.now(), 0, True
        while True:
            while more and len(pending) < self._window:
                request = next(waiting, None)
                if request is None:
                    more = False
                    break
                pending.append(self._number(request))
            if not pending:
                return
            if self._send(pending):
                silent_since = max(silent_since, self._transport.now())
            patience = self._timeout * (1 << min(silences, _LONGEST))
            data = self._transport.read(max(0.0, silent_since + patience - self._transport.now()))
            frames, harmed = self._decode(data)
            trouble = False
            for frame in frames:
                if frame.kind == ANSWER | Kind.REJECT:
                    trouble |= self._rejected(frame, pending)
                    silences = 0
                elif self._answered(frame, pending):
                    silent_since, silences = self._transport.now(), 0
            # An answer that came damaged, or is missing while a later one is there: its request is asked once more.
            if harmed or (pending[0].under_way and any(each.answer is not None for each in pending)):
                pending[0].sent &= pending[0].answer is not None
            while pending and pending[0].answer is not None:
                done = pending.popleft()
                assert done.answer is not None
                yield self._checked(done.request, done.answer)
                self._flight = min(self._window, 2 * self._flight)
            if not trouble and self._transport.now() - silent_since >= patience:
                self.counts.timeouts += 1
                silences += 1
                silent_since, trouble = self._transport.now(), True
            if trouble and pending:
                self._step_back(pending, silences)

    def ask(self, request: Request) -> bytes:
        """One request and its answer; errors of ``exchange``."""
        (answer,) = self.exchange([request])
        return answer

    def _number(self, request: Request) -> _Pending:
        frame = Frame(request.kind, self._next, self._session, request.payload)
        self._next = (self._next + 1) % SEQUENCES
        return _Pending(request, frame)

    def _send(self, pending: Iterable[_Pending]) -> bool:
        """What may go out now, in order; whether there was anything."""
        flying = sum(each.under_way for each in pending)
        any_sent = False
        for each in pending:
            if each.sent or each.answer is not None:
                continue
            if flying >= self._flight:
                break
            self.counts.sent += 1
            self.counts.resent += each.times > 0
            each.sent, each.times = True, each.times + 1
            flying += 1
            self._transport.write(encode(each.frame))
            any_sent = True
        return any_sent

    def _step_back(self, pending: deque[_Pending], silences: int) -> None:
        """Go on with the first request that has no answer, alone: the board takes nothing before it."""
        first = pending[0]
        if silences > self._retries or first.times > self._retries * _STUBBORN:
            what = first.request.what or first.request.kind.name
            raise NoAnswer(f"board does not answer {what}, asked {first.times} times: is it the right port, and on?")
        for each in pending:
            each.sent = False
        self._flight = 1
        self._limit, self._calm = max(_SHORTEST, self._limit // 2), 0

    def _decode(self, data: bytes) -> tuple[list[Frame], bool]:
        """Sound frames, and whether there were damaged ones."""
        before = self._decoder.damaged
        frames = self._decoder.feed(data)
        harmed = self._decoder.damaged - before
        self.counts.received += len(frames)
        self.counts.damaged += harmed
        return frames, harmed > 0

    def _rejected(self, frame: Frame, pending: Iterable[_Pending]) -> bool:
        """Whether something under way was not taken; BoardRestarted if the board has lost the session."""
        if frame.session != self._session:
            if self._greeting:  # said before HELLO came
                self.counts.ignored += 1
                return False
            raise BoardRestarted("board was reset, or another program took it: everything must be loaded again")
        flying = sum(each.under_way for each in pending)
        # With a single request under way, one that came out of turn was sent before it.
        if not flying or (flying == 1 and frame.payload[:1] == bytes((Status.OUT_OF_TURN,))):
            self.counts.ignored += 1
            return False
        self.counts.rejects += 1
        return True

    def _answered(self, frame: Frame, pending: Iterable[_Pending]) -> bool:
        """Keep an answer that was waited for."""
        for each in pending:
            if (
                frame.session == self._session
                and frame.sequence == each.frame.sequence
                and frame.kind == ANSWER | each.frame.kind
                and each.answer is None
                and frame.payload
            ):
                each.answer = frame.payload
                self._calm += 1
                if self._calm == _CALM:
                    self._limit, self._calm = min(REQUEST_BYTES, 2 * self._limit), 0
                return True
        self.counts.ignored += 1
        return False

    def _checked(self, request: Request, answer: bytes) -> bytes:
        if answer[0] != Status.OK:
            status = Status(answer[0]).name if answer[0] in list(Status) else str(answer[0])
            raise RequestFailed(f"board answers {request.what or request.kind.name} with {status}")
        return answer[1:]
