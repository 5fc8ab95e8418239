# SPDX-License-Identifier: BSD-3-Clause
"""Networks as plain values, so that a task's setting says all of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...network import Layer, Network
from ...remapping import INPUT_ORDER


def pack_network(network: Network) -> dict[str, Any]:
    """A network of binary weights as JSON knows values; of its metadata only the order of the inputs stays.

    Raises
    ------
    ValueError
        If a weight is 0.
    """
    return {
        "layers": [_pack_layer(layer, index) for index, layer in enumerate(network.layers)],
        "input_order": json.loads(network.metadata.get(INPUT_ORDER, "null")),
    }


def unpack_network(packed: dict[str, Any]) -> Network:
    """What ``pack_network`` was given, without other metadata."""
    order = packed["input_order"]
    metadata = {} if order is None else {INPUT_ORDER: json.dumps(order)}
    return Network(tuple(_unpack_layer(layer) for layer in packed["layers"]), metadata)


def _pack_layer(layer: Layer, index: int) -> dict[str, Any]:
    if not layer.is_binary:
        raise ValueError(f"layer {index}: weights must be -1 or +1, not 0")
    return {
        "kind": layer.kind,
        "shape": list(layer.weights.shape),
        "weights": np.packbits(layer.weights > 0).tobytes().hex(),
        "input_shape": list(layer.input_shape),
        "input_bits": layer.input_bits,
        "thresholds": _list(layer.thresholds),
        "invert": _list(layer.invert),
        "bias": _list(layer.bias),
        "activation_bits": layer.activation_bits,
        "pool": layer.pool,
        "copies": layer.copies,
        "combine": layer.combine,
        "unit": float(layer.unit),
    }


def _unpack_layer(packed: dict[str, Any]) -> Layer:
    shape = tuple(packed["shape"])
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(packed["weights"]), np.uint8), count=int(np.prod(shape)))
    return Layer(
        kind=packed["kind"],
        weights=(2 * bits.astype(np.int8) - 1).reshape(shape),
        input_shape=tuple(packed["input_shape"]),
        input_bits=packed["input_bits"],
        thresholds=_array(packed["thresholds"], np.int64),
        invert=_array(packed["invert"], np.bool_),
        bias=_array(packed["bias"], np.int64),
        activation_bits=packed["activation_bits"],
        pool=packed["pool"],
        copies=packed["copies"],
        unit=packed["unit"],
        combine=packed["combine"],
    )


def _list(values: NDArray[Any] | None) -> list[Any] | None:
    return None if values is None else values.tolist()


def _array(values: list[Any] | None, kind: Any) -> NDArray[Any] | None:
    return None if values is None else np.array(values, kind)
