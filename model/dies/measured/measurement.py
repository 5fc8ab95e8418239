# SPDX-License-Identifier: BSD-3-Clause
"""What readers of measured dies hand on: conductances and where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...reading import TABLE_BYTES, memory, read_text, shown


@dataclass(frozen=True, eq=False)
class Measurement:
    """Measured conductances, not yet judged.

    Parameters
    ----------
    g_p, g_ap : float64 arrays (dies, kernels, rows, cols)
        Conductance after P, and after AP, was written [S].
    die_ids : int64 array (dies,)
        Identifiers that the files give.
    units : str
        As declared.
    files : tuple of Path
        Read, in order.
    digest : str
        SHA-256 of their contents, in order.
    """

    g_p: NDArray[np.float64]
    g_ap: NDArray[np.float64]
    die_ids: NDArray[np.int64]
    units: str
    files: tuple[Path, ...] = ()
    digest: str = field(default="")


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the contents of files, one after the other."""
    running = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while part := stream.read(1 << 20):
                running.update(part)
    return running.hexdigest()


def read_table(path: Path) -> str:
    """A text file; ValueError names it if it is missing, is none, or is too large for this machine's memory."""
    # Fields of a table take some forty times the memory of their text.
    return read_text(path, min(TABLE_BYTES, memory() // 64), "utf-8-sig")


def number(text: str, where: str) -> float:
    """A decimal number; ValueError names its place."""
    try:
        if "_" in text:  # a number to Python only
            raise ValueError
        return float(text)
    except ValueError:
        raise ValueError(f"{where}: must be a number, not {shown(text.strip())}") from None
