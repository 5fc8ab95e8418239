# SPDX-License-Identifier: BSD-3-Clause
"""One case: a damaged file made from a number, read, and what came of it."""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import math
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

import numpy as np

from ..errors import BadInput
from .damage import damaged
from .places import put
from .samples import Reader

#: An error's line, its path aside, is at most this long.
LONGEST_LINE = 700
_SPECIAL = 0.04


class Outcome(StrEnum):
    """What came of a case. The first four are as they should be."""

    REFUSED = "refused"
    SAME = "same"
    WARNED = "warned"
    LAWFUL = "lawful"
    SILENT = "silent"
    UNLAWFUL = "unlawful"
    UNCLEAR = "unclear"
    ERROR = "error"
    RAN = "ran"
    MEMORY = "memory"
    CRASH = "crash"
    HANG = "hang"


#: Sound outcomes.
GOOD = (Outcome.REFUSED, Outcome.SAME, Outcome.WARNED, Outcome.LAWFUL)


@dataclass(frozen=True)
class Case:
    """A damaged input: its number, reader, and what was done to which file."""

    number: int
    reader: str
    damage: str
    file: str
    blind: bool


@dataclass(frozen=True)
class Verdict:
    """What came of a case, and the words that say more."""

    outcome: Outcome
    words: str = ""


def deal(readers: tuple[Reader, ...], seed: int, number: int) -> tuple[Reader, Random]:
    """Reader and generator of a case."""
    rng = Random(f"{seed} {number}")
    (reader,) = rng.choices(readers, [reader.share for reader in readers])
    return reader, rng


def make_case(reader: Reader, rng: Random, number: int, sound: Path, folder: Path, marker: Path) -> Case:
    """Make the damaged input of a case in a folder that is not there yet, from the sound inputs of its reader."""
    which = rng.randrange(2)
    shutil.copytree(sound / str(which), folder)
    name = rng.choice(reader.files)
    path = folder / name
    if rng.random() < _SPECIAL:
        return Case(number, reader.name, f"place: {put(path, rng)}", name, blind=True)
    if rng.random() < reader.forged:
        return Case(number, reader.name, reader.forge(path, rng, marker), name, blind=False)
    other = (sound / str(1 - which) / name).read_bytes()
    what, data = damaged(path.read_bytes(), rng, other)
    path.write_bytes(data)
    return Case(number, reader.name, what, name, blind=True)


def make_sound(reader: Reader, folder: Path) -> tuple[str, str]:
    """Write both sound inputs of a reader into ``0`` and ``1`` of a folder; digests of what they mean.

    Raises
    ------
    ValueError
        If the reader refuses one.
    """
    digests = []
    for number in range(2):
        place = folder / str(number)
        place.mkdir(parents=True)
        reader.make(place, number)
        digests.append(meaning(reader.read(place)))
    return digests[0], digests[1]


def judge(reader: Reader, case: Case, folder: Path, sound: tuple[str, ...], marker: Path) -> Verdict:
    """Read a damaged input and say what came of it."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        verdict = _read(reader, case, folder, sound)
    if marker.exists():
        marker.unlink()
        return Verdict(Outcome.RAN, "the file ran code")
    changed = any("was changed since it was written" in str(warning.message) for warning in heard)
    if verdict.outcome in (Outcome.SILENT, Outcome.LAWFUL) and changed:
        return Verdict(Outcome.WARNED)
    return verdict


def _read(reader: Reader, case: Case, folder: Path, sound: tuple[str, ...]) -> Verdict:
    try:
        found = reader.read(folder)
        unlawful = "" if reader.numbers == "any" else first_unlawful(found)
        digest = meaning(found)
    except (ValueError, BadInput) as error:
        return _words(str(error), folder)
    except MemoryError as error:
        del error
        gc.collect()
        return Verdict(Outcome.MEMORY, "MemoryError")
    except Exception as error:
        return Verdict(Outcome.ERROR, f"{type(error).__name__}: {error}"[:300])
    if digest in sound:
        return Verdict(Outcome.SAME)
    if unlawful:
        return Verdict(Outcome.UNLAWFUL, unlawful)
    if case.blind and reader.protection != "none":
        return Verdict(Outcome.SILENT, "accepted with another meaning")
    return Verdict(Outcome.LAWFUL)


def _words(text: str, folder: Path) -> Verdict:
    """Whether an error is one clear line that names the file."""
    rest = text.replace(str(folder), "")
    if not text.startswith(str(folder)):
        return Verdict(Outcome.UNCLEAR, f"does not begin with the file's name: {text[:200]!r}")
    if not rest.isprintable():
        return Verdict(Outcome.UNCLEAR, f"is no printable line: {rest[:200]!r}")
    if len(rest) > LONGEST_LINE:
        return Verdict(Outcome.UNCLEAR, f"is {len(rest)} characters long: {rest[:100]!r}")
    return Verdict(Outcome.REFUSED, rest)


def meaning(value: object) -> str:
    """SHA-256 of everything in a value, hexadecimal."""
    digest = hashlib.sha256()

    def add(part: object) -> None:
        if isinstance(part, np.ndarray):
            digest.update(f"array {part.dtype.newbyteorder('<').str} {part.shape} ".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        elif dataclasses.is_dataclass(part):
            digest.update(type(part).__name__.encode())
            add({field.name: getattr(part, field.name) for field in dataclasses.fields(part)})
        elif isinstance(part, Mapping):
            digest.update(f"table {len(part)} ".encode())
            for key in sorted(part, key=str):
                digest.update(f"{key!r}: ".encode(errors="surrogatepass"))
                add(part[key])
        elif isinstance(part, list | tuple):
            digest.update(f"list {len(part)} ".encode())
            for entry in part:
                add(entry)
        else:
            digest.update(f"{type(part).__name__} {part!r} ".encode(errors="surrogatepass"))

    add(value)
    return digest.hexdigest()


def first_unlawful(value: object, place: str = "") -> str:
    """Place of a number that is not finite where a reader let it through; empty if there is none.

    The upper end of an interval may be infinite.
    """
    if isinstance(value, np.ndarray):
        return f"{place}: not finite" if value.dtype.kind == "f" and not np.isfinite(value).all() else ""
    if isinstance(value, float) and not math.isfinite(value):
        return "" if place.startswith(".estimates.") and value > 0 else f"{place}: {value}"
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        entries = [(f"{place}.{key}", entry) for key, entry in value.items()]
    elif isinstance(value, list | tuple):
        entries = [(f"{place}[{index}]", entry) for index, entry in enumerate(value)]
    else:
        entries = []
    return next((found for name, entry in entries if (found := first_unlawful(entry, name))), "")
