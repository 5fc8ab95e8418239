# SPDX-License-Identifier: BSD-3-Clause
"""Bins of the handshakes at the ports: back-pressure on every channel, transfers one after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from spintile.model.geometry import Geometry

from .bins import Bin, make_bins

__all__ = ["handshake_bins", "note_handshakes"]

_CHANNELS = {
    "write_address": "AXI4-Lite write address",
    "write_data": "AXI4-Lite write data",
    "write_response": "AXI4-Lite write response",
    "read_address": "AXI4-Lite read address",
    "read_data": "AXI4-Lite read data",
    "image": "image stream",
    "result": "result stream",
    "report": "report stream",
}
_ONE_AT_A_TIME = "the bus takes one access at a time: two transfers of a channel are never in a row"
_WAIVED = {
    **{
        f"handshake.{channel}.in_a_row": _ONE_AT_A_TIME
        for channel in ("write_address", "write_data", "write_response", "read_address", "read_data")
    },
    "handshake.result.in_a_row": "an image takes longer than a word: the queue of results is one deep",
    "handshake.trace.stalled": "trace ports are flows: they have no ready",
}


def handshake_bins(geometry: Geometry) -> list[Bin]:
    """Bins of the handshakes, the same for every chip."""
    table = {}
    for channel, name in _CHANNELS.items():
        table[f"handshake.{channel}.taken"] = f"{name}: a transfer"
        table[f"handshake.{channel}.stalled"] = f"{name}: offered and not taken in that cycle"
        table[f"handshake.{channel}.in_a_row"] = f"{name}: transfers in consecutive cycles"
    table["handshake.array.taken"] = "array: a sample"
    table["handshake.array.stalled"] = "array: not ready while rows are driven"
    table["handshake.trace.stalled"] = "trace ports: offered and not taken"
    return make_bins(table, _WAIVED)


def note_handshakes(counts: Mapping[str, int], found: Counter[str]) -> None:
    """Count the bins that a run's handshakes hit; counts as ``CompiledEngine.handshakes`` gives them."""
    found.update({f"handshake.{name}": count for name, count in counts.items() if name != "array.in_a_row"})
