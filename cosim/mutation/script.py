# SPDX-License-Identifier: BSD-3-Clause
"""What the C++ bench does, as text: register accesses by name, images, waits, and the dies at the pins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.rtl.registers import register_map

from ..job import BenchJob
from ..loading import program_writes

__all__ = ["Cells", "Script"]


@dataclass(frozen=True, eq=False)
class Cells:
    """A die at the pins, whose cells change state by pulses.

    Parameters
    ----------
    p, ap : int array (kernels, rows, cols)
        What a driven cell adds to its column in each state [LSB/2^F].
    need_p, need_ap : int array (kernels, rows, cols)
        Lowest code of the write DAC that switches a cell to P, to AP.
    offset, low, high : int array (kernels, cols)
        Offset and rails of the columns [LSB/2^F].
    state : bool array (kernels, rows, cols)
        Initial states, True is P.
    """

    p: NDArray[np.integer]
    ap: NDArray[np.integer]
    need_p: NDArray[np.integer]
    need_ap: NDArray[np.integer]
    offset: NDArray[np.integer]
    low: NDArray[np.integer]
    high: NDArray[np.integer]
    state: NDArray[np.bool_]


class Script:
    """Operations of the bench, one after the other.

    Parameters
    ----------
    geometry : Geometry
        The chip's.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.map = register_map(geometry)
        self._lines: list[str] = []
        self._dies = 0

    @property
    def last_die(self) -> int:
        """Number of the die that was given last."""
        return self._dies - 1

    @property
    def text(self) -> str:
        """What the bench reads."""
        return "\n".join(self._lines) + "\n"

    def do(self, name: str, *arguments: int) -> None:
        """An operation of the bench by its name."""
        self._lines.append(" ".join([name, str(len(arguments)), *map(str, arguments)]))

    def die(self, cells: Cells) -> int:
        """Give the bench a die; returns its number for ``do("die", number)``."""
        parts = (cells.p, cells.ap, cells.need_p, cells.need_ap, cells.offset, cells.low, cells.high, cells.state)
        words, before = [], None
        for part in parts:
            numbers = np.asarray(part, np.int64).ravel()
            if before is not None and np.array_equal(numbers, before):
                words.append("0")
            elif (numbers == numbers[0]).all():
                words.append(f"1 {numbers[0]}")
            else:
                words.append(" ".join(map(str, [len(numbers), *numbers.tolist()])))
            before = numbers
        self._lines.append(f"cells 0 {' '.join(words)}")
        self._dies += 1
        return self._dies - 1

    def write(self, name: str, *words: int, index: int = 0) -> None:
        """Write consecutive words of a register or window."""
        address = self.map.address(name, index)
        for place, word in enumerate(words):
            self.do("write", address + 4 * place, int(word) & 0xFFFFFFFF, 0xF)

    def fields(self, register: str, index: int = 0, **values: int) -> None:
        """Write a register with these fields as given and the others 0."""
        table = {field.name: field for field in self.map.register(register).fields}
        self.write(register, sum(int(value) << table[name].low for name, value in values.items()), index=index)

    def read(self, *names: str) -> None:
        """Read registers: value and response are events."""
        for name in names:
            self.do("read", self.map.address(name))

    def until(self, register: str, field: str, value: int) -> None:
        """Poll a register until a field has a value."""
        found = next(entry for entry in self.map.register(register).fields if entry.name == field)
        self.do("poll", self.map.address(register), found.mask, value << found.low)

    def control(self, *names: str) -> None:
        """Write CONTROL with these fields set and the others clear."""
        self.fields("CONTROL", **dict.fromkeys(names, 1))

    def images(self, stream: Iterable[Sequence[int]]) -> None:
        """Queue images, words of the stream for each."""
        for words in stream:
            self.do("image", *map(int, words))

    def load(self, job: BenchJob) -> None:
        """Program and settings of an inference job, with its first die's offset registers and flags."""
        for entry in program_writes(job.program, job.image, job.repair, job.settle, job.geometry):
            self.write(entry.name, *entry.words, index=entry.index)
        self.do("settle", job.settle)
