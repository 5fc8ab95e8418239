# SPDX-License-Identifier: BSD-3-Clause
"""Loop-back: comparators computed inside, so that everything behind them can be tested without an array."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .pins import ConverterPins
from .tokens import test_settings

__all__ = ["LoopBack"]


class LoopBack(Component):
    """Stands between the column sense and the array's pins, and changes nothing unless ``settings.loop_back`` is 1.

    Then every column answers as one whose latched sum is its code: a conversion of B' bits gives that code, at most
    2^B' - 1, and with one bit the comparator of a plus column says whether its code is at least that of minus. The
    array's comparators and its ``ready`` do not count. It still sees every trial, and a ``sample`` if it is ready::

        cycle             t     t+1             t+2
        strobe          | 1   | 1             | 0
        trial           | 4   | 6             |
        comparator (5)  |     | 1 (5 >= 4)    | 0 (5 < 6)

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    sense : In(ConverterPins)
        Towards the column sense.
    array : Out(ConverterPins)
        Towards the array.
    settings : In(test_settings)
        Registers ``TEST`` and ``TEST_CODE``; stable while reads are under way.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "sense": In(ConverterPins(geometry)),
                "array": Out(ConverterPins(geometry)),
                "settings": In(test_settings(geometry)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A comparison and a register per column."""
        m = Module()
        geometry, sense, array = self.geometry, self.sense, self.array
        inside, codes = self.settings.loop_back, self.settings.codes
        answers = Signal(geometry.cols)
        with m.If(sense.strobe & inside):
            for col in range(geometry.cols):
                plus = col % 2 == 0 and col + 1 < geometry.cols
                trial = Mux(sense.differential, codes[col + 1], sense.trial[col]) if plus else sense.trial[col]
                m.d.sync += answers[col].eq(codes[col] >= trial)
        for name, member in ConverterPins(geometry).members.items():
            if member.flow == Out and name != "sample":
                m.d.comb += getattr(array, name).eq(getattr(sense, name))
        m.d.comb += [
            array.sample.eq(sense.sample & array.ready),
            sense.comparator.eq(Mux(inside, answers, array.comparator)),
            sense.ready.eq(inside | array.ready),
        ]
        return m
