# SPDX-License-Identifier: BSD-3-Clause
"""Damage inside of containers: safetensors, JSON with a hash, NPZ, gzip and xz.

What a hash protects is changed and hashed again: the reader then stands alone against contents that nobody should have
written.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import json
import lzma
import pickle
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from .text_damage import damaged_document, doubled_key


def forged_json(data: bytes, rng: Random) -> tuple[str, bytes]:
    """A JSON file with a changed field, and where it has a hash under ``sha256``, the right one for it."""
    document = json.loads(data)
    if rng.random() < 0.15:
        return "doubled key", doubled_key(json.dumps(document), rng).encode()
    hashed = isinstance(document, dict) and document.pop("sha256", None) is not None
    way, changed = damaged_document(document, rng)
    if hashed and isinstance(changed, dict):
        changed["sha256"] = hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()
    return way, json.dumps(changed).encode()


def split_safetensors(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and arrays of a safetensors file."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def join_safetensors(header: dict[str, Any] | str, body: bytes) -> bytes:
    """The file again."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + body


def forged_safetensors(data: bytes, rng: Random, hashed: Callable[[dict[str, Any], bytes], None]) -> tuple[str, bytes]:
    """A file whose header, texts or values were changed.

    Parameters
    ----------
    data : bytes
    rng : Random
    hashed : callable
        Puts the right hash of the contents into a header with these bytes of arrays.
    """
    header, body = split_safetensors(data)
    way = rng.randrange(7)
    if way == 0:
        name, changed = damaged_document(header, rng)
        return f"header {name}", join_safetensors(json.dumps(changed), body)
    if way == 1:
        return "header doubled key", join_safetensors(doubled_key(json.dumps(header), rng), body)
    if way == 2:
        length = rng.choice((0, 1, 1 << 20, 1 << 33, (1 << 64) - 1))
        return "header length", length.to_bytes(8, "little") + data[8:]
    if way == 3 and body:
        changed_body = bytearray(body)
        for _ in range(rng.choice((1, 4))):
            changed_body[rng.randrange(len(body))] = rng.choice((0, 1, 2, 127, 128, 255))
        body = bytes(changed_body)
    elif way == 4:
        names = [name for name in header if name != "__metadata__"]
        chosen = header[rng.choice(names)]
        chosen["shape"] = rng.choice(
            ([], [0], chosen["shape"][::-1], [1, *chosen["shape"]], [1 << 40], [1 << 62, 4], [-1], [int(1e18), 0])
        )
    else:
        (key,) = header["__metadata__"]
        _, changed = damaged_document(json.loads(header["__metadata__"][key]), rng)
        header["__metadata__"][key] = json.dumps(changed)
    try:
        hashed(header, body)
    except Exception:  # what is hashed is no longer of the form that the hash is made of
        return "contents, no hash", join_safetensors(header, body)
    return "contents", join_safetensors(header, body)


class _Touch:
    """Pickles as a call that makes a file: it must never be made."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.path, "w"))


def npy(array: np.ndarray, marker: Path | None = None) -> bytes:
    """Bytes of an .npy file; with a marker, of one that holds a pickled call in place of the array."""
    stream = io.BytesIO()
    if marker is not None:
        objects = np.empty(1, object)
        objects[0] = _Touch(str(marker))
        np.lib.format.write_array(stream, objects, allow_pickle=True)
    else:
        np.lib.format.write_array(stream, array, allow_pickle=False)
    return stream.getvalue()


def forged_npy(array: np.ndarray, rng: Random, marker: Path) -> tuple[str, bytes]:
    """An .npy file of an array that is none, or too large, or no numbers."""
    way = rng.randrange(8)
    if way == 0:
        return "pickle", npy(array, marker)
    if way == 1:
        return "bare pickle", pickle.dumps(_Touch(str(marker)))
    if way == 2:
        kind = rng.choice(("S3", "U2", "M8[s]", "c16", "?", ">f8", "f2", "i1", "u8", [("a", "f8")], "V3"))
        return "kind", npy(np.zeros(array.shape, kind))
    if way == 3:
        shape = rng.choice(((), (0,), array.shape[::-1], (*array.shape, 1), (1, *array.shape), (1,) * 32))
        return "shape", npy(np.resize(array, shape))
    if way == 4:
        changed = array.astype(float).copy()
        changed.flat[rng.randrange(changed.size)] = rng.choice((np.nan, np.inf, -np.inf, -1.0, 1e308, 5e-324))
        return "value", npy(changed)
    data = npy(array)
    if way == 5:
        shape_text = rng.choice(("(1000000000000,)", "(1073741824, 8)", "(-1,)", "(True,)", "(2.5,)", "()", "(9,) * 9"))
        return "header", _header(data, f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape_text}, }}")
    if way == 6:
        texts = ("[" * 9000, "1" * 9000, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "x()", "{}")
        return "header", _header(data, rng.choice((*texts, "-" * 9000 + "1", "{'descr': '<U2000000000',}")))
    return "version", data[:6] + bytes((rng.randrange(256), rng.randrange(4))) + data[8:]


def _header(data: bytes, text: str) -> bytes:
    length = int.from_bytes(data[8:10], "little")
    head = text.encode() + b"\n"
    return data[:8] + (len(head) & 0xFFFF).to_bytes(2, "little") + head + data[10 + length :]


@functools.lru_cache(maxsize=8)
def _npz_bomb(member: str) -> bytes:
    """An NPZ file of some kilobytes whose one array has 100 MB; made once."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        content = npy(np.zeros(1, "f8"))[:-8].replace(b"(1,), }" + b" " * 7, b"(12500000,), }") + bytes(100_000_000)
        archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_BZIP2)
    return stream.getvalue()


def forged_npz(arrays: dict[str, np.ndarray], rng: Random, marker: Path) -> tuple[str, bytes]:
    """An NPZ file with one strange member, or a strange archive."""
    members = {f"{name}.npy": npy(array) for name, array in arrays.items()}
    chosen = rng.choice(sorted(arrays))
    way = rng.randrange(7)
    name = "archive"
    extra: list[tuple[str, bytes]] = []
    if way < 3:
        name, members[f"{chosen}.npy"] = forged_npy(arrays[chosen], rng, marker)
    elif way == 3:
        if rng.random() < 0.8:
            return "npz bomb", _npz_bomb(f"{chosen}.npy")
        name = "bomb"
        zeros = npy(np.zeros(1, "f8"))
        shape = "(50000000,)"
        head = _header(zeros, f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}")[:-8]
        members[f"{chosen}.npy"] = head + bytes(1 << 20)
    elif way == 4:
        name = "twice"
        extra = [(f"{chosen}.npy", npy(arrays[chosen] * 2))]
    elif way == 5:
        name = "names"
        extra = [(rng.choice(("../x.npy", "/x.npy", "g_p", "x" * 60_000, "die.npy", "unit.npy")), npy(np.zeros(3)))]
    else:
        del members[f"{chosen}.npy"]
    stream = io.BytesIO()
    compression = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")  # a name that comes twice
        for member, content in [*members.items(), *extra]:
            archive.writestr(zipfile.ZipInfo(member), content, compression)
    data = stream.getvalue()
    if name == "archive" and rng.random() < 0.5:
        place = data.rindex(b"PK\x01\x02") + rng.randrange(46)
        data = data[:place] + bytes((rng.randrange(256),)) + data[place + 1 :]
    return f"npz {name}", data


@functools.lru_cache(maxsize=8)
def _packed(how: str, head: bytes, zeros: int) -> bytes:
    """A beginning and very many zeros, packed; made once, since it takes a second."""
    content = head + bytes(zeros)
    return gzip.compress(content, 1, mtime=0) if how == "gzip" else lzma.compress(content, preset=0)


def forged_gzip(content: bytes, rng: Random) -> tuple[str, bytes]:
    """Gzip with a bomb, several members, a wrong sum, or a changed header of what is inside."""
    way = rng.randrange(6)
    if way == 0:
        return "bomb", _packed("gzip", content[:16], rng.choice((1 << 20, 1 << 27)))
    if way == 1:
        shape = (60_000).to_bytes(4, "big") + (20_000).to_bytes(4, "big") * 2
        return "huge shape", gzip.compress(content[:4] + shape + bytes(1 << 20))
    if way == 2:
        return "members", gzip.compress(content[:30]) + gzip.compress(content[30:])
    packed = bytearray(gzip.compress(content))
    if way == 3:
        packed[-rng.randint(1, 8)] ^= 1 << rng.randrange(8)
        return "wrong sum", bytes(packed)
    if way == 4:
        return "behind the end", bytes(packed) + rng.choice((b"x", bytes(9), bytes(packed)))
    changed = bytearray(content)
    changed[rng.randrange(min(16, len(content)))] = rng.randrange(256)
    return "contents", rng.choice((gzip.compress, bytes, zlib.compress))(bytes(changed))


def forged_xz(content: bytes, rng: Random) -> tuple[str, bytes]:
    """xz with a bomb, a changed header of what is inside, another container, a dictionary of gigabytes."""
    way = rng.randrange(6)
    head, _, body = content.partition(b"\n")
    if way == 0:
        return "bomb", _packed("xz", content, rng.choice((1 << 20, 1 << 27)))
    if way == 1:
        name, changed = damaged_document(json.loads(head), rng)
        return name, lzma.compress(json.dumps(changed).encode() + b"\n" + body)
    if way == 2:
        return "other container", lzma.compress(content, format=lzma.FORMAT_ALONE)
    if way == 3:
        return "behind the end", lzma.compress(content) + rng.choice((b"x", bytes(4), lzma.compress(content)))
    if way == 4:
        # The size of the dictionary stands in the block header, whose sum is made anew.
        packed = bytearray(lzma.compress(content))
        size = (packed[12] + 1) * 4
        packed[16] = rng.randrange(42)
        packed[12 + size - 4 : 12 + size] = zlib.crc32(packed[12 : 12 + size - 4]).to_bytes(4, "little")
        return "dictionary", bytes(packed)
    return "no header", lzma.compress(rng.choice((b"", b"\n", b"{" * 5000, b"[" * 4000, body)))
