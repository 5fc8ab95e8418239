# SPDX-License-Identifier: BSD-3-Clause
"""A serial port as a line to a board."""

from __future__ import annotations

import contextlib
import errno
import time

import serial

from .errors import LineLost

__all__ = ["SerialPort"]


class SerialPort:
    """A port of the operating system, taken for itself alone.

    Parameters
    ----------
    path : str
        Its name: a device file, or ``COM3``.
    baud : int
        Bits a second.
    """

    def __init__(self, path: str, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Open it, or open it again.

        Raises
        ------
        LineLost
            If it is not there, or busy, or may not be opened; says what to do.
        """
        self.close()
        try:
            self._port = serial.Serial(self._path, self._baud, timeout=0, write_timeout=5, exclusive=True)
            self._port.reset_input_buffer()
        except (OSError, ValueError) as error:
            self.close()
            raise LineLost(f"{self._path}: {_advice(error)}") from None

    def close(self) -> None:
        """Close it; nothing if it is not open."""
        if self._port is not None:
            with contextlib.suppress(OSError):
                self._port.close()
            self._port = None

    def write(self, data: bytes) -> None:
        """Send bytes; LineLost if the port is gone."""
        try:
            self._opened().write(data)
        except OSError as error:
            raise self._lost(error) from None

    def read(self, timeout: float) -> bytes:
        """Bytes that have come; LineLost if the port is gone."""
        port = self._opened()
        try:
            port.timeout = timeout
            first: bytes = port.read(1)
            return first + port.read(port.in_waiting) if first else b""
        except (OSError, TypeError) as error:  # pyserial meets its own closed file as TypeError
            raise self._lost(error) from None

    def now(self) -> float:
        """The computer's own clock."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def _opened(self) -> serial.Serial:
        if self._port is None:
            raise LineLost(f"{self._path}: the port must be open")
        return self._port

    def _lost(self, error: Exception) -> LineLost:
        self.close()
        return LineLost(f"{self._path}: the board is gone ({' '.join(str(error).split())}): is it still plugged in?")


def _advice(error: Exception) -> str:
    """What is wrong with a port that does not open, and what to do."""
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return "there is no such port: plug the board in, and look for it with  python -m serial.tools.list_ports"
    if number == errno.EACCES:
        return "you may not open this port: add yourself to its group (often dialout) and log in again"
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        return "another program has this port: close it first"
    return f"the port cannot be opened ({' '.join(str(error).split())})"
