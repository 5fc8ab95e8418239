# SPDX-License-Identifier: BSD-3-Clause
"""A faulty line: bytes that are lost, changed, doubled or late, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FaultyLine", "LineFaults"]

_KINDS = ("dropped", "flipped", "doubled", "delayed")


@dataclass(frozen=True)
class LineFaults:
    """How bad a line is, in each direction.

    Parameters
    ----------
    dropped, flipped, doubled, delayed : float
        Probability of each for a byte: it does not come; one to eight of its bits are another; it comes twice; it and
        all behind it come later.
    longest_delay : float
        Seconds; a delay is anything up to that.

    Raises
    ------
    ValueError
        If a probability is none, or all of them add up to more than 1.
    """

    dropped: float = 0.0
    flipped: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    longest_delay: float = 0.5

    def __post_init__(self) -> None:
        for name in _KINDS:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"line: {name} must be a probability, not {getattr(self, name)}")
        if self.total > 1:
            raise ValueError(f"line: probabilities must add up to at most 1, not {self.total}")
        if not self.longest_delay >= 0:
            raise ValueError(f"line: longest_delay must not be negative, not {self.longest_delay}")

    @property
    def total(self) -> float:
        """Probability that anything happens to a byte."""
        return sum(getattr(self, name) for name in _KINDS)


class FaultyLine:
    """One direction of a line. What it does to the n-th byte follows from the seed.

    Parameters
    ----------
    faults : LineFaults
    seed : int
    """

    def __init__(self, faults: LineFaults, seed: int) -> None:
        self.counts = dict.fromkeys(_KINDS, 0)
        self._faults = faults
        self._random = np.random.default_rng(seed)
        self._shares = np.cumsum([getattr(faults, name) for name in _KINDS])
        self._next = self._gap()

    def pass_on(self, data: bytes) -> list[tuple[float, bytes]]:
        """What comes out: pieces, each with the seconds that it comes later than the piece before."""
        pieces: list[tuple[float, bytes]] = []
        late, piece, start = 0.0, bytearray(), 0
        while start + self._next < len(data):
            at = start + self._next
            piece += data[start:at]
            byte = data[at]
            kind = _KINDS[int(np.searchsorted(self._shares, self._random.random() * self._shares[-1], side="right"))]
            self.counts[kind] += 1
            if kind == "flipped":
                piece.append(byte ^ int(self._random.integers(1, 256)))
            elif kind == "doubled":
                piece += bytes((byte, byte))
            elif kind == "delayed":
                pieces.append((late, bytes(piece)))
                late, piece = float(self._random.random() * self._faults.longest_delay), bytearray((byte,))
            start = at + 1
            self._next = self._gap()
        self._next -= len(data) - start
        piece += data[start:]
        pieces.append((late, bytes(piece)))
        return pieces

    def _gap(self) -> int:
        """Sound bytes before the next fault."""
        if self._faults.total == 0:
            return 1 << 62
        return int(self._random.geometric(self._faults.total)) - 1
