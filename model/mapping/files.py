# SPDX-License-Identifier: BSD-3-Clause
"""Files of placements (JSON) and programs (safetensors)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_atomically
from ..geometry import Geometry
from ..network import Network, load_tensors, network_digest, save_tensors
from ..reading import JSON_BYTES, one_line, parse_json, read_regular, shown
from .placement import LayerPlacement, Placement
from .program import Program

PLACEMENT_FORMAT = "spintile-placement"
PROGRAM_FORMAT = "spintile-program"
VERSION = 1
_PLACEMENT_FIELDS = {"format", "version", "network", "geometry", "layers", "sha256"}
_MEMORIES = {"instructions": np.uint64, "segments": np.uint32, "thresholds": np.uint32, "layers": np.uint32}


def save_placement(placement: Placement, network: Network, path: str | Path) -> None:
    """Write the placement of a network, atomically; ValueError if it is not a placement of that network."""
    placement.check(network)
    contents = {
        "format": PLACEMENT_FORMAT,
        "version": VERSION,
        "network": network_digest(network),
        "geometry": placement.geometry.as_dict(),
        "layers": [
            {
                "groups": [list(map(int, group)) for group in layer.groups],
                "slices": [list(map(int, rows)) for rows in layer.slices],
                "kernels": layer.kernels.tolist(),
            }
            for layer in placement.layers
        ],
    }
    contents["sha256"] = _content_hash(contents)
    write_atomically(path, (json.dumps(contents, sort_keys=True) + "\n").encode())


def _content_hash(contents: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def load_placement(path: str | Path, network: Network) -> Placement:
    """Read the placement of a network.

    Raises
    ------
    ValueError
        One line with the file's name: missing, truncated, foreign, of another version, made for another network, or
        no placement of it.
    """
    data = read_regular(path, JSON_BYTES)
    try:
        contents: Any = parse_json(data)
    except ValueError as error:
        raise ValueError(f"{path}: must be a JSON file, truncated or foreign: {one_line(error)}") from None
    if not isinstance(contents, dict) or contents.get("format") != PLACEMENT_FORMAT:
        raise ValueError(f"{path}: must be a {PLACEMENT_FORMAT} file")
    if type(contents.get("version")) is not int or contents["version"] != VERSION:
        raise ValueError(f"{path}: format version must be {VERSION}, not {shown(contents.get('version'))}")
    unknown = sorted(set(contents) - _PLACEMENT_FIELDS)
    if unknown:
        raise ValueError(
            f"{path}: fields must be among {', '.join(sorted(_PLACEMENT_FIELDS))}, not {shown(unknown[0])}"
        )
    # Files of before have none.
    if "sha256" in contents and contents.pop("sha256") != _content_hash(contents):
        raise ValueError(
            f"{path}: the file is damaged: its contents must have the SHA-256 in it (remove that after editing it)"
        )
    if contents.get("network") != (digest := network_digest(network)):
        raise ValueError(f"{path}: placement was made for network {shown(contents.get('network'))}, not {digest}")
    try:
        layers = tuple(
            LayerPlacement(
                groups=tuple(tuple(_integer(neuron) for neuron in group) for group in layer["groups"]),
                slices=tuple(tuple(_integer(source) for source in rows) for rows in layer["slices"]),
                kernels=_integers(layer["kernels"]),
            )
            for layer in contents["layers"]
        )
        placement = Placement(Geometry(**contents["geometry"]), layers)
        placement.check(network)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    return placement


def _integer(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"neurons and inputs must be integers, not {shown(value)}")
    return value


def _integers(value: object) -> NDArray[np.int64]:
    found = np.asarray(value)
    if found.dtype != np.int64:
        raise ValueError(f"kernels must be integers, not {shown(value)}")
    return found


def save_program(program: Program, geometry: Geometry, path: str | Path, *, network: str = "") -> None:
    """Write a program for chips of a geometry, atomically, with the digest of the network that it came from."""
    program.check_geometry(geometry)
    header = {
        "format": PROGRAM_FORMAT,
        "version": VERSION,
        "geometry": geometry.digest(),
        "network": network,
        "input_shape": list(program.input_shape),
        "input_planes": program.input_planes,
        "plane_stride": program.plane_stride,
        "word_bits": program.word_bits,
    }
    save_tensors(path, {name: getattr(program, name) for name in _MEMORIES}, header)


def load_program(path: str | Path, geometry: Geometry) -> Program:
    """Read a program for chips of a geometry.

    Raises
    ------
    ValueError
        One line with the file's name: missing, truncated, foreign, of another version, or for another geometry.
    """
    tensors, header = load_tensors(path, PROGRAM_FORMAT, VERSION)
    if header.get("geometry") != geometry.digest():
        wanted = f"{geometry.name!r} ({geometry.digest()})"
        raise ValueError(f"{path}: program was made for geometry {shown(header.get('geometry'))}, not {wanted}")
    for name, dtype in _MEMORIES.items():
        if name not in tensors or tensors[name].dtype != dtype:
            raise ValueError(f"{path}: {name} must be a {np.dtype(dtype)} array")
    try:
        program = Program(
            **{name: tensors[name] for name in _MEMORIES},
            input_shape=tuple(int(size) for size in header["input_shape"]),
            input_planes=int(header["input_planes"]),
            plane_stride=int(header["plane_stride"]),
            word_bits=int(header["word_bits"]),
        )
        program.check_geometry(geometry)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    return program
