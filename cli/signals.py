# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C and SIGTERM end a command in order: every `finally` runs, and an interrupt is never lost.

Python raises KeyboardInterrupt wherever it happens to be. In a callback of a weak reference, in `__del__` or in a
callback from C it is printed and forgotten, and the command goes on as if nothing had been asked; compressing a large
population spends seconds in such places. So the handler first looks where it is.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import weakref
from collections.abc import Iterator
from types import FrameType

_AGAIN = 0.05  # [s]


class Interrupts:
    """Whether Ctrl-C was pressed.

    Attributes
    ----------
    seen : bool
        Also where the exception was lost on its way.
    """

    def __init__(self) -> None:
        self.seen = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, or come back a moment later if it would be swallowed here."""
        self.seen = True
        if swallows(frame):
            later = threading.Timer(_AGAIN, signal.raise_signal, (number,))
            later.daemon = True
            later.start()
            return
        raise KeyboardInterrupt


def swallows(frame: FrameType | None) -> bool:
    """Whether Python would print and forget an exception that is raised here."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def orderly_end() -> Iterator[Interrupts]:
    """Handlers of SIGTERM, as `timeout` sends it, and of Ctrl-C, for as long as a command runs."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    earlier = signal.signal(signal.SIGTERM, _leave)
    # A shell's background job ignores Ctrl-C, and goes on doing so.
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if own:
        signal.signal(signal.SIGINT, interrupts.handle)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGTERM, earlier)
        if own:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
