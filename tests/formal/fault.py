# SPDX-License-Identifier: BSD-3-Clause
"""What a deliberate fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spintile.cosim.formal import Properties

__all__ = ["Fault"]


@dataclass(frozen=True)
class Fault:
    """A property set on a faulty block, the claim that must find the fault alone, and cycles in which it does."""

    make: Callable[[], Properties]
    breaks: str
    depth: int = 10
