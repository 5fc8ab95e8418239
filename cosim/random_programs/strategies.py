# SPDX-License-Identifier: BSD-3-Clause
"""Cases drawn by hypothesis, which also makes those that fail small."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from spintile.model.geometry import Geometry
from spintile.model.sensing import RepairMode

from .case import ENDINGS, TRAFFIC, Case, Ending, EndingKind, HiddenLayer, Program, Traffic

__all__ = ["cases", "programs"]

_WORDS = st.integers(0, (1 << 32) - 1)
#: Mostly none; else few or many.
_PAUSES = st.sampled_from([0.0, 0.0, 0.1, 0.5, 0.8])
_MOST_CYCLES = 1500
_REPAIRS: tuple[RepairMode, ...] = ("none", "range_guard", "pair_check", "check")
#: A third of the programs ends without a fault.
_KINDS: tuple[EndingKind, ...] = (*ENDINGS[:1] * 7, *ENDINGS[1:])


@st.composite
def cases(draw: st.DrawFn, pool: Sequence[Geometry]) -> Case:
    """One to four programs on a chip of the pool."""
    geometry = draw(st.sampled_from(pool))
    return Case(geometry, tuple(draw(st.lists(programs(geometry), min_size=1, max_size=4))))


@st.composite
def programs(draw: st.DrawFn, geometry: Geometry) -> Program:
    """A program that mostly fits the chip: one that does not is left out when the case is run."""
    input_bits = draw(st.integers(1, min(3, geometry.input_bits)))
    shape = draw(_shapes(geometry, input_bits))
    limit = min(geometry.layer_limit - 1, draw(st.sampled_from([1, 1, 2, 7])))
    copies, median = draw(_copies())
    adc_bits = draw(st.one_of(st.just(geometry.adc_bits), st.integers(1, geometry.adc_bits)))
    held = st.tuples(st.integers(0, _MOST_CYCLES), st.integers(1, 600))
    waits = draw(st.booleans())
    repair = draw(st.sampled_from(_REPAIRS))
    return Program(
        seed=draw(st.integers(0, (1 << 30) - 1)),
        shape=shape,
        hidden=tuple(draw(st.lists(_hidden(geometry), max_size=limit))),
        input_bits=input_bits,
        classes=draw(st.integers(1, min(2 * geometry.pairs, 10))),
        copies=copies,
        median=median,
        ternary=draw(st.sampled_from([False, False, False, True])),
        adc_bits=adc_bits,
        repair=repair,
        strict=draw(st.booleans()),
        extreme=draw(st.booleans()),
        flags=draw(st.booleans()),
        wild=draw(st.booleans()),
        noise=draw(st.sampled_from([0.0, 0.0, 0.7, 3.0])),
        images=draw(st.integers(1, 7)),
        first_index=draw(st.sampled_from([0, 1, 1000, (1 << 24) - 8])),
        settle=draw(st.sampled_from([None, None, 0, 1, 9, 40])),
        pauses=(draw(_PAUSES), draw(_PAUSES), draw(_PAUSES)),
        gaps=tuple(draw(st.lists(st.tuples(st.integers(0, 63), st.integers(1, 600)), max_size=3))),
        results_held=draw(held) if waits else (0, 0),
        ready_held=draw(held) if waits and draw(st.booleans()) else (0, 0),
        traffic=tuple(draw(st.lists(_traffic(), max_size=12))),
        ending=draw(_endings()),
    )


def _shapes(geometry: Geometry, bits: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of an image that fits half of the activation memory, or nearly."""
    most = max(1, min(60, geometry.activation_depth // bits, 3 * geometry.rows))
    flat = st.tuples(st.integers(1, most))
    maps = [(3, 3, 1), (4, 5, 1), (5, 6, 1), (4, 4, 2), (1, 7, 1), (3, 3, 3)]
    fitting = [shape for shape in maps if shape[0] * shape[1] * shape[2] * bits <= geometry.activation_depth]
    return st.one_of(flat, st.sampled_from(fitting)) if fitting else flat


@st.composite
def _hidden(draw: st.DrawFn, geometry: Geometry) -> HiddenLayer:
    copies, median = draw(_copies())
    return HiddenLayer(
        neurons=draw(st.integers(1, min(12, max(2, 2 * geometry.pairs - 1)))),
        bits=draw(st.integers(1, min(geometry.activation_bits, geometry.input_bits))),
        copies=copies,
        median=median,
        window=draw(st.sampled_from([0, 0, 1, 2, 3])),
        pool=draw(st.sampled_from([1, 1, 2])),
    )


def _copies() -> st.SearchStrategy[tuple[int, bool]]:
    return st.sampled_from([(1, False), (1, False), (2, False), (3, False), (3, True)])


@st.composite
def _traffic(draw: st.DrawFn) -> Traffic:
    delays = [draw(st.sampled_from([0, 0, 1, 2, 5, 40])) for _ in range(3)]
    kind = draw(st.sampled_from(TRAFFIC))
    return Traffic(kind, draw(st.integers(0, 255)), draw(_WORDS), draw(st.integers(0, _MOST_CYCLES)), *delays)


@st.composite
def _endings(draw: st.DrawFn) -> Ending:
    kind = draw(st.sampled_from(_KINDS))
    return Ending(
        kind, draw(st.integers(0, _MOST_CYCLES)), draw(st.integers(0, 4095)), draw(_WORDS), draw(st.booleans())
    )
