# SPDX-License-Identifier: BSD-3-Clause
"""Words of the sequencer's program: one table of bit fields that assembler, interpreter and RTL share.

A program is a list of 64-bit instructions per layer. ``READ`` gathers row bits from the activation memory by
a list of segments and reads one kernel; ``EMIT`` follows the last read of an accumulation and says what becomes
of the accumulators; ``LOOP`` and ``NEXT`` slide the source and destination addresses; ``END`` closes a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Opcode(IntEnum):
    """First field of an instruction. Zero is illegal, so that an unwritten word stops the sequencer."""

    ILLEGAL = 0
    READ = 1
    EMIT = 2
    LOOP = 3
    NEXT = 4
    END = 5


@dataclass(frozen=True)
class Field:
    """A bit field of a word: lowest bit, width in bits, two's complement or not."""

    low: int
    width: int
    signed: bool = False

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value that fits."""
        if self.signed:
            return -(1 << (self.width - 1)), (1 << (self.width - 1)) - 1
        return 0, (1 << self.width) - 1

    def insert(self, name: str, value: int) -> int:
        """The value at its place in a word; ValueError if it does not fit."""
        low, high = self.limits
        if not low <= value <= high:
            raise ValueError(f"{name} must be from {low} to {high}, not {value}")
        return (value & ((1 << self.width) - 1)) << self.low

    def extract(self, word: int) -> int:
        """The field's value in a word."""
        value = (word >> self.low) & ((1 << self.width) - 1)
        if self.signed and value >> (self.width - 1):
            value -= 1 << self.width
        return value


def _pack(*fields: tuple[str, int] | tuple[str, int, bool]) -> dict[str, Field]:
    table: dict[str, Field] = {}
    low = 0
    for name, width, *signed in fields:
        table[name] = Field(low, width, bool(signed and signed[0]))
        low += width
    return table


#: Fields of each instruction. ``source``, ``destination`` and steps are bit addresses of the activation memory.
INSTRUCTIONS: dict[Opcode, dict[str, Field]] = {
    Opcode.READ: _pack(
        ("opcode", 3),
        ("kernel", 8),
        ("segment", 10),  # first word in the segment memory
        ("segments", 7),  # how many, at least 1
        ("source", 16),  # added to the loops' source address
        ("plane", 4),  # left shift of this read's differences
        ("first", 1),  # clears the accumulators before adding
        ("last", 1),  # hands them to the EMIT that follows
        ("replica", 2),  # 0: add; 1, 2: hold; 3: add the median of this one and the two held
        ("flagged", 1),  # the repair "check" looks at the kernel's self-test flags
    ),
    Opcode.EMIT: _pack(
        ("opcode", 3),
        ("threshold", 12),  # first word in the threshold memory
        ("destination", 16),  # added to the loops' destination address
        ("lanes", 7),  # pairs 0 .. lanes-1 carry neurons
        ("bits", 3),  # bits of the activation
        ("plane_stride", 16),  # from one bit plane of the output to the next
        ("pool_first", 1),
        ("pool_last", 1),
        ("output", 1),  # last layer: bias and argmax instead of thresholds
        ("output_first", 1),
        ("output_last", 1),
        ("binary", 1),  # one output: class = [acc + bias >= 0]
    ),
    Opcode.LOOP: _pack(("opcode", 3), ("count", 16)),
    Opcode.NEXT: _pack(("opcode", 3), ("source_step", 16, True), ("destination_step", 16, True)),
    Opcode.END: _pack(("opcode", 3)),
}

#: Fields of a segment word (32 bits): ``length`` bits from source + ``offset`` go to rows ``row`` and up.
SEGMENT: dict[str, Field] = _pack(("offset", 16), ("length", 7), ("row", 7))

#: A layer word (32 bits): where its program starts and the ordinal of its first read within an image.
LAYER: dict[str, Field] = _pack(("start", 12), ("ordinal", 20))

#: A lane of a threshold word (32 bits): threshold or bias in two's complement (acc_bits + 1 bits used), invert.
THRESHOLD: dict[str, Field] = {"value": Field(0, 31, True), "invert": Field(31, 1)}


def encode(opcode: Opcode, **values: int) -> int:
    """An instruction as a 64-bit word.

    Raises
    ------
    ValueError
        If a field is unknown or its value does not fit; the message names instruction, field and limits.
    """
    fields = INSTRUCTIONS[opcode]
    word = int(opcode)
    for name, value in values.items():
        if name not in fields or name == "opcode":
            raise ValueError(f"{opcode.name} has no field {name!r}")
        word |= fields[name].insert(f"{opcode.name}.{name}", int(value))
    return word


def decode(word: int) -> tuple[Opcode, dict[str, int]]:
    """Opcode and fields of a 64-bit word; ValueError for an opcode that does not exist."""
    number = word & 7
    if number not in INSTRUCTIONS:
        raise ValueError(f"instruction 0x{word:016x}: opcode must be 1 to 5, not {number}")
    opcode = Opcode(number)
    fields = {name: field.extract(word) for name, field in INSTRUCTIONS[opcode].items() if name != "opcode"}
    return opcode, fields


def pack(fields: dict[str, Field], **values: int) -> int:
    """A segment, layer or threshold word."""
    word = 0
    for name, value in values.items():
        word |= fields[name].insert(name, int(value))
    return word


def unpack(fields: dict[str, Field], word: int) -> dict[str, int]:
    """Fields of a segment, layer or threshold word."""
    return {name: field.extract(word) for name, field in fields.items()}
