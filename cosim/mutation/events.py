# SPDX-License-Identifier: BSD-3-Clause
"""Events that the bench wrote, decoded, and held against the golden model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry

from ..scoreboard import Events, compare
from .workload import Part, Workload

__all__ = ["CHANNELS", "read_reference", "reference_differences"]

#: In the order in which the bench writes them.
CHANNELS = (
    *("codes", "accumulators", "activations", "classes"),
    *("results", "report", "bus", "samples", "trials", "pulses"),
)


def read_reference(path: Path) -> dict[str, NDArray[np.uint32]]:
    """Words of each channel, and ``ends``: the cycle in which each operation of the script ended.

    Raises
    ------
    ValueError
        If the file is cut short.
    """
    raw = path.read_bytes()
    found, place = {}, 0
    for name in (*CHANNELS, "ends"):
        size = int.from_bytes(raw[place : place + 8], "little")
        words = np.frombuffer(raw[place + 8 : place + 8 + 4 * size], "<u4")
        if len(words) != size:
            raise ValueError(f"{path} must hold {size} words of {name}, not {len(words)}")
        found[name] = words
        place += 8 + 4 * size
    return found


def reference_differences(workload: Workload, path: Path) -> str:
    """The first difference between the design's events and the golden model; empty if there is none."""
    found = read_reference(path)
    for part in workload.parts:
        comparison = compare(part.expected, _events(workload.geometry, found, part))
        if comparison.first is not None:
            return f"{part.name}: {comparison.first}"
    return ""


def _events(geometry: Geometry, found: dict[str, NDArray[np.uint32]], part: Part) -> dict[str, Events]:
    """The events of one part, by stage."""
    columns, lanes = geometry.cols, geometry.pairs
    return {
        # Ports by name: codes, count, flagged, image, kernel, layer, ordinal, plane, replica.
        "codes": _stage(found["codes"], columns, geometry.adc_bits, False, 0, (3, 6, 4), 8, part),
        "accumulators": _stage(found["accumulators"], lanes, geometry.acc_bits, True, 0, (1, 3), 3, part),
        "activations": _stage(found["activations"], lanes, geometry.activation_bits, False, 0, (1, 2), 2, part),
        "classes": _stage(found["classes"], 1, 16, False, 1, (0,), 1, part),
    }


def _stage(
    words: NDArray[np.uint32],
    fields: int,
    bits: int,
    signed: bool,
    first: int,
    places: tuple[int, ...],
    others: int,
    part: Part,
) -> Events:
    """Events of a stage: fields of its vector, and image, ordinal or layer, kernel from its other ports."""
    width = fields * bits
    size = -(-width // 32)
    table = words.reshape(-1, size + others)
    index = [place if place < first else place + size - 1 for place in places]
    image = table[:, index[0]].astype(np.int64)
    own = (image >= part.first_index) & (image < part.first_index + part.images)
    table, image = table[own], image[own]
    raw = np.ascontiguousarray(table[:, first : first + size]).view(np.uint8).reshape(len(table), 4 * size)
    ones = np.unpackbits(raw, axis=1, count=width, bitorder="little").reshape(len(table), fields, bits)
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    return Events(
        image=image,
        place=table[:, index[1]].astype(np.int64) if len(index) > 1 else np.zeros_like(image),
        values=ones.astype(np.int64) @ weights,
        time=np.zeros(len(table)),
        kernel=table[:, index[2]].astype(np.int64) if len(index) > 2 else None,
    )
