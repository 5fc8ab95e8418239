# SPDX-License-Identifier: BSD-3-Clause
"""Files of a run folder: written whole or not at all, known by their hash."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from spintile.model.files import write_atomically

from ..errors import BadInput


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder. The lock goes with the process, however it ends.

    Raises
    ------
    BadInput
        If another run holds it.
    """
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{folder}: must not be in use by another run; wait for it, or give another --out") from None
        except OSError as error:  # some network file systems know no locks
            logging.getLogger(__name__).debug("%s: not locked: %s", folder, error)
        yield
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write a text file, all of it or nothing."""
    write_atomically(path, text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file; numpy numbers and arrays become plain ones."""
    write_text(path, as_json(value) + "\n")


def as_json(value: Mapping[str, Any]) -> str:
    """JSON of plain values; numpy numbers and arrays become plain ones."""
    return json.dumps(value, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"report values must be plain, not {type(value).__name__}")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def source_digest(*packages: str, patterns: Sequence[str] = ("*.py",)) -> str:
    """SHA-256 over the sources of packages: a result is reused only with the code that made it."""
    state = hashlib.sha256()
    for package in packages:
        # Packages map onto plain folders, so that the resource is a path.
        folder = Path(str(resources.files(package)))
        for path in sorted({path for pattern in patterns for path in folder.rglob(pattern)}):
            state.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
