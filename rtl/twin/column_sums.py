# SPDX-License-Identifier: BSD-3-Clause
"""Column sums: the words of a read, added up and clamped, a column beside the other."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .layout import entry_shape, sum_shape, word_shape
from .row_scan import Word

__all__ = ["ColumnSums"]


class ColumnSums(Component):
    """``clamp(O + sum of driven rows, lo, hi)``, one word a cycle, without a multiplier.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    word : In(Word)
        What ``data`` is.
    data : In(word_shape)
        Offsets, then rows, then lower and upper rails.
    sums : Out(word_shape)
        Valid while ``word`` is HIGH: the smaller one of the register and of the upper rail on ``data``. The register's
        sums are wider than an entry, these are not.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__({"word": In(Word), "data": In(word_shape(geometry)), "sums": Out(word_shape(geometry))})

    def elaborate(self, platform: object) -> Module:
        """An adder and a comparison per column."""
        m = Module()
        for column in range(self.geometry.cols):
            entry = Signal(entry_shape(self.geometry), name=f"entry_{column}")
            total = Signal(sum_shape(self.geometry), name=f"sum_{column}")
            below = Signal(name=f"below_{column}")  # one comparison for both rails
            m.d.comb += [
                entry.eq(self.data[column]),
                below.eq(total < entry),
                self.sums[column].eq(Mux(below, total, entry)),
            ]
            with m.Switch(self.word):
                with m.Case(Word.OFFSET):
                    m.d.sync += total.eq(entry)
                with m.Case(Word.ROW):
                    m.d.sync += total.eq(total + entry)
                with m.Case(Word.LOW):
                    m.d.sync += total.eq(Mux(below, entry, total))
        return m
