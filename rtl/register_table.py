# SPDX-License-Identifier: BSD-3-Clause
"""What a register map is made of: registers with their fields, and windows onto memories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spintile.model.geometry import Geometry

__all__ = ["Register", "RegisterField", "RegisterMap", "Window", "whole"]


@dataclass(frozen=True)
class RegisterField:
    """Bits ``low`` to ``low + width - 1`` of a register.

    A *pulse* field is 1 for one cycle when a 1 is written to it, and reads as 0.
    """

    name: str
    low: int
    width: int
    doc: str
    reset: int = 0
    pulse: bool = False

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return ((1 << self.width) - 1) << self.low


@dataclass(frozen=True)
class Register:
    """A 32-bit register, or ``count`` of them one after the other.

    Access is ``ro`` (writing is an error), ``rw``, or ``wo`` (reading is an error: a memory inside the chip). Bits
    without a field read as 0 and ignore what is written.
    """

    name: str
    offset: int
    access: Literal["ro", "rw", "wo"]
    fields: tuple[RegisterField, ...]
    doc: str
    count: int = 1

    @property
    def mask(self) -> int:
        """All bits that belong to a field."""
        return sum(part.mask for part in self.fields)

    @property
    def reset(self) -> int:
        """The whole register after reset."""
        return sum(part.reset << part.low for part in self.fields)


@dataclass(frozen=True)
class Window:
    """A memory behind consecutive 32-bit words; reading is an error while the chip may use it.

    Words come in groups of ``stride``, of which the first ``lanes`` exist; there are ``groups`` of them.
    """

    name: str
    offset: int
    groups: int
    doc: str
    lanes: int = 1
    stride: int = 1

    @property
    def words(self) -> int:
        """32-bit words that the window spans, holes included."""
        return self.groups * self.stride


@dataclass(frozen=True)
class RegisterMap:
    """All registers and windows of a chip, by ascending offset."""

    geometry: Geometry
    registers: tuple[Register, ...]
    windows: tuple[Window, ...]
    _by_name: dict[str, Register | Window] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        entries: tuple[Register | Window, ...] = (*self.registers, *self.windows)
        object.__setattr__(self, "_by_name", {entry.name: entry for entry in entries})

    def register(self, name: str) -> Register:
        """The register of that name.

        Raises
        ------
        KeyError
            If there is none.
        """
        entry = self._by_name[name]
        if not isinstance(entry, Register):
            raise KeyError(f"{name} must be a register, not a window")
        return entry

    def window(self, name: str) -> Window:
        """The window of that name; KeyError if there is none."""
        entry = self._by_name[name]
        if not isinstance(entry, Window):
            raise KeyError(f"{name} must be a window, not a register")
        return entry

    def address(self, name: str, index: int = 0, lane: int = 0) -> int:
        """Byte address of a register, of element ``index`` of an array, or of a word of a window.

        Raises
        ------
        KeyError
            If nothing has that name.
        ValueError
            If index or lane do not exist.
        """
        entry = self._by_name[name]
        count, lanes, stride = (
            (entry.count, 1, 1) if isinstance(entry, Register) else (entry.groups, entry.lanes, entry.stride)
        )
        if not 0 <= index < count or not 0 <= lane < lanes:
            raise ValueError(f"{name} must be indexed below [{count}][{lanes}], not [{index}][{lane}]")
        return entry.offset + 4 * (index * stride + lane)


def whole(
    name: str, offset: int, access: Literal["ro", "rw"], doc: str, *, width: int = 32, reset: int = 0
) -> Register:
    """A register with a single field, ``value``, from bit 0."""
    return Register(name, offset, access, (RegisterField("value", 0, width, doc, reset),), doc)
