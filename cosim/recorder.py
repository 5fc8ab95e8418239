# SPDX-License-Identifier: BSD-3-Clause
"""Keeps what the trace ports show: raw vectors while the simulation runs, arrays when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cocotb.simtime import get_sim_time
from numpy.typing import NDArray
from spintile.model.geometry import Geometry

from .scoreboard import Events

__all__ = ["Recorder", "unpack_fields"]


def unpack_fields(words: list[int], fields: int, bits: int, signed: bool = False) -> NDArray[np.int64]:
    """Fields of packed vectors, field 0 lowest: (words, fields)."""
    size = (fields * bits + 7) // 8
    raw = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8).reshape(len(words), size)
    ones = np.unpackbits(raw, axis=1, count=fields * bits, bitorder="little").reshape(len(words), fields, bits)
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    return ones.astype(np.int64) @ weights


class Recorder:
    """Watches the trace ports of one design.

    Parameters
    ----------
    dut : handle
        The design, with ports ``trace__codes__*``, ``trace__acc__*``, ``trace__activation__*``, ``trace__result__*``.
    geometry : Geometry
        Its shape.
    """

    def __init__(self, dut: Any, geometry: Geometry) -> None:
        self.geometry = geometry
        self.on_result: Callable[[int], None] | None = None
        ports = {
            "codes": ("codes", "image", "ordinal", "kernel"),
            "acc": ("acc", "image", "ordinal"),
            "activation": ("activations", "image", "layer"),
            "result": ("label", "image"),
        }
        self._valid = {name: getattr(dut, f"trace__{name}__valid") for name in ports}
        self._ports = {
            name: tuple(getattr(dut, f"trace__{name}__{part}") for part in parts) for name, parts in ports.items()
        }
        self._watched = [(self._valid[name], name) for name in ports]
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._events: dict[str, list[tuple[int, ...]]] = {name: [] for name in self._ports}
        self._times: dict[str, list[float]] = {name: [] for name in self._ports}

    def observe(self) -> int:
        """Once a cycle has settled: keep what is valid; returns the results seen in this cycle (0 or 1)."""
        results = 0
        for valid, name in self._watched:
            if valid.value:
                self._events[name].append(tuple(int(port.value) for port in self._ports[name]))
                self._times[name].append(get_sim_time("ns"))
                results += name == "result"
        if results and self.on_result is not None:
            self.on_result(results)
        return results

    @property
    def results(self) -> list[tuple[int, int]]:
        """Class and image of each result, in order."""
        return [(label, image) for label, image in self._events["result"]]

    def events(self) -> dict[str, Events]:
        """Everything seen since ``clear``, by stage."""
        geometry = self.geometry
        return {
            "codes": self._stage("codes", geometry.cols, geometry.adc_bits),
            "accumulators": self._stage("acc", geometry.pairs, geometry.acc_bits, signed=True),
            "activations": self._stage("activation", geometry.pairs, geometry.activation_bits),
            "classes": self._stage("result", 1, 16),
        }

    def _stage(self, name: str, fields: int, bits: int, signed: bool = False) -> Events:
        rows = self._events[name]
        if not rows:
            return Events.none(fields)
        columns = list(zip(*rows, strict=True))
        image = np.array(columns[1], np.int64)
        return Events(
            image=image,
            place=np.array(columns[2], np.int64) if len(columns) > 2 else np.zeros_like(image),
            values=unpack_fields(list(columns[0]), fields, bits, signed),
            time=np.array(self._times[name], np.float64),
            kernel=np.array(columns[3], np.int64) if name == "codes" else None,
        )
