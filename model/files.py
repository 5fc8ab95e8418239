# SPDX-License-Identifier: BSD-3-Clause
"""What every file of the model shares: whole or not at all when written, one clear line when it cannot be read."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file so that it is either the old one or all of the new one.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:  # the user knows nothing of the temporary file
        raise type(error)(error.errno, error.strerror, str(target)) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise type(error)(error.errno, error.strerror, str(target)) from None
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_toml(path: str | Path, version: int) -> dict[str, Any]:
    """Table of a TOML file that carries this ``format_version``, without it.

    Raises
    ------
    ValueError
        If the file is missing, is not TOML or has another version; the message names the file.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: must be a TOML file: {error}") from None
    found = table.pop("format_version", None)
    if found != version:
        raise ValueError(f"{path}: format_version must be {version}, not {found!r}")
    return table
