# SPDX-License-Identifier: BSD-3-Clause
"""What every file of the model shares: whole or not at all when written, one clear line when it cannot be read."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import tempfile
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from .reading import SETTINGS_BYTES, one_line, read_text, shown


class _Dataclass(Protocol):
    """Any dataclass, to a type checker."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Parameters = TypeVar("Parameters", bound=_Dataclass)

_LONGEST_LINE = 1 << 14
_WRITTEN = "# SHA-256 of the lines below, as they were written: "
#: What TOML may give for a field, by its annotation; the classes themselves check ranges.
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "float": ((int, float), "a number"),
    "float | None": ((int, float), "a number"),
    "int": ((int,), "an integer"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "a text"),
    "tuple[int, ...]": ((list,), "a list of integers"),
}


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


def write_toml(path: str | Path, lines: Sequence[str]) -> None:
    """Write lines of TOML, atomically, below a remark with their SHA-256: ``read_toml`` warns of what was changed."""
    text = "\n".join(lines) + "\n"
    write_atomically(path, f"{_WRITTEN}{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())


def read_toml(path: str | Path, version: int) -> dict[str, Any]:
    """Table of a TOML file that carries this ``format_version``, without it.

    Raises
    ------
    ValueError
        If the file is missing, is not TOML or has another version; the message names the file.

    Warns
    -----
    UserWarning
        If the file carries the hash of what was once written into it, and holds something else by now.
    """
    text = read_text(path, SETTINGS_BYTES)
    try:
        # A dotted key costs the square of its parts.
        if max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
            raise ValueError(f"lines must have at most {_LONGEST_LINE} characters")
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of numbers with thousands of digits
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else one_line(error)
        raise ValueError(f"{path}: must be a TOML file: {reason}") from None
    found = table.pop("format_version", None)
    if type(found) is not int or found != version:
        raise ValueError(f"{path}: format_version must be {version}, not {shown(found)}")
    first, _, rest = text.partition("\n")
    # Known by its digits too, so that damage to its words does not hide damage below.
    hashed = first.startswith("#") and (first.startswith(_WRITTEN) or re.search("[0-9a-f]{40}", first) is not None)
    if hashed and first != _WRITTEN + hashlib.sha256(rest.encode()).hexdigest():
        warnings.warn(
            f"{path}: was changed since it was written; if that was on purpose, remove its first line", stacklevel=2
        )
    return table


def from_table(kind: type[Parameters], name: str, table: object) -> Parameters:
    """A dataclass of parameters from a table of a TOML file.

    Parameters
    ----------
    kind : type
        The dataclass. Fields of other types than a number, a truth value, a text or integers come as they are.
    name : str
        What errors call the table.
    table : object
        From the file.

    Raises
    ------
    ValueError
        If it is no table, or a field is unknown, absent or of another type; the message names the field.
    """
    if not isinstance(table, dict):
        raise ValueError(f"{name} must be a table, not {shown(table)}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(table) - set(fields))
    if unknown:
        raise ValueError(f"{name}: fields must be among {', '.join(sorted(fields))}, not {shown(unknown[0])}")
    absent = sorted(
        key
        for key, entry in fields.items()
        if key not in table and entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    )
    if absent:
        raise ValueError(f"{name}: field {absent[0]!r} must be given")
    for key, value in table.items():
        kinds = _TYPES.get(str(fields[key].type))
        if kinds and not (_is_one_of(value, kinds[0]) and all(_is_one_of(item, (int,)) for item in _items(value))):
            raise ValueError(f"{name}: {key} must be {kinds[1]}, not {shown(value)}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_one_of(value: object, kinds: tuple[type, ...]) -> bool:
    # In Python, True is an integer. Beyond 64 bits an integer is none that a field means, nor that a float holds.
    huge = isinstance(value, int) and not -(1 << 63) <= value < 1 << 63
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)) and not huge


def toml_lines(table: Mapping[str, Any]) -> list[str]:
    """Lines of a TOML table of numbers, truth values, texts and lists of numbers; what is None is left out."""
    lines = []
    for key, value in table.items():
        if value is None:
            continue
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, str):
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        elif isinstance(value, tuple | list):
            text = "[" + ", ".join(str(item) for item in value) + "]"
        else:
            text = repr(value)
        lines.append(f"{key} = {text}")
    return lines
