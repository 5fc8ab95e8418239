# SPDX-License-Identifier: BSD-3-Clause
"""What registers must answer: a model of the register file, and the accesses of a case with what is due for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.rtl.registers import Register, register_map

from ..compiled import BusAccess
from ..loading import RegisterWrite
from .case import Traffic

__all__ = ["Due", "Registers", "wrong_answer"]

_OKAY, _SLVERR = 0, 2
#: Registers that show what the chip does: any value may be read.
_LIVE = ("STATUS", "CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
_LIVE_WRITER = ("WRITE_STATUS", "WRITE_FAILED", "WRITE_PULSES")
#: Registers of the write controller: while no command runs they change nothing.
_IDLE = ("WRITE_KERNELS", "WRITE_ROWS", "WRITE_COLS", "WRITE_OPTIONS", "WRITE_SETUP", "WINDOW_P", "WINDOW_AP")
_IDLE_WINDOWS = ("STEP_P", "STEP_AP", "TARGET")
#: Writing them does more than to store a word.
_ACTING = ("CONTROL", "IMAGE_INDEX", "WRITE_COMMAND")
_ERRORS = 0x3E


@dataclass(frozen=True)
class Due:
    """An access, and the answers that are right.

    Parameters
    ----------
    access : BusAccess
    response : int
    values : frozenset of int or None
        Values that a read may show; None: any.
    clear : int
        Bits that a read must show as 0.
    """

    access: BusAccess
    response: int
    values: frozenset[int] | None = None
    clear: int = 0


class Registers:
    """What the registers hold, as long as everything that is written is told.

    Parameters
    ----------
    geometry : Geometry
        Of the chip.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.map = register_map(geometry)
        self._holds: dict[int, int] = {}
        self._stored: dict[int, Register] = {}
        self._read_only: list[int] = []
        self._write_only: list[int] = []
        for register in self.map.registers:
            for index in range(register.count):
                address = self.map.address(register.name, index)
                if register.access == "rw":
                    self._stored[address] = register
                elif register.access == "ro":
                    self._read_only.append(address)
                else:
                    self._write_only.append(address)
        self._windows = [window.offset for window in self.map.windows]
        self.reset()

    def reset(self) -> None:
        """What ``rst`` makes of them."""
        self._holds = {address: register.reset for address, register in self._stored.items()}

    def write_all(self, writes: Iterable[RegisterWrite]) -> None:
        """Words that the host has written."""
        for each in writes:
            first = self.map.address(each.name, each.index)
            for place, word in enumerate(each.words):
                self.note(first + 4 * place, word)

    def note(self, address: int, word: int) -> None:
        """A word that the host has written to an address; windows are not kept."""
        register = self._stored.get(address)
        if register is not None:
            lasting = sum(field.mask for field in register.fields if not field.pulse)
            self._holds[address] = word & lasting

    def due(self, traffic: Sequence[Traffic]) -> list[Due]:
        """The accesses of a run's traffic; what is written by them counts as written from now on.

        While one direction works, the other does too: a read may show a register before or after any write of the
        same traffic.
        """
        pauses = any(each.kind == "pause" for each in traffic)
        wanted = [due for each in traffic if not (pauses and each.kind == "start") for due in self._due_of(each)]
        seen = {address: {value} for address, value in self._holds.items()}
        for due in wanted:
            if due.access.write and due.response == _OKAY:
                address = due.access.address & ~3
                self.note(address, due.access.data)
                if address in seen:
                    seen[address].add(self._holds[address])
        return [self._with_values(due, seen) for due in wanted]

    def lasting(self) -> list[Due]:
        """Reads of every register, one after the other: each must show what it holds."""
        reads = [Due(BusAccess(False, address), _OKAY, frozenset([value])) for address, value in self._holds.items()]
        return [*reads, *(self._with_values(Due(BusAccess(False, address), _OKAY), {}) for address in self._read_only)]

    def _with_values(self, due: Due, seen: dict[int, set[int]]) -> Due:
        access = due.access
        if access.write or due.response != _OKAY:
            return due
        address = access.address & ~3
        if address in seen:
            return Due(access, _OKAY, frozenset(seen[address]))
        register = next(r for r in self.map.registers if r.offset <= address < r.offset + 4 * r.count)
        if register.name in (*_LIVE, *_LIVE_WRITER):
            clear = ~register.mask & 0xFFFFFFFF
            return Due(access, _OKAY, None, clear | (_ERRORS if register.name == "STATUS" else 0))
        return Due(access, _OKAY, frozenset([register.reset]))

    def _due_of(self, traffic: Traffic) -> list[Due]:
        def access(write: bool, address: int, data: int = 0, strobe: int = 0xF, later: int = 0) -> BusAccess:
            return BusAccess(
                write,
                address,
                data & 0xFFFFFFFF,
                strobe,
                traffic.cycle + later,
                traffic.address_delay,
                traffic.data_delay,
                traffic.answer_delay,
            )

        def one_of(addresses: Sequence[int]) -> int:
            return addresses[traffic.place % len(addresses)]

        control = self.map.address("CONTROL")
        match traffic.kind:
            case "read":
                return [Due(access(False, one_of([*self._read_only, *self._stored]) + traffic.data % 4), _OKAY)]
            case "write":
                return [Due(access(True, one_of(self._idle()), traffic.data), _OKAY)]
            case "same":
                steady = [address for address, register in self._stored.items() if register.name not in _ACTING]
                address = one_of(steady)
                return [Due(access(True, address, self._holds[address]), _OKAY)]
            case "bad_read":
                return [Due(access(False, one_of([*self._holes(), *self._write_only])), _SLVERR, frozenset([0]))]
            case "bad_write":
                address = one_of([*self._holes(), *self._read_only])
                return [Due(access(True, address, traffic.data), _SLVERR)]
            case "bad_strobe":
                address = one_of([*self._stored, *self._write_only, *self._windows])
                return [Due(access(True, address, traffic.data, traffic.data % 15), _SLVERR)]
            case "start":
                data = 1 | (traffic.data & 7) << 4
                return [Due(access(True, self.map.address("WRITE_COMMAND"), data), _OKAY)]
            case "pause":
                resumed = 4 + traffic.data % 2000
                return [Due(access(True, control, 0), _OKAY), Due(access(True, control, 1, later=resumed), _OKAY)]

    def _idle(self) -> list[int]:
        found = [self.map.address(name) for name in _IDLE]
        return [*found, *(self.map.address(name) for name in _IDLE_WINDOWS)]

    def _holes(self) -> list[int]:
        """Addresses where nothing is: between registers, behind windows, inside a window's groups."""
        begun = {window.offset for window in self.map.windows}
        behind = [window.offset + 4 * window.words for window in self.map.windows]
        inside = [window.offset + 4 * window.lanes for window in self.map.windows if window.lanes < window.stride]
        return [0x02C, 0x0F00, 0x3F000, 0xFFFFC, *inside, *(address for address in behind if address not in begun)]


def wrong_answer(due: Sequence[Due], table: NDArray[Any]) -> str:
    """The first answer that is not right, as a sentence; empty if all are. One that was not given is none."""
    for each, row in zip(due, table, strict=True):
        access = each.access
        what = f"{'write to' if access.write else 'read of'} 0x{access.address:05x}"
        if not row["done"]:
            return f"{what} must be answered, and was not"
        if row["response"] != each.response:
            return f"{what} must be answered with {each.response}, not {row['response']}"
        if access.write:
            continue
        value = int(row["value"])
        if each.values is not None and value not in each.values:
            allowed = " or ".join(f"0x{wanted:x}" for wanted in sorted(each.values))
            return f"{what} must give {allowed}, not 0x{value:x}"
        if value & each.clear:
            return f"{what} must give 0 in the bits 0x{each.clear:x}, not 0x{value:x}"
    return ""
