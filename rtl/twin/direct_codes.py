# SPDX-License-Identifier: BSD-3-Clause
"""Direct codes: what successive approximation would find, in one step."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from ..tokens import adc_bits_shape
from .layout import word_shape

__all__ = ["DirectCodes"]


class DirectCodes(Component):
    """``clamp(S >> F, 0, 2^B' - 1)`` of every column, half a code being in the sums already; nothing is registered.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    held : In(word_shape)
        Sums.
    adc_bits : In(ceil(log2(adc_bits + 1)))
        B'; a value out of range acts as the largest. One bit: plus is ``S[plus] >= S[minus]``, minus its opposite, an
        unpaired column 0.
    codes : Out(cols of adc_bits bits)
        In the same cycle.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "held": In(word_shape(geometry)),
                "adc_bits": In(adc_bits_shape(geometry)),
                "codes": Out(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A limit for all columns, two comparisons for each."""
        geometry = self.geometry
        m = Module()
        largest = Signal(geometry.adc_bits)
        with m.Switch(self.adc_bits):
            for bits in range(1, geometry.adc_bits):
                with m.Case(bits):
                    m.d.comb += largest.eq((1 << bits) - 1)
            with m.Default():
                m.d.comb += largest.eq((1 << geometry.adc_bits) - 1)
        for column in range(geometry.cols):
            level = self.held[column] >> geometry.fraction_bits
            clamped = Mux(level < 0, 0, Mux(level > largest, largest, level))
            plus = column - column % 2
            if plus + 1 < geometry.cols:
                larger = self.held[plus] >= self.held[plus + 1]
                single = ~larger if column % 2 else larger
            else:
                single = Signal()
            m.d.comb += self.codes[column].eq(Mux(largest == 1, single, clamped))
        return m
