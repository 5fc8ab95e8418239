# SPDX-License-Identifier: BSD-3-Clause
"""Cuts a piece out of a waveform file (VCD, IEEE 1364-2005 clause 18), with the levels that hold where it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["cut_vcd", "last_time"]

#: Nanoseconds of the units in which a VCD file may count.
_UNITS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
#: When a file was written is no part of what it holds.
_DATE = re.compile(r"\$date.*?\$end\s*", re.DOTALL)
_TIMESCALE = re.compile(r"\$timescale\s+(1|10|100)\s*([a-z]+)\s+\$end")


def cut_vcd(source: Path, target: Path, start: float, stop: float) -> int:
    """Copy the changes between two times; everything before becomes the levels at the start.

    Parameters
    ----------
    source, target : Path
        VCD files.
    start, stop : float
        Times [ns]; the changes at both are in the piece.

    Returns
    -------
    int
        Changes copied, without the levels at the start.

    Raises
    ------
    ValueError
        If the file is no VCD with a timescale and a header, or the times are not in order.
    """
    if not start <= stop:
        raise ValueError(f"waveforms: start must be at most stop, not {start:g} and {stop:g} ns")
    with source.open() as lines:
        header, unit = _header(source, lines)
        return _copy(header, lines, target, start / unit, stop / unit)


def last_time(source: Path) -> float:
    """The last time of a VCD file [ns]; ValueError as ``cut_vcd``."""
    with source.open() as lines:
        _, unit = _header(source, lines)
        return max((time for time, _ in _changes(lines)), default=0) * unit


def _copy(header: str, lines: TextIO, target: Path, first: float, last: float) -> int:
    """Write the piece; times in units of the file."""
    with target.open("w") as out:
        out.write(_DATE.sub("", header))
        levels: dict[str, str] = {}
        inside = False
        copied = 0
        for time, text in _changes(lines):
            if time > last:
                break
            if not inside and time >= first:
                inside = True
                _begin(out, round(first), levels)
            if not text:
                if inside:
                    out.write(f"#{time}\n")
            elif inside:
                out.write(f"{text}\n")
                copied += 1
            else:
                levels[_identifier(text)] = text
        if not inside:
            _begin(out, round(first), levels)
        out.write(f"#{round(last)}\n")
    return copied


def _header(source: Path, lines: TextIO) -> tuple[str, float]:
    """The header and its unit of time [ns]."""
    header = ""
    for line in lines:
        header += line
        if "$enddefinitions" in line:
            break
    scale = _TIMESCALE.search(" ".join(header.split()))
    if scale is None or "$enddefinitions" not in header or scale.group(2) not in _UNITS:
        raise ValueError(f"{source}: must be a VCD file with a timescale and definitions")
    return header, int(scale.group(1)) * _UNITS[scale.group(2)]


def _changes(lines: TextIO) -> Iterator[tuple[int, str]]:
    """Every change with its time; a time itself comes as an empty change."""
    time = 0
    for line in lines:
        text = line.strip()
        if text.startswith("#"):
            time = int(text[1:])
            yield time, ""
        elif text and not text.startswith("$"):
            yield time, text


def _identifier(change: str) -> str:
    """The signal that a change is of: the last word of a vector's, the rest of a bit's."""
    return change.split()[-1] if change[:1] in "bBrRsS" else change[1:]


def _begin(out: TextIO, time: int, levels: dict[str, str]) -> None:
    out.write(f"#{time}\n$dumpvars\n")
    out.writelines(f"{change}\n" for change in levels.values())
    out.write("$end\n")
