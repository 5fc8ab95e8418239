# SPDX-License-Identifier: BSD-3-Clause
"""Damage to texts that keeps their form: numbers, words, lines, keys; TOML, JSON and tables alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

_TOKEN = re.compile(rb"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|[A-Za-z_]\w*")
#: What takes the place of a number or a word.
_WORDS = [
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "-0.0",
    "1e400",
    "-1e-400",
    "1e308",
    "5e-324",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
    "0x10",
    "1_0",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[[]]",
    '""',
    "''",
    '"\\u0000"',
    "1,2",
    ".5",
    "5.",
    "+",
    "1e9",
    "1e-12",
    "NaN",
    "Infinity",
    "None",
    "../x",
    "/dev/zero",
    "$(id)",
    "%s",
    "{0}",
    "٣",
    "²",
    "−",
    "1970-01-01",
    "=cmd()",
    "#",
]
_LARGE: tuple[Callable[[Random], str], ...] = (
    lambda rng: "9" * rng.choice((400, 5000)),
    lambda rng: "x" * rng.choice((1000, 100_000)),
    lambda rng: "[" * rng.choice((10, 500, 100_000)),
    lambda rng: "[" * 200 + "]" * 200,
    lambda rng: '{"a":' * rng.choice((70, 20_000)),
    lambda rng: "{a=" * 400 + "1" + "}" * 400,
    lambda rng: ".".join("a" * rng.choice((500, 60_000))) + " = 1",
    lambda rng: "0." + "1" * 10_000,
    lambda rng: "1," * 10_000,
    lambda rng: "\x1b[31m\x07\r",
    lambda rng: "\u202e\ufeff",
)


def _word(rng: Random) -> bytes:
    text = rng.choice(_LARGE)(rng) if rng.random() < 0.2 else rng.choice(_WORDS)
    return text.encode()


def _token(data: bytes, rng: Random) -> bytes:
    """Another word in the place of a number or a name."""
    found = list(_TOKEN.finditer(data))
    if not found:
        return data + _word(rng)
    chosen = rng.choice(found)
    return data[: chosen.start()] + _word(rng) + data[chosen.end() :]


def _near(data: bytes, rng: Random) -> bytes:
    """A number that could have been meant."""
    found = [one for one in _TOKEN.finditer(data) if one[0][:1].isdigit()]
    if not found:
        return data + b"1"
    chosen = rng.choice(found)
    text = bytearray(chosen[0])
    text[rng.randrange(len(text))] = rng.choice(b"0123456789")
    return data[: chosen.start()] + bytes(text) + data[chosen.end() :]


def _lines(data: bytes, rng: Random) -> bytes:
    """A line gone, doubled, moved, cut, or a strange one."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    way = rng.randrange(6)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(rng.randrange(len(lines) + 1), lines[at])
    elif way == 2:
        lines.insert(rng.randrange(len(lines)), lines.pop(at))
    elif way == 3:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif way == 4:
        lines.insert(at, _word(rng) + rng.choice((b"", b" = 1", b":", b",1,2,3")))
    else:
        del lines[at:]
    return b"\n".join(lines)


def _marks(data: bytes, rng: Random) -> bytes:
    """Other ends of lines, separators, encodings."""
    old, new = rng.choice(
        (
            (b"\n", b"\r\n"),
            (b"\n", b"\r"),
            (b",", b";"),
            (b".", b","),
            (b" ", b"\t"),
            (b'"', b""),
            (b"\n", b"\x0b"),
            (b"=", b":"),
            (b"-", "\N{EN DASH}".encode()),
        )
    )
    if rng.random() < 0.15:
        text = data.decode(errors="replace")
        return text.encode(rng.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7")))
    return data.replace(old, new, rng.choice((-1, 1)))


def _bomb(data: bytes, rng: Random) -> bytes:
    """Far too much of it."""
    return rng.choice((b"[" * 1_000_000, data * 200, b"a." * 100_000 + b"a = 1\n", b"\n" * 300_000, b"1," * 200_000))


def damaged_text(data: bytes, rng: Random) -> tuple[str, bytes]:
    """A name of what was done, and the bytes."""
    ways = (_token, _near, _lines, _marks, _bomb)
    (way,) = rng.choices(ways, (10, 6, 8, 2, 0.3))
    return f"text {way.__name__.strip('_')}", way(data, rng)


#: Values that a field of JSON may be given.
_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1 << 31,
    1 << 63,
    1 << 70,
    10**400,
    0.5,
    1e308,
    "",
    "x",
    "\x00\n\x1b[31m",
    "9" * 5000,
    [],
    {},
    [[]],
    [[1], [2, 3]],
    ["x"],
    [True],
    {"a": {}},
    [1e300] * 50,
    [[[[[[[[[[[[0]]]]]]]]]]]],
)


def damaged_document(document: Any, rng: Random) -> tuple[str, Any]:
    """A name of what was done, and a JSON document with one value changed, gone, moved or new."""
    changed = json.loads(json.dumps(document))
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        for key in keys:
            places.append((value, key))
            walk(value[key])

    walk(changed)
    if not places:
        return "field", rng.choice(_VALUES)
    # Large lists would otherwise take all of the attention.
    heads = [place for place in places if isinstance(place[0], dict)]
    holder, key = rng.choice(heads if heads and rng.random() < 0.6 else places)
    way = rng.randrange(5)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[rng.choice(("x", "", key + "_", "__class__", "a.b"))] = holder[key]
    elif way == 2:
        holder[key] = [holder[key]]
    elif way == 3 and isinstance(holder[key], int | float):
        holder[key] = rng.choice((holder[key] + 1, -holder[key], holder[key] * 1000, holder[key] + 0.5))
    else:
        holder[key] = rng.choice(_VALUES)
    return "field", changed


def doubled_key(text: str, rng: Random) -> str:
    """A JSON text with one of its keys twice in the same table, with another value."""
    found = list(re.finditer(r'"(\w+)": ?', text))
    if not found:
        return text + text
    chosen = rng.choice(found)
    return f'{text[: chosen.start()]}"{chosen[1]}": {rng.choice(("0", "null", "[]"))}, {text[chosen.start() :]}'
