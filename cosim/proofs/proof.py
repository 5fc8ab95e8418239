# SPDX-License-Identifier: BSD-3-Clause
"""What a proof is: a property set, the chip it is closed on, and what it says of which blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from spintile.model.geometry import Geometry

from ..formal import Properties

__all__ = ["Kind", "Proof"]

#: What a property set is about: what must never happen, what must happen in time, what is computed, or a bus's rules.
Kind = Literal["safety", "progress", "function", "protocol"]


@dataclass(frozen=True)
class Proof:
    """A property set on a chip, and the induction that closes it.

    Parameters
    ----------
    blocks : tuple of str
        Modules of ``spintile.rtl`` that it speaks of, the first one foremost: ``row_driver``, ``writing.pulse``.
    kind : {"safety", "progress", "function", "protocol"}
        What it is about.
    make : callable
        Makes the property set of a geometry.
    geometry : Geometry
        The chip on which it is proved.
    depth : int
        Longest induction that it may need.
    covered : int
        Cycles within which the covers are reached, on ``small``.
    broken : int
        Cycles within which a faulty signal breaks every claim, there too.
    small : Geometry, optional
        Chip on which covers and faults are looked for, if not on the one of the proof.
    make_small : callable, optional
        Property set for that, if it is another.
    """

    blocks: tuple[str, ...]
    kind: Kind
    make: Callable[[Geometry], Properties]
    geometry: Geometry
    depth: int = 1
    covered: int = 10
    broken: int = 6
    small: Geometry | None = None
    make_small: Callable[[Geometry], Properties] | None = None

    def properties(self) -> Properties:
        """The property set that is proved."""
        return self.make(self.geometry)

    def small_properties(self) -> Properties:
        """The property set in which covers and faults are looked for."""
        return (self.make_small or self.make)(self.small or self.geometry)
