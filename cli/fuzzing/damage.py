# SPDX-License-Identifier: BSD-3-Clause
"""Damage that knows nothing of a file's form: what disks, transfers and editors do to bytes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_LONGEST = 4096


def _place(data: bytes, rng: Random) -> tuple[int, int]:
    """Begin and end of some part, most often a short one."""
    begin = rng.randrange(len(data) + 1)
    length = rng.choice((1, 2, 4, 8, 16, 64, 512, _LONGEST))
    return begin, min(len(data), begin + rng.randint(1, length))


def _flip(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, rng: Random) -> bytes:
    begin, end = _place(data, rng)
    fill = rng.choice((b"\0", b"\xff", b" ", b"\n", b""))
    return data[:begin] + (fill * (end - begin) if fill else rng.randbytes(end - begin)) + data[end:]


def _integer(data: bytes, rng: Random) -> bytes:
    """An extreme number of 1, 2, 4 or 8 bytes, in either order."""
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice((0, 1, (1 << (8 * size)) - 1, (1 << (8 * size - 1)) - 1, 1 << (8 * size - 1), 1 << (4 * size)))
    begin = rng.randrange(len(data) + 1)
    return data[:begin] + value.to_bytes(size, rng.choice(("big", "little"))) + data[begin + size :]


def _truncate(data: bytes, rng: Random) -> bytes:
    return data[: rng.choice((rng.randrange(len(data)), len(data) - rng.randint(1, min(100, len(data)))))]


def _behead(data: bytes, rng: Random) -> bytes:
    return data[rng.randrange(1, len(data) + 1) :]


def _delete(data: bytes, rng: Random) -> bytes:
    begin, end = _place(data, rng)
    return data[:begin] + data[end:]


def _repeat(data: bytes, rng: Random) -> bytes:
    begin, end = _place(data, rng)
    return data[:end] + data[begin:end] * rng.choice((1, 1, 2, 16)) + data[end:]


def _insert(data: bytes, rng: Random) -> bytes:
    begin = rng.randrange(len(data) + 1)
    return data[:begin] + rng.randbytes(rng.choice((1, 3, 8, 100))) + data[begin:]


def _append(data: bytes, rng: Random) -> bytes:
    return data + rng.choice((b"\0", b"\n", b"\0" * 512, rng.randbytes(64), data))


def _move(data: bytes, rng: Random) -> bytes:
    begin, end = _place(data, rng)
    rest = data[:begin] + data[end:]
    to = rng.randrange(len(rest) + 1)
    return rest[:to] + data[begin:end] + rest[to:]


def _nothing(data: bytes, rng: Random) -> bytes:
    return b""


def _noise(data: bytes, rng: Random) -> bytes:
    return rng.randbytes(rng.choice((1, 7, 64, 1000)))


_WAYS: tuple[tuple[int, Callable[[bytes, Random], bytes]], ...] = (
    (12, _flip),
    (6, _overwrite),
    (6, _integer),
    (6, _truncate),
    (1, _behead),
    (4, _delete),
    (3, _repeat),
    (3, _insert),
    (2, _append),
    (2, _move),
    (1, _nothing),
    (1, _noise),
)


def damaged(data: bytes, rng: Random, other: bytes = b"") -> tuple[str, bytes]:
    """A name of what was done, and the bytes.

    Parameters
    ----------
    data : bytes
        Sound, not empty.
    rng : Random
    other : bytes
        Another sound file of the same form, for a splice of both; empty: none.
    """
    if other and rng.random() < 0.06:
        begin, end = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
        return "splice", data[:begin] + other[rng.choice((begin, end)) :]
    (way,) = rng.choices([way for _, way in _WAYS], [weight for weight, _ in _WAYS])
    return way.__name__.strip("_"), way(data, rng)
