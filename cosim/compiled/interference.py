# SPDX-License-Identifier: BSD-3-Clause
"""What else happens while images run: register accesses, a stream that stops or ends wrongly, what is never ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .interface import ACCESS

__all__ = ["FOREVER", "BusAccess", "Interference", "access_table"]

#: A cycle that no run reaches.
FOREVER = 1 << 40


@dataclass(frozen=True)
class BusAccess:
    """One access to the registers, at the bus.

    Parameters
    ----------
    write : bool
        Else it reads.
    address : int
        Byte address.
    data, strobe : int
        What is written, and which of its bytes.
    cycle : int
        Of the run, before which it does not begin; it also waits for those of its direction before it.
    address_delay, data_delay, answer_delay : int
        Cycles from its beginning until the address is offered, the data is, an answer is taken.
    """

    write: bool
    address: int
    data: int = 0
    strobe: int = 0xF
    cycle: int = 0
    address_delay: int = 0
    data_delay: int = 0
    answer_delay: int = 0


@dataclass(frozen=True, eq=False)
class Interference:
    """What is done to a design besides its images.

    Parameters
    ----------
    accesses : structured array of ACCESS
        Register accesses (:func:`access_table`); their answers are written into it.
    last : bool array (images, beats) or None
        ``tlast`` of each word; on the last word of every image unless given.
    gaps : uint32 array (images, beats) or None
        Least cycles between a word of the stream and the one before it; 0 unless given.
    results_held, ready_held : (int, int)
        From which to before which cycle no result is taken, and the array is not ready.
    """

    accesses: NDArray[Any] = field(default_factory=lambda: np.zeros(0, ACCESS))
    last: NDArray[np.bool_] | None = None
    gaps: NDArray[np.uint32] | None = None
    results_held: tuple[int, int] = (0, 0)
    ready_held: tuple[int, int] = (0, 0)

    def arrays(self, shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
        """Arrays as the engine takes them, those that were not given left out; ``shape`` is that of the stream."""
        found: dict[str, NDArray[Any]] = {"accesses": self.accesses} if len(self.accesses) else {}
        for name, kind in (("last", np.uint8), ("gaps", np.uint32)):
            values = getattr(self, name)
            if values is not None:
                if values.shape != shape:
                    raise ValueError(f"{name} must have the stream's shape {shape}, not {values.shape}")
                found[name] = np.ascontiguousarray(values, kind)
        return found


def access_table(accesses: Sequence[BusAccess]) -> NDArray[Any]:
    """Accesses as the engine takes them, and leaves their answers: ``response``, ``value``, ``done`` (its cycle, or
    0)."""
    table = np.zeros(len(accesses), ACCESS)
    for row, access in zip(table, accesses, strict=True):
        for name, value in vars(access).items():
            row[name] = value
    return table
