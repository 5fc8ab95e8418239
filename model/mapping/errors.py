# SPDX-License-Identifier: BSD-3-Clause
"""What mapping raises."""

from __future__ import annotations


class DoesNotFit(ValueError):
    """The network does not fit the chip; the message says what is too small and by how much."""


class ProgramError(ValueError):
    """A program that the sequencer would stop at; the message names layer and instruction."""
