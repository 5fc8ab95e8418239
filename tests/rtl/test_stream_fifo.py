# SPDX-License-Identifier: BSD-3-Clause
"""A stream FIFO loses nothing, keeps the order, sustains one token a cycle and cuts every combinational path."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth import unsigned
from spintile.rtl.stream_fifo import StreamFifo
from stream_bench import no_path, run, sink, source


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize(("slow_source", "slow_sink"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
def test_every_token_once_and_in_order(depth: int, slow_source: float, slow_sink: float) -> None:
    fifo = StreamFifo(unsigned(8), depth)
    taken: list[tuple[int, Any]] = []
    tokens: list[Any] = list(range(40))
    run(fifo, source(fifo.i, tokens, pause=slow_source), sink(fifo.o, 40, taken, pause=slow_sink))
    assert [token for _, token in taken] == tokens
    if depth > 1 and not slow_source and not slow_sink:
        cycles = [cycle for cycle, _ in taken]
        assert cycles == list(range(cycles[0], cycles[0] + 40))


def test_no_combinational_path_between_its_sides() -> None:
    fifo = StreamFifo(unsigned(8), 2)
    taken: list[tuple[int, Any]] = []
    watch = no_path([fifo.i.valid, fifo.o.ready], [fifo.i.ready, fifo.o.valid])
    run(fifo, source(fifo.i, range(30), pause=0.3), sink(fifo.o, 30, taken, pause=0.3), background=[watch])
