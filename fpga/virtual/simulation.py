# SPDX-License-Identifier: BSD-3-Clause
"""A board in the simulator: bytes in, bytes out, with a clock of its own."""

from __future__ import annotations

import ctypes
import weakref
from ctypes import byref, c_size_t, create_string_buffer
from pathlib import Path

from .library import load_board

__all__ = ["CLOCK_HZ", "SimulatedBoard"]

#: What its cycles are counted as, where nothing else is said.
CLOCK_HZ = 24_000_000
_ROOM = 1 << 16


class SimulatedBoard:
    """One board. The same bytes in the same cycles give the same bytes.

    Parameters
    ----------
    library : Path
        From :func:`~spintile.fpga.virtual.library.build_board`.
    gap : int
        Cycles from byte to byte, where they pass beside the serial line: at least 9, which the receiver needs.
    wait : bool
        Whether a frame waits for a free buffer, which no serial line could: without it the host must not be faster than
        the board.
    """

    def __init__(self, library: Path, *, gap: int = 10, wait: bool = True) -> None:
        if gap < 9:
            raise ValueError(f"gap must be at least 9 cycles, not {gap}")
        self._functions = load_board(library)
        self._board = ctypes.c_void_p(self._functions.board_new())
        self._gap = gap
        self._wait = wait
        self._out = create_string_buffer(_ROOM)
        weakref.finalize(self, self._functions.board_delete, self._board)

    @property
    def cycles(self) -> int:
        """Cycles since it was made, its resets included."""
        return int(self._functions.board_cycles(self._board))

    def reset(self) -> None:
        """Press its button: registers and session are gone, memories stay."""
        self._functions.board_reset(self._board)

    def run(self, data: bytes, limit: int) -> tuple[int, bytes]:
        """Give it bytes, until they are taken and it has nothing left to do, or for ``limit`` cycles.

        Returns
        -------
        taken : int
            How many of them it took.
        sent : bytes
            What came back meanwhile.
        """
        taken, got = c_size_t(), c_size_t()
        self._functions.board_run(
            self._board,
            data,
            len(data),
            byref(taken),
            self._out,
            _ROOM,
            byref(got),
            limit,
            self._gap,
            int(self._wait),
        )
        return taken.value, ctypes.string_at(self._out, got.value)
