# SPDX-License-Identifier: BSD-3-Clause
"""A bin of the functional coverage: something that a run must have shown at least once, or that is waived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Bin", "make_bins"]


@dataclass(frozen=True)
class Bin:
    """Something that must have happened.

    Parameters
    ----------
    name : str
        ``group.thing``; unique.
    what : str
        What happened when it is hit.
    waived : str
        Why it need not be hit; empty: it must be.
    """

    name: str
    what: str
    waived: str = ""

    @property
    def group(self) -> str:
        """The name up to its first dot."""
        return self.name.partition(".")[0]


def make_bins(table: Mapping[str, str], waived: Mapping[str, str] | None = None) -> list[Bin]:
    """Bins of a table from names to what they say; ``waived`` gives reasons by name.

    Raises
    ------
    KeyError
        If something is waived that is no bin.
    """
    reasons = dict(waived or {})
    found = [Bin(name, what, reasons.pop(name, "")) for name, what in table.items()]
    if reasons:
        raise KeyError(f"what is waived must be a bin, and {', '.join(reasons)} is not")
    return found
