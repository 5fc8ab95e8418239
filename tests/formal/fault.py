# SPDX-License-Identifier: BSD-3-Clause
"""What a deliberate fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spintile.cosim.formal import Properties, faulty
from spintile.model.geometry import Geometry

__all__ = ["Fault", "in_source"]


@dataclass(frozen=True)
class Fault:
    """A property set on a faulty block, the claim that must find the fault alone, and cycles in which it does."""

    make: Callable[[], Properties]
    breaks: str
    depth: int = 10


def in_source(
    make: Callable[..., Properties], geometry: Geometry, block: type
) -> Callable[[str, str], Callable[[], Properties]]:
    """Faults of a block: what its source reads and what it reads instead give a property set on the faulty block."""
    return lambda before, after: lambda: make(geometry, faulty(block, before, after))
