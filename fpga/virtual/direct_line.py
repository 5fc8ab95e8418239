# SPDX-License-Identifier: BSD-3-Clause
"""A line straight to a simulated board, by the board's own clock: every run of the same seed is the same."""

from __future__ import annotations

from collections import deque

from ..host.errors import LineLost
from .line import FaultyLine, LineFaults
from .simulation import CLOCK_HZ, SimulatedBoard

__all__ = ["DirectLine"]


class _Way:
    """Bytes on their way in one direction, each piece with the time at which it comes out."""

    def __init__(self, faults: LineFaults, seed: int) -> None:
        self.line = FaultyLine(faults, seed)
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._free = 0.0

    def send(self, data: bytes, now: float) -> None:
        self._free = max(self._free, now)
        for late, piece in self.line.pass_on(data):
            self._free += late
            if piece:
                self._pieces.append((self._free, piece))

    def due(self, now: float) -> bytes:
        found = b""
        while self._pieces and self._pieces[0][0] <= now:
            found += self._pieces.popleft()[1]
        return found

    def put_back(self, data: bytes, now: float) -> None:
        if data:
            self._pieces.appendleft((now, data))

    @property
    def next(self) -> float:
        return self._pieces[0][0] if self._pieces else float("inf")

    def clear(self) -> None:
        self._pieces.clear()
        self._free = 0.0


class DirectLine:
    """A transport. Time passes while the host waits, and at no other time; idle cycles are skipped.

    Parameters
    ----------
    board : SimulatedBoard
        The board, which the line now has for itself.
    faults : LineFaults, optional
        Of both directions; none unless given.
    seed : int
        Of the faults.
    clock_hz : int
        What the board's cycles are counted as.
    """

    def __init__(
        self, board: SimulatedBoard, faults: LineFaults | None = None, seed: int = 0, clock_hz: int = CLOCK_HZ
    ) -> None:
        chosen = faults or LineFaults()
        self.board = board
        self.down, self.up = _Way(chosen, 2 * seed), _Way(chosen, 2 * seed + 1)
        self._clock_hz = clock_hz
        self._skipped = 0.0
        self._open = False
        self._plugged_at = 0.0

    def open(self) -> None:
        """Find the board; LineLost while it is unplugged."""
        if self.now() < self._plugged_at:
            raise LineLost("board must be plugged in")
        self._open = True
        self.up.clear()

    def close(self) -> None:
        """Let go of it."""
        self._open = False

    def unplug(self, seconds: float, *, power: bool) -> None:
        """Pull the cable, for so long; what is on the way is lost. Without power the board begins anew."""
        self._open = False
        self._plugged_at = self.now() + seconds
        self.down.clear()
        self.up.clear()
        if power:
            self.board.reset()

    def write(self, data: bytes) -> None:
        """Send bytes; LineLost if the line is not open."""
        self._check()
        self.down.send(data, self.now())

    def read(self, timeout: float) -> bytes:
        """Bytes that come while the board works, or while ``timeout`` seconds pass; LineLost if it is not open."""
        self._check()
        deadline = self.now() + timeout
        data = b""
        while True:
            data += self.down.due(self.now())
            left = max(1, round((min(deadline, self.down.next) - self.now()) * self._clock_hz))
            taken, sent = self.board.run(data, left)
            data = data[taken:]
            if sent:
                self.up.send(sent, self.now())
            found = self.up.due(self.now())
            if found:
                # What the board has not taken yet comes to it with the next call.
                self.down.put_back(data, self.now())
                return found
            if not data and not sent:
                self._skip_to(min(deadline, self.down.next, self.up.next))
            if self.now() >= deadline:
                self.down.put_back(data, self.now())
                return self.up.due(self.now())

    def now(self) -> float:
        """Seconds of the board's clock, skipped ones included."""
        return self._skipped + self.board.cycles / self._clock_hz

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self._skipped += seconds

    def _skip_to(self, moment: float) -> None:
        self._skipped += max(0.0, moment - self.now())

    def _check(self) -> None:
        if not self._open:
            raise LineLost("the cable is out")
