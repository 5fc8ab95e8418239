# SPDX-License-Identifier: BSD-3-Clause
"""Boards: which FPGA, which chip fits it, and what of amaranth-boards it is."""

from __future__ import annotations

from .board import Board
from .icebreaker import ICEBREAKER
from .top import BoardTop
from .ulx3s import ULX3S

__all__ = ["BOARDS", "Board", "BoardTop", "board"]

#: By name. Another board is one more file, and a word here.
BOARDS: dict[str, Board] = {known.name: known for known in (ICEBREAKER, ULX3S)}


def board(name: str) -> Board:
    """The board of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists the boards.
    """
    try:
        return BOARDS[name]
    except KeyError:
        raise ValueError(f"board must be one of {', '.join(sorted(BOARDS))}, not {name!r}") from None
