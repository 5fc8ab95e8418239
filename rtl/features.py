# SPDX-License-Identifier: BSD-3-Clause
"""What of the periphery is built: all of it for silicon, less where an FPGA is small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from .tokens import RepairMode

__all__ = ["ALL_REPAIRS", "FULL", "Features"]

#: Every mode of the register ``REPAIR`` besides ``none``, which is always there.
ALL_REPAIRS: tuple[Any, ...] = (RepairMode.RANGE_GUARD, RepairMode.PAIR_CHECK, RepairMode.CHECK)

#: Registers and windows that do nothing without a feature, by the beginning of their names.
_REGISTERS: dict[str, tuple[str, ...]] = {
    "writing": ("WRITE_", "STEP_", "WINDOW_", "TARGET"),
    "repairs": ("REPAIR", "PEAK", "DIFFERENCE", "MARGIN_", "PAIR_SUM", "FLAG"),
    "offsets": ("OFFSET",),
    "testing": ("READY_LIMIT", "TEST"),
    "counters": ("CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT"),
}
#: Numbers, and the largest of each.
_NUMBERS = {"reads_ahead": 4, "emits_ahead": 8}


@dataclass(frozen=True)
class Features:
    """What a chip is built with. What a network does not use may be left out: its answers are the same, bit for bit.

    A register of what is not built reads 0 and ignores what is written. The register ``FEATURES`` tells a host.

    Parameters
    ----------
    writing : bool
        Write controller: programming, characterisation, the stream of reports.
    repairs : tuple of RepairMode
        Modes of column repair besides ``none``; another one in ``REPAIR`` counts as ``none``.
    replicas : bool
        Medians of three copies of a pair. Without them every read is added, whatever its field ``replica``.
    planes : bool
        Bit planes: without them every read is added as it is, whatever its field ``plane``.
    offsets : bool
        Offset registers of the columns.
    testing : bool
        Loop-back, the limit on the array's ``ready``, and reading back what the host wrote: registers and windows.
    counters : bool
        Performance counters.
    reads_ahead : int
        Reads that sequencer and gather each may queue, 1 to 4. Fewer slow short reads down, and nothing else.
    emits_ahead : int
        Emits that the sequencer may queue, 1 to 8. A read is under way for four conversions of 8 bits, and each may
        have its emit.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    writing: bool = True
    repairs: tuple[Any, ...] = ALL_REPAIRS
    replicas: bool = True
    planes: bool = True
    offsets: bool = True
    testing: bool = True
    counters: bool = True
    reads_ahead: int = 4
    emits_ahead: int = 8

    def __post_init__(self) -> None:
        object.__setattr__(self, "repairs", tuple(mode for mode in ALL_REPAIRS if mode in self.repairs))
        for name, most in _NUMBERS.items():
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"features: {name} must be from 1 to {most}, not {getattr(self, name)}")

    def __contains__(self, mode: object) -> bool:
        """Whether a mode of column repair is built."""
        return mode == RepairMode.NONE or mode in self.repairs

    def holds(self, register: str) -> bool:
        """Whether a register or window does anything."""
        return not any(register.startswith(_REGISTERS[name]) for name in _REGISTERS if not getattr(self, name))

    @property
    def word(self) -> int:
        """The register ``FEATURES``: from bit 0 the fields that are true or false, in order; bit 8 + n is mode n."""
        none: Any = RepairMode.NONE
        bits = sum(getattr(self, name) << number for number, name in enumerate(_BITS))
        return int(bits | sum(1 << (8 + mode.value) for mode in (none, *self.repairs)))

    @classmethod
    def from_word(cls, word: int) -> Features:
        """What that register says; the queues are not in it."""
        repairs = tuple(mode for mode in ALL_REPAIRS if word >> (8 + mode.value) & 1)
        return cls(repairs=repairs, **{name: bool(word >> number & 1) for number, name in enumerate(_BITS)})

    def lacking(self, *, mode: RepairMode, replicas: bool, planes: bool, offsets: bool) -> Iterator[str]:
        """What a network needs and this chip lacks, in words; nothing if it may run."""
        if mode not in self:
            yield f"column repair {mode.name.lower()!r}"
        if replicas and not self.replicas:
            yield "medians of replicas"
        if planes and not self.planes:
            yield "bit planes"
        if offsets and not self.offsets:
            yield "offset registers"


_BITS = tuple(field.name for field in fields(Features) if field.type == "bool")
#: Everything.
FULL = Features()
