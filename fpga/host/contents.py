# SPDX-License-Identifier: BSD-3-Clause
"""What a board is loaded with, as requests: a die, a program, registers; then images."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spintile.cosim.loading import RegisterWrite, program_writes
from spintile.cosim.twin.words import die_words
from spintile.model.geometry import Geometry, Opcode, decode
from spintile.model.golden import DieImage
from spintile.model.mapping import Compiled, Program
from spintile.model.sensing import Repair
from spintile.rtl.features import Features
from spintile.rtl.registers import register_map
from spintile.rtl.tokens import RepairMode

from ..link.protocol import ANSWER_BYTES, COUNT_LIMIT, Kind
from .connection import Request

__all__ = ["Contents", "Limit", "image_requests", "write_requests"]

#: Says how many bytes the next payload may have.
Limit = Callable[[], int]
#: Two bytes before the words of DIE and IMAGES.
_ARGUMENT = 2


@dataclass(frozen=True, eq=False)
class Contents:
    """A network on a die, as integers.

    Parameters
    ----------
    geometry : Geometry
        The chip.
    program : Program
        The network's.
    writes : tuple of RegisterWrite
        Program, settings, offset registers and flags.
    die : int32 array (kernels, rows + 3, cols)
        Entries of the die.
    repair : Repair
        Column repair, as the golden model takes it.
    """

    geometry: Geometry
    program: Program
    writes: tuple[RegisterWrite, ...]
    die: NDArray[np.int32]
    repair: Repair

    @classmethod
    def of(cls, compiled: Compiled, image: DieImage, position: int = 0, repair: Repair | None = None) -> Contents:
        """What a network needs on the die at a position of a die image.

        Raises
        ------
        ValueError
            If the die does not fit its memory, or has noise.
        """
        geometry, alone = compiled.geometry, image.select([position])
        compiled.program.check_geometry(geometry)
        chosen = repair or Repair()
        writes = program_writes(compiled.program, alone, chosen, geometry.settle_cycles, geometry)
        return cls(geometry, compiled.program, tuple(writes), die_words(alone, 0, geometry), chosen)

    def lacking(self, features: Features) -> list[str]:
        """What this network needs and a chip of those features has not, in words."""
        reads = [fields for opcode, fields in map(decode, self.program.instructions.tolist()) if opcode is Opcode.READ]
        values = {write.name: write.words for write in self.writes}
        return list(
            features.lacking(
                mode=RepairMode(values["REPAIR"][0] & 3),
                replicas=any(fields["replica"] for fields in reads),
                planes=any(fields["plane"] for fields in reads),
                offsets=any(values["OFFSET"]),
            )
        )

    @property
    def size(self) -> int:
        """Bytes of the die: what loading takes most of."""
        return self.die.size * 4

    def requests(self, limit: Limit) -> Iterator[Request]:
        """All that is loaded before images come, the die last."""
        yield from write_requests(self.writes, self.geometry, limit)
        words = self.die.astype("<i4").tobytes()
        start = 0
        while start < len(words):
            end = start + (limit() - _ARGUMENT) // 4 * 4
            yield Request(Kind.DIE, struct.pack("<H", end >= len(words)) + words[start:end], "part of the die")
            start = end


def write_requests(writes: Iterable[RegisterWrite], geometry: Geometry, limit: Limit) -> Iterator[Request]:
    """Register writes, as many in a frame as fit it; neighbours in one run.

    Parameters
    ----------
    writes : iterable of RegisterWrite
    geometry : Geometry
        The chip.
    limit : function
        Most bytes of the next payload, asked for each: at least 8.
    """
    registers = register_map(geometry)
    runs: list[tuple[int, list[int]]] = []
    for write in writes:
        start = registers.address(write.name, write.index)
        if runs and start == runs[-1][0] + 4 * len(runs[-1][1]):
            runs[-1][1].extend(write.words)
        else:
            runs.append((start, list(write.words)))
    payload = b""
    for start, words in runs:
        while words:
            room = (limit() - len(payload)) // 4 - 1
            if room < 1:
                yield Request(Kind.WRITE, payload, "a write of registers")
                payload = b""
                continue
            count = min(room, len(words), COUNT_LIMIT)
            payload += struct.pack("<I", count << 24 | start)
            payload += struct.pack(f"<{count}I", *(word & 0xFFFFFFFF for word in words[:count]))
            start, words = start + 4 * count, words[count:]
    if payload:
        yield Request(Kind.WRITE, payload, "a write of registers")


def image_requests(stream: NDArray[np.uint64], geometry: Geometry, limit: Limit) -> Iterator[tuple[Request, int]]:
    """Images as requests, each with the number of images that end in it.

    Parameters
    ----------
    stream : uint64 array (images, beats)
        Words of the image stream.
    geometry : Geometry
        The chip.
    limit : function
        Most bytes of the next payload, asked for each.
    """
    beats = stream.shape[1]
    size = geometry.word_bits // 8
    data = stream.astype(f"<u{size}").tobytes()
    length, header = beats * size, struct.pack("<H", beats)
    start = 0
    while start < len(data):
        room = (limit() - _ARGUMENT) // size * size
        # Whole images where one fits, else as much of one as does; an answer holds so many results.
        whole = min(room // length, ANSWER_BYTES // 4)
        end = start + (whole * length if start % length == 0 and whole else min(room, length - start % length))
        end = min(end, len(data))
        yield Request(Kind.IMAGES, header + data[start:end], "images"), end // length - start // length
        start = end
