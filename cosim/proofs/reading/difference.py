# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the differences without repair: they are those of wide arithmetic."""

from __future__ import annotations

from amaranth import Mux, Signal, signed
from spintile.model.geometry import Geometry
from spintile.rtl.difference import Difference

from ...formal import Properties

__all__ = ["difference"]


def difference(geometry: Geometry, block: type[Difference] = Difference) -> Properties:
    """Any codes, offsets, counts and stalls, in every cycle."""
    properties = Properties(f"difference of {geometry.name}")
    unit = properties.block(block(geometry)).block
    m = properties.module
    silent = unit.settings.single_bit & (unit.count == 0)
    for pair in range(geometry.pairs):
        plus, minus = (unit.codes[column] - unit.offsets[column] for column in (2 * pair, 2 * pair + 1))
        wide = Signal(signed(geometry.adc_bits + 8), name=f"wide_{pair}")
        with m.If(unit.enable):
            m.d.sync += wide.eq(Mux(silent, 0, plus - minus))
        properties.claim(f"pair_{pair}_is_exact", unit.differences[pair] == wide)
        moved = properties.past(unit.enable & ~silent)
        properties.cover(f"pair_{pair}_has_a_larger_minus", moved & (unit.differences[pair] < -1))
    return properties
