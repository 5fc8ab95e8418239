# SPDX-License-Identifier: BSD-3-Clause
"""The outcome of a comparison: where RTL and golden model differ, how many values do, and what was first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

__all__ = ["STAGES", "Comparison", "Difference"]

#: Points of comparison, in the order in which data passes them.
STAGES = ("codes", "accumulators", "activations", "classes")
_NEVER = float("inf")


@dataclass(frozen=True)
class Difference:
    """A place where RTL and golden model disagree.

    Parameters
    ----------
    stage : str
        One of ``STAGES``.
    die, image : int
        Identifier of the die; index of the image in its data set.
    layer, kernel, read : int
        Layer, kernel and ordinal of the read; -1 where it does not apply.
    what : str
        ``column``, ``lane``, ``kernel``, ``class``, or ``event`` for one that is missing or not expected.
    index : int
        Column or lane; for activations also see ``emit``.
    emit : int
        Number of the emit within its layer and image (pooled for activations); -1 where it does not apply.
    expected, got : int or None
        Values; None: no event.
    time : float or None
        Simulation time [ns] at which it was seen.
    """

    stage: str
    die: int
    image: int
    layer: int = -1
    kernel: int = -1
    read: int = -1
    what: str = "event"
    index: int = -1
    emit: int = -1
    expected: int | None = None
    got: int | None = None
    time: float | None = None

    def __str__(self) -> str:
        where = [f"die {self.die}", f"image {self.image}"]
        for name in ("layer", "kernel", "read", "emit"):
            if getattr(self, name) >= 0:
                where.append(f"{name} {getattr(self, name)}")
        if self.what in ("column", "lane"):
            where.append(f"{self.what} {self.index}")
        if self.what == "event":
            verdict = "missing" if self.got is None else "not expected"
        else:
            name = {"kernel": "kernel "}.get(self.what, "")
            verdict = f"must be {name}{self.expected}, not {self.got}"
        at = "" if self.time is None else f" at {self.time:g} ns"
        return f"{self.stage}: {', '.join(where)}: {verdict}{at}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


@dataclass
class Comparison:
    """Counts of a comparison and the earliest difference.

    Parameters
    ----------
    compared : dict
        Values compared, by stage.
    mismatches : dict
        Values that differ, are missing or were not expected, by stage.
    first : Difference or None
        The earliest difference.
    """

    compared: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    mismatches: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    first: Difference | None = None

    @property
    def total(self) -> int:
        """Values compared in all stages."""
        return sum(self.compared.values())

    @property
    def total_mismatches(self) -> int:
        """Mismatches of all stages."""
        return sum(self.mismatches.values())

    def note(self, stage: str, count: int, difference: Difference) -> None:
        """Count mismatches of a stage; keep the difference if it is earlier than the one known."""
        self.mismatches[stage] += count
        if self.first is None or _moment(difference) < _moment(self.first):
            self.first = difference

    def as_dict(self) -> dict[str, Any]:
        """For JSON: counts by stage, the first difference with its one-line message."""
        first = None if self.first is None else {**self.first.as_dict(), "message": str(self.first)}
        return {"compared": self.compared, "mismatches": self.mismatches, "first_difference": first}


def _moment(difference: Difference) -> tuple[float, int]:
    """Order in which differences are told: by time, then by stage; missing events last."""
    return (_NEVER if difference.time is None else difference.time), STAGES.index(difference.stage)
