# SPDX-License-Identifier: BSD-3-Clause
"""Network files: safetensors, with everything that is not an array as one JSON text in the metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from ..files import write_atomically
from ..reading import one_line, parse_json, shown
from ..safetensors_file import read_safetensors
from .checks import check_network
from .network import Layer, Network

FORMAT = "spintile-network"
VERSION = 1
#: Fields of the header: how the file is checked, and the hash itself.
_CHECKSUM, _HASH = "checksum", "sha256"
_SCALARS = {"kind": str, "input_bits": int, "activation_bits": int, "pool": int, "copies": int, "unit": float}
_ARRAYS = {"weights": np.int8, "thresholds": np.int64, "invert": np.bool_, "bias": np.int64}


def save_tensors(path: str | Path, tensors: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Write arrays and a JSON header with a hash of all as safetensors; the same contents give the same bytes."""
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    whole = json.loads(json.dumps({**header, _CHECKSUM: _HASH}))  # as it will be read: tuples are lists, keys texts
    text = json.dumps({**whole, _HASH: content_hash(arrays, whole)}, sort_keys=True)
    write_atomically(path, save(arrays, metadata={"spintile": text}))


def load_tensors(path: str | Path, form: str, version: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and header of a file written by ``save_tensors``.

    Raises
    ------
    ValueError
        If the file is missing, truncated, not safetensors, or of another format or version.
    """
    tensors, metadata = read_safetensors(path)
    try:
        header = parse_json(metadata["spintile"])
        found, number = header["format"], header["version"]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: must be a {form} file, not another safetensors file") from None
    if found != form:
        raise ValueError(f"{path}: format must be {form}, not {shown(found)}")
    if type(number) is not int or number != version:
        raise ValueError(f"{path}: format version must be {version}, not {shown(number)}")
    # Each of the two fields says that there must be the other; files of before have neither.
    if _CHECKSUM in header or _HASH in header:
        given = header.pop(_HASH, None)
        if header.get(_CHECKSUM) != _HASH or set(metadata) != {"spintile"} or given != content_hash(tensors, header):
            raise ValueError(f"{path}: the file is damaged: its contents must have the SHA-256 in its header")
        del header[_CHECKSUM]
    return tensors, header


def content_hash(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> str:
    """SHA-256 of arrays and of a header that does not hold it yet, hexadecimal."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.newbyteorder('<').str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _contents(network: Network) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    tensors: dict[str, np.ndarray] = {}
    layers = []
    for index, layer in enumerate(network.layers):
        layers.append({name: kind(getattr(layer, name)) for name, kind in _SCALARS.items()})
        if layer.combine != "sum":  # absent in the files of networks without it
            layers[-1]["combine"] = layer.combine
        layers[-1]["input_shape"] = [int(size) for size in layer.input_shape]
        for name, dtype in _ARRAYS.items():
            if getattr(layer, name) is not None:
                tensors[f"layer{index}.{name}"] = np.asarray(getattr(layer, name)).astype(dtype)
    return tensors, {"format": FORMAT, "version": VERSION, "layers": layers, "metadata": dict(network.metadata)}


def network_digest(network: Network) -> str:
    """SHA-256 of what a network computes (hexadecimal): its layers, without the metadata."""
    tensors, header = _contents(network)
    digest = hashlib.sha256(json.dumps(header["layers"], sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def save_network(network: Network, path: str | Path) -> None:
    """Write a network, atomically.

    Raises
    ------
    ValueError
        If the network is not one (``check_network``).
    """
    check_network(network)
    tensors, header = _contents(network)
    save_tensors(path, tensors, header | {"digest": network_digest(network)})


def load_network(path: str | Path) -> Network:
    """Read a network.

    Raises
    ------
    ValueError
        One line with the file's name: missing, truncated, foreign, of another version, damaged, or not a network.
    """
    tensors, header = load_tensors(path, FORMAT, VERSION)
    try:
        layers = tuple(_layer(index, fields, tensors) for index, fields in enumerate(header["layers"]))
        network = Network(layers, {str(key): str(value) for key, value in header["metadata"].items()})
        check_network(network)
        extra = set(tensors) - {f"layer{i}.{name}" for i in range(len(layers)) for name in _ARRAYS}
        if extra:
            raise ValueError(f"arrays must belong to a layer, not {shown(sorted(extra)[0])}")
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}: {one_line(error)}") from None
    if header.get("digest") != (digest := network_digest(network)):
        raise ValueError(f"{path}: digest of the contents must be {shown(header.get('digest'))}, not {digest}")
    return network


def _layer(index: int, fields: dict[str, Any], tensors: dict[str, np.ndarray]) -> Layer:
    arrays: dict[str, Any] = {}
    for name, dtype in _ARRAYS.items():
        array = tensors.get(f"layer{index}.{name}")
        if array is not None and array.dtype != dtype:
            raise ValueError(f"layer {index}: {name} must be {np.dtype(dtype)}, not {array.dtype}")
        arrays[name] = array
    if arrays["weights"] is None:
        raise ValueError(f"layer {index}: weights are missing")
    scalars: dict[str, Any] = {}
    for name, kind in _SCALARS.items():
        value = fields[name]
        if kind is float and isinstance(value, int):
            value = float(value)
        if type(value) is not kind:
            raise ValueError(f"layer {index}: {name} must be {kind.__name__}, not {shown(value)}")
        scalars[name] = value
    shape = tuple(fields["input_shape"])
    if not all(type(size) is int and size > 0 for size in shape):
        raise ValueError(f"layer {index}: input_shape must be positive integers, not {shown(shape)}")
    return Layer(**arrays, **scalars, input_shape=shape, combine=fields.get("combine", "sum"))
