# SPDX-License-Identifier: BSD-3-Clause
"""Comparators of the twin: sums held from a sample on, compared with one trial code per column and cycle."""

from __future__ import annotations

from amaranth import Module, Signal, unsigned
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .layout import word_shape

__all__ = ["Comparators"]


class Comparators(Component):
    """Sample-and-hold stages with a strobed comparator each.

    ::

        cycle        t      t+1      t+2
        sample     | 1    | 0      | 0
        sums       | S    |        |
        held       |      | S      | S
        strobe     | 0    | 1      | 0
        comparator |      |        | S >= trial << F

    Half a code is in the sums already (``README.md``), so that this is the contract's ``S + 2^(F-1) >= trial << F``.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    sums : In(word_shape)
        Clamped sums, taken with ``sample``.
    sample, strobe, differential, trial : In
        As in ``ConverterPins``.
    comparator : Out(cols)
        In the cycle after a strobe; stays until the next one. With ``differential`` plus columns answer
        ``S[plus] >= S[minus]`` and the others 0.
    held : Out(word_shape)
        Sums of the last sample.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "sums": In(word_shape(geometry)),
                "sample": In(1),
                "strobe": In(1),
                "differential": In(1),
                "trial": In(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
                "comparator": Out(geometry.cols),
                "held": Out(word_shape(geometry)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A register and a comparison per column, and one more per pair."""
        geometry = self.geometry
        m = Module()
        with m.If(self.sample):
            m.d.sync += self.held.eq(self.sums)
        absolute, larger = Signal(geometry.cols), Signal(geometry.cols)
        for column in range(geometry.cols):
            # Bits below a code do not matter: S >= trial << F is S >> F >= trial.
            m.d.comb += absolute[column].eq((self.held[column] >> geometry.fraction_bits) >= self.trial[column])
        for plus in range(0, 2 * geometry.pairs, 2):
            m.d.comb += larger[plus].eq(self.held[plus] >= self.held[plus + 1])
        with m.If(self.strobe):
            with m.If(self.differential):
                m.d.sync += self.comparator.eq(larger)
            with m.Else():
                m.d.sync += self.comparator.eq(absolute)
        return m
