# SPDX-License-Identifier: BSD-3-Clause
"""What can go wrong with a board, each said in one line."""

from __future__ import annotations

__all__ = ["BoardError", "BoardRestarted", "LineLost", "NoAnswer", "RequestFailed", "WrongBoard"]


class BoardError(RuntimeError):
    """Something about a board; the message is one line."""


class LineLost(BoardError):
    """The line is not there, or no longer."""


class NoAnswer(BoardError):
    """Nothing sound came back, however often it was asked for."""


class BoardRestarted(BoardError):
    """The board is in another session: it was reset, or another host has it. What it holds is not known."""


class RequestFailed(BoardError):
    """The board performed a request and says that it could not."""


class WrongBoard(BoardError):
    """The board is not what the host was made for: another version, another chip."""
