# SPDX-License-Identifier: BSD-3-Clause
"""What carries bytes between host and board."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Transport"]


class Transport(Protocol):
    """A line to a board; may be opened again after it was lost. Every method but ``close`` may raise LineLost."""

    def open(self) -> None:
        """Find the board and clear what was on the way."""

    def close(self) -> None:
        """Let go of it; nothing if it was not open."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self, timeout: float) -> bytes:
        """Bytes that have come, at least one unless ``timeout`` seconds pass without any."""

    def now(self) -> float:
        """Seconds on the clock that timeouts are counted by."""

    def pause(self, seconds: float) -> None:
        """Wait."""
