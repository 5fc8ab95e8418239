# SPDX-License-Identifier: BSD-3-Clause
"""Reading files that may hold, or be, anything: the first touch of every reader.

Only regular files are opened: a pipe would wait for ever and a device never end. Sizes have bounds, JSON has no
duplicated keys, no numbers that JSON lacks and no depth that would exhaust the stack, and whatever an error quotes from
a file is short and printable.
"""

from __future__ import annotations

import errno
import itertools
import json
import math
import os
import re
import reprlib
import resource
import stat
from pathlib import Path
from typing import Any

#: Largest files [bytes] of settings, of JSON, and of tables of measurements.
SETTINGS_BYTES = 1 << 18
JSON_BYTES = 1 << 25
TABLE_BYTES = 1 << 29
#: Brackets within brackets; the toolkit's own files have less than ten.
_DEPTH = 64
_CHUNK = 1 << 20
#: An array may be this many times as large as the compressed file that it comes from: deflate reaches 1032.
_RATIO, _FREE = 1100, 1 << 26
_STEPS = {0x5B: 1, 0x7B: 1, 0x5D: -1, 0x7D: -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 80
_repr.maxlevel = 2
_repr.maxdict = _repr.maxlist = _repr.maxtuple = 4


def shown(value: object) -> str:
    """A value as an error quotes it: one short line, however large or deep it is."""
    return _repr.repr(value)


def one_line(error: BaseException | str, most: int = 300) -> str:
    """What an error says, as one printable line."""
    text = str(error) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"{text} is missing"
    text = "".join(mark if mark.isprintable() else " " for mark in text)
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 4] + " ..."


def check_regular(path: str | Path) -> os.stat_result:
    """State of a regular file, or of what a link to one leads to.

    Raises
    ------
    ValueError
        If there is none, or it is something else; the message says what.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except NotADirectoryError:
        raise ValueError(f"{path}: there is no such file: part of its path is no folder") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    _refuse_other(path, status)
    return status


def _refuse_other(path: str | Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for test, name in _KINDS if test(status.st_mode)), "something else")
        raise ValueError(f"{path}: must be a regular file, not {kind}")


def read_regular(path: str | Path, most: int) -> bytes:
    """Contents of a regular file.

    Parameters
    ----------
    path : path
    most : int
        Largest size [bytes].

    Raises
    ------
    ValueError
        If there is none, it is a folder, a pipe or a device, cannot be read, or is larger; the message names it.
    """
    check_regular(path)
    try:
        # Without O_NONBLOCK a pipe that took the file's place would wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(handle)
            _refuse_other(path, status)
            # As much as there is, and a byte more: asked for all that could be, a stream allocates it.
            data = stream.read(min(most, status.st_size) + 1)
            while len(data) <= most and (more := stream.read(_CHUNK)):
                data += more
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {os.strerror(error.errno or errno.EIO)}") from None
    if len(data) > most:
        raise ValueError(f"{path}: must have at most {most} bytes, and has more")
    return data


def read_text(path: str | Path, most: int, encoding: str = "utf-8") -> str:
    """Contents of a regular text file; ValueError as ``read_regular``, and if it is no text."""
    try:
        return read_regular(path, most).decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be a text file in UTF-8: byte {error.start} is not") from None


def parse_json(data: bytes | str) -> Any:
    """The value of a JSON text: strict, and of bounded depth.

    Raises
    ------
    ValueError
        If it is none, a key comes twice in a table, a number is not finite, or it is nested too deeply.
    """
    text = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    # Brackets inside of strings do not count. The parser itself would meet the end of the stack at some depth.
    marks = _STRINGS.sub(b"", text).translate(None, _NO_BRACKETS)
    if max(itertools.accumulate(map(_STEPS.__getitem__, marks)), default=0) > _DEPTH:
        raise ValueError(f"JSON must be nested at most {_DEPTH} deep")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:  # brackets behind the first error, which the count above takes for strings
        raise ValueError(f"JSON must be nested at most {_DEPTH} deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"key {shown(key)} must come once in a table, not twice")
            seen.add(key)
    return table


def _no_constant(name: str) -> Any:
    raise ValueError(f"numbers must be finite, not {name}")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"numbers must be finite, not {shown(text)}")
    return value


def memory() -> int:
    """Bytes that this process may have: this machine's memory, or its limit on addresses."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return physical if limit == resource.RLIM_INFINITY else min(physical, limit)


def check_expansion(size: int, compressed: int, ratio: int = _RATIO) -> None:
    """Raise ValueError, without a file's name, if arrays of so many bytes cannot honestly come from so small a file.

    Parameters
    ----------
    size : int
        Bytes of all arrays in memory.
    compressed : int
        Bytes of the file.
    ratio : int
        Most that the compression can gain.
    """
    if size > ratio * compressed + _FREE:
        raise ValueError(f"its arrays must be what {compressed} bytes can hold, not {size} bytes")
    if size > memory() // 2:
        raise ValueError(f"an array of it must fit into half of this machine's memory, and {size} bytes do not")
