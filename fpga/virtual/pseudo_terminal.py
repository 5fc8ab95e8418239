# SPDX-License-Identifier: BSD-3-Clause
"""A simulated board behind a pseudo-terminal: any program that opens a serial port can talk to it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty
from pathlib import Path

from .line import FaultyLine, LineFaults
from .simulation import SimulatedBoard

__all__ = ["PseudoTerminal"]

#: Cycles that are simulated before bytes are looked for again.
_SLICE = 20_000
#: Seconds for which nothing is looked for while nothing comes.
_REST = 0.02


class PseudoTerminal:
    """Plays a board in a thread of its own, as fast as it can be simulated.

    The port's name stays the same when the cable is pulled and put back: it is a link to whatever terminal the system
    gives.

    Parameters
    ----------
    board : SimulatedBoard
        The board, which the thread now has for itself.
    link : Path
        Where the port's name is put; its folder must exist.
    faults : LineFaults, optional
        Of both directions; none unless given. Bytes are late by real time.
    seed : int
        Of the faults.
    """

    def __init__(self, board: SimulatedBoard, link: Path, faults: LineFaults | None = None, seed: int = 0) -> None:
        self.port = link
        self._board = board
        self._down = FaultyLine(faults or LineFaults(), 2 * seed)
        self._up = FaultyLine(faults or LineFaults(), 2 * seed + 1)
        self._master = -1
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._play, name="virtual board", daemon=True)
        self.plug_in()
        self._thread.start()

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the thread and take the port away."""
        self._ends.set()
        self._thread.join()
        self.unplug(power=False)

    def reset(self) -> None:
        """Press the board's button."""
        with self._lock:
            self._board.reset()

    def unplug(self, *, power: bool) -> None:
        """Pull the cable: the port is gone. With ``power`` from the cable, the board begins anew."""
        with self._lock:
            if self._master >= 0:
                os.close(self._master)
                self._master = -1
                self.port.unlink(missing_ok=True)
            if power:
                self._board.reset()

    def plug_in(self) -> None:
        """Put the cable back: there is a port of the same name."""
        with self._lock:
            if self._master >= 0:
                return
            self._master, slave = pty.openpty()
            tty.setraw(slave)
            # Closing our end of the slave lets reads fail until a program opens it: that is no end of the board.
            name = os.ttyname(slave)
            os.close(slave)
            os.set_blocking(self._master, False)
            self.port.unlink(missing_ok=True)
            self.port.symlink_to(name)

    def _play(self) -> None:
        waiting = b""
        while not self._ends.is_set():
            with self._lock:
                came = self._receive()
                for late, piece in self._down.pass_on(came) if came else ():
                    time.sleep(late)
                    waiting += piece
                taken, sent = self._board.run(waiting, _SLICE)
                waiting = waiting[taken:]
                for late, piece in self._up.pass_on(sent) if sent else ():
                    time.sleep(late)
                    self._give(piece)
            if not came and not sent and not waiting:
                self._rest()

    def _rest(self) -> None:
        master = self._master
        if master < 0:
            time.sleep(_REST)
            return
        with contextlib.suppress(OSError, ValueError):
            _, _, gone = select.select([master], [], [master], _REST)
            # With no program at the other end a read fails at once.
            if gone or not self._opened():
                time.sleep(_REST)

    def _opened(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _receive(self) -> bytes:
        if self._master < 0:
            return b""
        try:
            return os.read(self._master, 4096)
        except OSError:  # nothing there, or nobody at the other end
            return b""

    def _give(self, data: bytes) -> None:
        """What nobody takes is lost, as on a real line."""
        while data and self._master >= 0:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                if not self._opened():
                    return
                time.sleep(0.001)
            except OSError:
                return
