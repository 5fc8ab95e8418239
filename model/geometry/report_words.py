# SPDX-License-Identifier: BSD-3-Clause
"""Words of the write controller's report: one table of bit fields that host, golden model and RTL share.

A command of the write controller (program, read, characterise) answers with a stream of 64-bit words. A ``PROGRAM``
word closes one cell of one pass; a ``REFERENCE`` word is what a column shows with no row driven; a ``READ`` word is
what one cell adds to its column. ``instructions.pack(REPORT_WORD, ...)`` and ``unpack`` make and take apart a word.

The reads of a command carry their own noise tags: an image number that no data set reaches, made of command and stage,
and an ordinal made of attempt, row and kernel.
"""

from __future__ import annotations

from enum import IntEnum

from .instructions import Field, _pack

#: Entries of each step table, STEP_P and STEP_AP; a command uses steps 0 .. steps-1, at least one.
WRITE_STEPS = 16
#: Most reads that a characterisation adds up.
REPEATS_LIMIT = 32
#: Most passes over the rows of a kernel.
PASSES_LIMIT = 63
#: Bits of the write DAC's code, of a pulse's width in cycles, of its setup and recovery in cycles.
LEVEL_BITS = 12
WIDTH_BITS = 16
SETUP_BITS = 8
#: Bits of a window's limit: as many as the widest converter has.
WINDOW_BITS = 12

#: ``attempt`` in the tag of a read without a driven row.
REFERENCE_ATTEMPT = 63
#: Image number in the tag of a maintenance read, before command and stage are put in.
MAINTENANCE_IMAGE = 0xFF00_0000


class WriteOp(IntEnum):
    """What a command does: field ``op`` of the register WRITE_COMMAND."""

    PROGRAM_TARGETS = 0
    PROGRAM_P = 1
    PROGRAM_AP = 2
    READ = 3
    CHARACTERISE = 4


class Stage(IntEnum):
    """First stage of each part of a command; the passes of a PROGRAM count up from it."""

    PROGRAM = 0x00
    READ = 0x40
    PROGRAM_AP = 0x80
    READ_AP = 0xC0


class ReportKind(IntEnum):
    """What a word of the report tells."""

    PROGRAM = 0
    REFERENCE = 1
    READ = 2


class Outcome(IntEnum):
    """What the last verify read of a pass says of a cell."""

    OK = 0
    STUCK = 1  # in the window of the other state
    SHORT = 2  # above the window of P
    OPEN = 3  # below the window of AP
    MARGINAL = 4  # anywhere else


#: Fields of a report word (64 bits, the upper three 0).
REPORT_WORD: dict[str, Field] = _pack(
    ("value", 20, True),  # codes: difference (PROGRAM), sum of the references (REFERENCE), sum less those (READ)
    ("col", 6),
    ("row", 6),  # 0 in a REFERENCE word
    ("kernel", 8),
    ("target", 1),  # 1 = P; in REFERENCE and READ words the state that was written before
    ("first_ok", 1),  # PROGRAM: in its window at the row's first read of this pass
    ("outcome", 3),  # PROGRAM: an Outcome
    ("pulses", 6),  # PROGRAM: pulses that the cell was given in this pass
    ("stage", 8),
    ("kind", 2),  # a ReportKind
)

#: Fields of a maintenance read's ordinal.
MAINTENANCE_ORDINAL: dict[str, Field] = _pack(("kernel", 8), ("row", 6), ("attempt", 6))


def maintenance_image(command: int, stage: int) -> int:
    """Image number in the tags of a command's reads.

    Parameters
    ----------
    command : int
        Number of the command since reset, from 0; its low 16 bits count.
    stage : int
        Stage of the read, 0 to 255.

    Raises
    ------
    ValueError
        If the stage does not fit.
    """
    if not 0 <= stage <= 0xFF:
        raise ValueError(f"stage must be from 0 to 255, not {stage}")
    return MAINTENANCE_IMAGE | (command & 0xFFFF) << 8 | stage
