# SPDX-License-Identifier: BSD-3-Clause
"""Damage that knows the form of a file, by reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from spintile.model.data.bundle_file import pack_bundle
from spintile.model.network.files import content_hash
from spintile.model.sweep.results import document_hash

from .container_damage import forged_gzip, forged_json, forged_npy, forged_npz, forged_safetensors, forged_xz
from .hdf5_damage import forged_hdf5
from .sound import measured, sound_images, states
from .text_damage import damaged_text

#: What changes a file with knowledge of its form: (path, generator, marker that must never appear) to a name.
Forge = Callable[[Path, Random, Path], str]


def forge_npz(path: Path, rng: Random, marker: Path) -> str:
    name, data = forged_npz(measured(0)[1], rng, marker)
    path.write_bytes(data)
    return name


def forge_idx(path: Path, rng: Random, marker: Path) -> str:
    content = path.read_bytes()
    name, data = forged_gzip(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content, rng)
    path.write_bytes(data)
    return name


def forge_bundle(path: Path, rng: Random, marker: Path) -> str:
    import lzma

    name, data = forged_xz(lzma.decompress(pack_bundle(sound_images(0))), rng)
    path.write_bytes(data)
    return name


def forge_text(path: Path, rng: Random, marker: Path) -> str:
    name, data = damaged_text(path.read_bytes(), rng)
    path.write_bytes(data)
    return name


def forge_json(path: Path, rng: Random, marker: Path) -> str:
    forge = forged_json if rng.random() < 0.7 else damaged_text
    name, data = forge(path.read_bytes(), rng)
    path.write_bytes(data)
    return name


def forge_tensors(hashed: Callable[[dict[str, Any], bytes], None]) -> Forge:
    def forge(path: Path, rng: Random, marker: Path) -> str:
        name, data = forged_safetensors(path.read_bytes(), rng, hashed)
        path.write_bytes(data)
        return name

    return forge


def arrays(header: Mapping[str, Any], body: bytes) -> dict[str, np.ndarray]:
    from spintile.model.safetensors_file import TYPES

    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = np.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found


def hash_tensors(header: dict[str, Any], body: bytes) -> None:
    """The hash of ``save_tensors``, anew."""
    contents = json.loads(header["__metadata__"]["spintile"])
    contents.pop("sha256")
    contents["sha256"] = content_hash(arrays(header, body), contents)
    header["__metadata__"]["spintile"] = json.dumps(contents)


def hash_result(header: dict[str, Any], body: bytes) -> None:
    """The hash of ``encode_result``, anew."""
    document = json.loads(header["__metadata__"]["task"])
    document.pop("sha256")
    document["sha256"] = document_hash(document, arrays(header, body))
    header["__metadata__"]["task"] = json.dumps(document)


def forge_hdf5(path: Path, rng: Random, marker: Path) -> str:
    return forged_hdf5(path, rng)


def forge_npy(path: Path, rng: Random, marker: Path) -> str:
    name, data = forged_npy(states(0), rng, marker)
    path.write_bytes(data)
    return name
