# SPDX-License-Identifier: BSD-3-Clause
"""Compares the report that the RTL streamed with the golden one, word by word, and names the first difference."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import REPORT_WORD, unpack

__all__ = ["Comparison", "Difference"]

#: Fields of a word in the order in which a difference is told: first what word it is, then what it says.
_FIELDS = ("kind", "stage", "kernel", "row", "col", "target", "value", "outcome", "first_ok", "pulses")


@dataclass(frozen=True)
class Difference:
    """A place where RTL and golden model disagree.

    Parameters
    ----------
    die, command : int
        Identifier of the die; position of the command.
    kernel, row, col, stage : int
        Of the word that the golden model gives there (of the RTL's, if there is none); -1 where it does not apply.
    field : str
        Field of the report word; ``word`` for one that is missing or not expected; ``failed`` or ``pulses`` of a whole
        command for the registers WRITE_FAILED and WRITE_PULSES; ``state`` for a state left in the array.
    expected, got : int or None
        Values; None: no word.
    word : int
        Position of the word in the command's report; -1 where it does not apply.
    time : float or None
        Simulation time [ns] at which the word was taken.
    """

    die: int
    command: int
    kernel: int = -1
    row: int = -1
    col: int = -1
    stage: int = -1
    field: str = "word"
    expected: int | None = None
    got: int | None = None
    word: int = -1
    time: float | None = None

    def __str__(self) -> str:
        where = [f"die {self.die}", f"command {self.command}"]
        for name, shown in (("kernel", "kernel"), ("row", "row"), ("col", "column")):
            if getattr(self, name) >= 0:
                where.append(f"{shown} {getattr(self, name)}")
        if self.stage >= 0:
            where.append(f"stage 0x{self.stage:02x}")
        if self.field == "word":
            verdict = f"word {self.word} " + ("is missing" if self.got is None else "was not expected")
        else:
            verdict = f"{self.field} must be {self.expected}, not {self.got}"
        at = "" if self.time is None else f" at {self.time:g} ns"
        return f"report: {', '.join(where)}: {verdict}{at}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with the whole line as ``message``."""
        return {**dataclasses.asdict(self), "message": str(self)}


@dataclass
class Comparison:
    """Counts of what was compared and what differs, and the first difference.

    Parameters
    ----------
    compared, mismatches : dict
        Words of reports, counters of commands and states of cells: compared, and different, missing or not expected.
    first : Difference or None
        The first one found.
    """

    compared: dict[str, int] = field(default_factory=lambda: {"words": 0, "counters": 0, "states": 0})
    mismatches: dict[str, int] = field(default_factory=lambda: {"words": 0, "counters": 0, "states": 0})
    first: Difference | None = None

    def words(
        self,
        die: int,
        command: int,
        expected: NDArray[np.uint64],
        got: NDArray[np.uint64],
        times: NDArray[np.float64] | Sequence[float] | None = None,
    ) -> None:
        """Compare the report of one command, in its order.

        Parameters
        ----------
        die, command : int
            Whose report.
        expected, got : uint64 arrays (words,)
            Of the golden model, of the RTL.
        times : float array (words,), optional
            When each of the RTL's words was taken [ns].
        """
        both = min(len(expected), len(got))
        wrong = np.flatnonzero(expected[:both] != got[:both])
        self.compared["words"] += len(expected)
        self.mismatches["words"] += int(wrong.size) + abs(len(expected) - len(got))
        values: tuple[int | None, int | None]
        if wrong.size:
            at = int(wrong[0])
            wanted, found = unpack(REPORT_WORD, int(expected[at])), unpack(REPORT_WORD, int(got[at]))
            differing = [name for name in _FIELDS if wanted[name] != found[name]]
            # No field differs: bits above the fields do.
            name = differing[0] if differing else "bits"
            values = (wanted[name], found[name]) if differing else (int(expected[at]), int(got[at]))
        elif len(expected) != len(got):
            at, name = both, "word"
            values = (int(expected[at]), None) if len(expected) > both else (None, int(got[at]))
        else:
            return
        place = unpack(REPORT_WORD, int(expected[at] if at < len(expected) else got[at]))
        time = float(times[at]) if times is not None and at < len(times) else None
        self._note(
            Difference(
                die,
                command,
                kernel=place["kernel"],
                row=place["row"],
                col=place["col"],
                stage=place["stage"],
                field=name,
                expected=values[0],
                got=values[1],
                word=at,
                time=time,
            )
        )

    def counter(self, die: int, command: int, name: str, expected: int, got: int) -> None:
        """Compare a counter of a whole command: ``failed`` or ``pulses``."""
        self.compared["counters"] += 1
        if expected != got:
            self.mismatches["counters"] += 1
            self._note(Difference(die, command, field=name, expected=expected, got=got))

    def states(self, die: int, command: int, expected: NDArray[np.bool_], got: NDArray[np.bool_]) -> None:
        """Compare the states that are left, (kernels, rows, cols), after the last command."""
        wrong = expected != got
        self.compared["states"] += int(wrong.size)
        self.mismatches["states"] += int(np.count_nonzero(wrong))
        if wrong.any():
            kernel, row, col = (int(axis) for axis in np.argwhere(wrong)[0])
            place = (kernel, row, col)
            self._note(
                Difference(die, command, *place, field="state", expected=int(expected[place]), got=int(got[place]))
            )

    @property
    def total(self) -> int:
        """Everything compared."""
        return sum(self.compared.values())

    @property
    def total_mismatches(self) -> int:
        """Everything that differs."""
        return sum(self.mismatches.values())

    def _note(self, difference: Difference) -> None:
        if self.first is None:
            self.first = difference
