# SPDX-License-Identifier: BSD-3-Clause
"""The contract of a read in plain integers, dies for it, and one die worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from spintile.model.geometry import Geometry

__all__ = ["BY_HAND", "BY_HAND_DIE", "BY_HAND_READS", "PlainDie", "random_die"]


@dataclass(frozen=True)
class PlainDie:
    """One die image: ``q[kernel][row][column]``, and O, lo, hi as ``[kernel][column]``."""

    geometry: Geometry
    q: list[list[list[int]]]
    offset: list[list[int]]
    lo: list[list[int]]
    hi: list[list[int]]

    def sums(self, kernel: int, rows: int) -> list[int]:
        """S of every column, as DESIGN.md 5 writes it."""
        found = []
        for column in range(self.geometry.cols):
            total = self.offset[kernel][column]
            for row in range(self.geometry.rows):
                total += self.q[kernel][row][column] if rows >> row & 1 else 0
            found.append(min(max(total, self.lo[kernel][column]), self.hi[kernel][column]))
        return found

    def slots(self) -> list[list[list[int]]]:
        """What is loaded: rows, then O, lo and hi with half a code."""
        half = 1 << (self.geometry.fraction_bits - 1)
        return [
            [*self.q[k], *([value + half for value in side[k]] for side in (self.offset, self.lo, self.hi))]
            for k in range(self.geometry.kernels)
        ]

    def stream(self) -> Iterator[int]:
        """The same as words of the stream."""
        for slots in self.slots():
            for columns in slots:
                yield from (entry & 0xFFFF_FFFF for entry in columns)


#: Two bits, F = 2: a code is four steps, half a code two. Three columns: the last one has no partner.
BY_HAND = Geometry(name="by hand", rows=3, cols=3, kernels=2, adc_bits=2, fraction_bits=2)
BY_HAND_DIE = PlainDie(
    BY_HAND,
    q=[[[0, 0, 0]] * 3, [[5, -3, 4], [9, 2, 0], [-6, 7, 1]]],
    offset=[[0, 0, 0], [1, 0, -2]],
    lo=[[-9, -9, -9], [-4, -4, -4]],
    hi=[[12, 12, 12], [10, 12, 12]],
)
#: Kernel, rows, then by hand: sums, codes of two bits, codes of one bit.
#: Rows 0 and 1 of kernel 1: 1 + 5 + 9 = 15, held by its rail at 10; 0 - 3 + 2 = -1; -2 + 4 + 0 = 2.
#: Half a code more is 12, 1, 4: codes 3, 0, 1. The first column is larger than the second.
BY_HAND_READS = [
    (1, 0b011, [10, -1, 2], [3, 0, 1], [1, 0, 0]),
    (1, 0b000, [1, 0, -2], [0, 0, 0], [1, 0, 0]),
    # 1 - 6 = -5, held at -4; 0 + 7; -2 + 1. Half a code more: -2, 9, 1.
    (1, 0b100, [-4, 7, -1], [0, 2, 0], [0, 1, 0]),
    # 1 + 5 + 9 - 6 = 9; 0 - 3 + 2 + 7 = 6; -2 + 4 + 0 + 1 = 3.
    (1, 0b111, [9, 6, 3], [2, 2, 1], [1, 0, 0]),
    # Nothing at all: equal columns, and a tie is plus.
    (0, 0b101, [0, 0, 0], [0, 0, 0], [1, 0, 0]),
]


def random_die(geometry: Geometry, seed: int) -> PlainDie:
    """Entries of every size that fits, rails that often decide."""
    chance = random.Random(seed)
    top = 1 << (geometry.adc_bits + geometry.fraction_bits + 3)
    half = 1 << (geometry.fraction_bits - 1)
    code = 1 << geometry.fraction_bits

    def entry() -> int:
        size = chance.choice((1, code, code << geometry.adc_bits, top))
        return max(-top, min(top - 1, chance.randrange(-size, size)))

    def shifted() -> int:
        return max(-top, min(top - 1, entry())) - half

    def columns(side: int) -> list[list[int]]:
        values = [[shifted() for _ in range(geometry.cols)] for _ in range(geometry.kernels)]
        if side:
            values = [[max(-top, min(top - 1, side * abs(v) + half)) - half for v in line] for line in values]
        return values

    return PlainDie(
        geometry,
        q=[[[entry() for _ in range(geometry.cols)] for _ in range(geometry.rows)] for _ in range(geometry.kernels)],
        offset=columns(0),
        lo=columns(-1),
        hi=columns(1),
    )
