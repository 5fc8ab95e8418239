# SPDX-License-Identifier: BSD-3-Clause
"""Levels of the write pins for tests without a design: a pulse written down cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass

from spintile.cosim.writing.pulses import Pulse, PulseWatch
from spintile.model.geometry import Geometry

REFERENCE, READ, WRITE_P, WRITE_N, FLOAT = range(5)
GEOMETRY = Geometry(name="pulses", rows=3, cols=4, kernels=3, adc_bits=4)
ALL_GATES = 0b1111


def modes(*lines: int) -> int:
    """Packed modes, line 0 first."""
    return sum(mode << (3 * line) for line, mode in enumerate(lines))


@dataclass(frozen=True)
class Cycle:
    """What the pins carry in one cycle, as ``PulseWatch.observe`` takes it."""

    select: int = 0
    row_mode: int = 0
    col_mode: int = 0
    gate: int = 0
    level: int = 0
    pulse: int = 0

    @property
    def pins(self) -> tuple[int, ...]:
        return self.select, self.row_mode, self.col_mode, self.gate, self.level, self.pulse


REST = Cycle()


def gated(
    *, kernel: int = 2, row: int = 1, gate: int = 0b0110, level: int = 900, width: int = 3, setup: int = 2,
    recovery: int = 2, mode: int = WRITE_P,
) -> list[Cycle]:  # fmt: skip
    """A pulse of gated cells, from rest to rest."""
    stands = Cycle(1 << kernel, gate=gate, level=level)
    lines = [REFERENCE] * GEOMETRY.rows
    lines[row] = mode
    writes = Cycle(1 << kernel, modes(*lines), 0, gate, level, 1)
    return [REST, *[stands] * setup, *[writes] * width, *[stands] * recovery, REST]


def passive(*, floating: bool = False, columns: tuple[int, ...] = (WRITE_N, 0, WRITE_N, 0)) -> list[Cycle]:
    """A pulse of two cycles towards P of row 0 of a passive kernel."""
    stands = Cycle(1, gate=ALL_GATES, level=700)
    unselected = FLOAT if floating else REFERENCE
    rows = modes(WRITE_P, unselected, unselected)
    cols = modes(*(mode or unselected for mode in columns))
    return [REST, stands, stands, *[Cycle(1, rows, cols, ALL_GATES, 700, 1)] * 2, stands, stands, REST]


def watched(watch: PulseWatch, cycles: list[Cycle]) -> list[Pulse]:
    """The pulses that a watch tells of these cycles."""
    return [pulse for cycle in cycles if (pulse := watch.observe(*cycle.pins)) is not None]
