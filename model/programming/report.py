# SPDX-License-Identifier: BSD-3-Clause
"""The report of a write command: 64-bit words per die, and the same as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..chip import Chip
from ..geometry import REPORT_WORD, Geometry, Outcome, ReportKind

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]
#: Columns of decoded words: half the memory of 64 bits, and a whole chip's characterisation has 81,600 words.
Column = NDArray[np.int32]

#: Bits of a word that carry a field.
_USED = max(field.low + field.width for field in REPORT_WORD.values())


def encode_words(**columns: ArrayLike) -> Words:
    """Words from their fields, which broadcast; fields that are not given are 0.

    Raises
    ------
    ValueError
        If a field is unknown or a value does not fit.
    """
    words = np.zeros(np.broadcast_shapes(*(np.shape(values) for values in columns.values())), np.uint64)
    for name, given in columns.items():
        if name not in REPORT_WORD:
            raise ValueError(f"report word: fields must be among {', '.join(REPORT_WORD)}, not {name!r}")
        field, values = REPORT_WORD[name], np.asarray(given).astype(np.int64)
        low, high = field.limits
        if values.size and not (low <= values.min() and values.max() <= high):
            wrong = values[(values < low) | (values > high)].flat[0]
            raise ValueError(f"report word: {name} must be from {low} to {high}, not {wrong}")
        mask = np.int64((1 << field.width) - 1)
        words |= (values & mask).astype(np.uint64) << np.uint64(field.low)
    return words


def decode_words(words: Words) -> dict[str, Column]:
    """Fields of words, by name.

    Raises
    ------
    ValueError
        If bits above the fields are set.
    """
    if np.any(words >> np.uint64(_USED)):
        raise ValueError(f"report word: bits from {_USED} up must be 0, not {int(words.max()):#018x}")
    found = {}
    for name, field in REPORT_WORD.items():
        values = ((words >> np.uint64(field.low)) & np.uint64((1 << field.width) - 1)).astype(np.int32)
        if field.signed:
            values -= (values >> (field.width - 1)) << field.width
        found[name] = values
    return found


@dataclass(frozen=True, eq=False)
class ReportTable:
    """The words of all dies, die after die in the order of their streams, as columns of one length.

    Parameters
    ----------
    die : int32 array (words,)
        Position of the die.
    value, col, row, kernel, target, first_ok, outcome, pulses, stage, kind : int32 arrays (words,)
        Fields of the words, see ``geometry.REPORT_WORD``.
    """

    die: Column
    value: Column
    col: Column
    row: Column
    kernel: Column
    target: Column
    first_ok: Column
    outcome: Column
    pulses: Column
    stage: Column
    kind: Column

    def where(self, mask: NDArray[np.bool_]) -> ReportTable:
        """The words at a mask."""
        return ReportTable(**{field.name: getattr(self, field.name)[mask] for field in fields(self)})

    def of_kind(self, kind: ReportKind) -> ReportTable:
        """The words of one kind."""
        return self.where(self.kind == kind)


@dataclass(frozen=True, eq=False)
class Report:
    """What a command reported of each die.

    Parameters
    ----------
    geometry : Geometry
        Of the chip.
    streams : tuple of uint64 arrays (words,)
        One stream per die.
    pulses : int64 array (dies,) or None
        Pulses that the command gave each die; None where only words are known.
    """

    geometry: Geometry
    streams: tuple[Words, ...]
    pulses: Integers | None = None

    @classmethod
    def from_words(cls, words: Sequence[ArrayLike] | Mapping[int, ArrayLike], chip: Chip) -> Report:
        """From the words that something streamed, per die.

        Raises
        ------
        ValueError
            If a word names a place that the chip does not have, or an unknown kind or outcome.
        """
        given = [words[die] for die in sorted(words)] if isinstance(words, Mapping) else list(words)
        streams = tuple(np.asarray(stream, np.uint64).reshape(-1) for stream in given)
        sizes = {"kernel": chip.geometry.kernels, "row": chip.geometry.rows, "col": chip.geometry.cols}
        limits = sizes | {"kind": len(ReportKind), "outcome": len(Outcome)}
        for die, stream in enumerate(streams):
            columns = decode_words(stream)
            for name, size in limits.items():
                if stream.size and columns[name].max() >= size:
                    at = int(columns[name].argmax())
                    raise ValueError(
                        f"report: {name} must be from 0 to {size - 1}, not {columns[name][at]} (die {die}, word {at})"
                    )
        return cls(chip.geometry, streams)

    @property
    def dies(self) -> int:
        return len(self.streams)

    def words(self, die: int) -> Words:
        """The stream of one die, by position: uint64 array (words,)."""
        return self.streams[die]

    def decode(self) -> ReportTable:
        """All words as columns."""
        streams = self.streams or (np.zeros(0, np.uint64),)
        lengths = [len(stream) for stream in streams]
        columns = decode_words(np.concatenate(streams))
        return ReportTable(die=np.repeat(np.arange(len(streams), dtype=np.int32), lengths), **columns)

    @property
    def failed(self) -> Integers:
        """Cells that were not right in the last pass of each program over them, per die: int64 array (dies,)."""
        last = last_pass(self.decode())
        return np.bincount(last.die[last.outcome != Outcome.OK], minlength=self.dies).astype(np.int64)


def last_pass(table: ReportTable) -> ReportTable:
    """The PROGRAM words of the last pass of every program over every kernel."""
    program = table.of_kind(ReportKind.PROGRAM)
    if not program.die.size:
        return program
    # A characterisation programs each kernel twice; the passes of the second count from 128.
    group = (program.die * 256 + program.kernel) * 2 + (program.stage >> 7)
    last = np.zeros(int(group.max()) + 1, np.int32)
    np.maximum.at(last, group, program.stage)
    return program.where(program.stage == last[group])


def first_pass(table: ReportTable) -> ReportTable:
    """The PROGRAM words of the first pass of every program over every kernel."""
    program = table.of_kind(ReportKind.PROGRAM)
    return program.where((program.stage & 0x7F) == 0)
