# SPDX-License-Identifier: BSD-3-Clause
"""A run that a solver found, cycle by cycle, with the names of the source."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Trace"]


@dataclass(frozen=True)
class Trace:
    """Values of every named signal in every cycle.

    Parameters
    ----------
    cycles : list of dict of str to int
        Unsigned values by hierarchical name (``block.row_driver.driving``).
    widths : dict of str to int
        Bits of each signal.
    """

    cycles: list[dict[str, int]] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cycles)

    def values(self, name: str) -> list[int]:
        """A signal's value in each cycle.

        Raises
        ------
        ValueError
            If the trace has no such signal.
        """
        if name not in self.widths:
            near = ", ".join(difflib.get_close_matches(name, self.widths, 5)) or "nothing like it"
            raise ValueError(f"signal must be in the trace, not {name!r}: it has {near}")
        return [cycle[name] for cycle in self.cycles]

    def text(self, names: Iterable[str] | None = None) -> str:
        """A table, a signal a line and a cycle a column; without names, those that change, clocks left out."""
        chosen = list(names) if names is not None else [name for name in sorted(self.widths) if self._moves(name)]
        rows = [["cycle", *map(str, range(len(self.cycles)))]]
        rows += [[name, *(f"{value:x}" for value in self.values(name))] for name in chosen]
        columns = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            " ".join(
                cell.ljust(width) if number == 0 else cell.rjust(width)
                for number, (cell, width) in enumerate(zip(row, columns, strict=True))
            )
            for row in rows
        )

    def _moves(self, name: str) -> bool:
        return name.split(".")[-1] != "clk" and len(set(self.values(name))) > 1

    def as_dict(self) -> dict[str, object]:
        """For a file: widths, and values as hexadecimal text."""
        return {
            "widths": self.widths,
            "cycles": [{name: f"{value:x}" for name, value in cycle.items()} for cycle in self.cycles],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Trace:
        """The inverse of :meth:`as_dict`."""
        widths, cycles = stored["widths"], stored["cycles"]
        if not isinstance(widths, dict) or not isinstance(cycles, list):
            raise ValueError("stored trace must hold widths and cycles")
        return cls([{name: int(value, 16) for name, value in cycle.items()} for cycle in cycles], dict(widths))

    @classmethod
    def from_vcd(cls, text: str) -> Trace:
        """Read what ``yosys-smtbmc --dump-vcd`` writes: a cycle each ten units, numbered by ``smt_step``."""
        scopes: list[str] = []
        names: dict[str, list[str]] = {}
        widths: dict[str, int] = {}
        values: dict[str, int] = {}
        cycles: list[dict[str, int]] = []
        time = 0
        header, _, body = text.partition("$enddefinitions $end")
        if not body:
            header, _, body = text.partition("#0\n")
            body = "#0\n" + body
        for line in header.splitlines():
            if found := re.match(r"\$scope module (\S+) \$end", line):
                scopes.append(found.group(1))
            elif line.startswith("$upscope"):
                scopes.pop()
            elif scopes and (found := re.match(r"\$var \w+ (\d+) (\S+) (\S+) \$end", line)):
                name = ".".join([*scopes[1:], found.group(3)])
                names.setdefault(found.group(2), []).append(name)
                widths[name] = int(found.group(1))
        changed = False
        for line in body.splitlines():
            if line.startswith("#"):
                if changed and time % 10 == 0:
                    cycles.append(dict(values))
                time, changed = int(line[1:]), False
            elif found := re.fullmatch(r"b([01]+) (\S+)", line):
                changed = changed or found.group(2) in names
                for name in names.get(found.group(2), ()):
                    values[name] = int(found.group(1), 2)
        return cls(cycles, widths)
