# SPDX-License-Identifier: BSD-3-Clause
"""The twin: a die in logic, behind the same pins as the array."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Cat, Module, unsigned
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry

from ..image_loader import AxiStream
from ..pins import ArrayPins, LineMode
from ..tokens import Flow, adc_bits_shape
from .column_sums import ColumnSums
from .comparators import Comparators
from .die_loader import DieLoader
from .die_memory import DieMemory
from .direct_codes import DirectCodes
from .row_scan import RowScan

__all__ = ["Twin"]


class Twin(Component):
    """Answers reads as the die does that was loaded, noise apart, bit for bit as the contract says.

    ``ready`` stays 0 until the sums of the lines that are there are known: n + 3 cycles after the lines came, n of them
    driven. Everything else is the pins' protocol, seen from the array. Two rows driven, three bits::

        cycle        0     1     2     3     4     5     6     7     8     9
        lines      | read n                            | read n+1 ..........
        word       |     | O   | row | row | lo  | hi  |     | O   | ...
        ready      | 0   | 0   | 0   | 0   | 0   | 1   | 0   | 0   |
        sample     |     |     |     |     |     | 1   |     |     |
        strobe     |     |     |     |     |     |     | 1   | 1   | 1   |
        comparator |     |     |     |     |     |     |     | bit2| bit1| bit0
        codes      |     |     |     |     |     |     | all .................

    Write drives are ignored: a die's states are what was loaded. Lines in any mode but READ count as held.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    init : sequence of int
        A die to begin with, as words of the memory (:class:`DieMemory`).

    Members
    -------
    array : In(ArrayPins)
        The periphery's pins.
    die : In(AxiStream of 32)
        A die to load, at any time (:class:`DieLoader`). Reads wait while its words are written.
    loaded, error : Out(1), Out(1)
        Of the loader.
    adc_bits : In(ceil(log2(adc_bits + 1)))
        B' of ``direct``, not needed by the comparators.
    direct : Out(Flow of cols of adc_bits bits)
        All codes of a read, in the cycle after its sample: for whoever does without successive approximation. They
        stand until the next sample.
    """

    def __init__(self, geometry: Geometry, init: Sequence[int] = ()) -> None:
        self.geometry = geometry
        self._init = init
        super().__init__(
            {
                "array": In(ArrayPins(geometry)),
                "die": In(AxiStream(32)),
                "loaded": Out(1),
                "error": Out(1),
                "adc_bits": In(adc_bits_shape(geometry)),
                "direct": Out(Flow(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Wiring."""
        geometry = self.geometry
        m = Module()
        m.submodules.loader = loader = DieLoader(geometry)
        m.submodules.memory = memory = DieMemory(geometry, self._init)
        m.submodules.scan = scan = RowScan(geometry)
        m.submodules.sums = sums = ColumnSums(geometry)
        m.submodules.comparators = comparators = Comparators(geometry)
        m.submodules.direct_codes = direct = DirectCodes(geometry)
        connect(m, flipped(self.die), loader.die)
        connect(m, loader.write, memory.write)
        pins = self.array
        m.d.comb += [
            scan.kernel.eq(pins.kernel),
            scan.rows.eq(Cat(mode == LineMode.READ for mode in pins.row_mode)),
            scan.restart.eq(loader.write.valid),
            memory.address.eq(scan.address),
            memory.enable.eq(scan.enable),
            sums.word.eq(scan.word),
            sums.data.eq(memory.data),
            comparators.sums.eq(sums.sums),
            comparators.sample.eq(pins.sample),
            comparators.strobe.eq(pins.strobe),
            comparators.differential.eq(pins.differential),
            comparators.trial.eq(pins.trial),
            pins.comparator.eq(comparators.comparator),
            pins.ready.eq(scan.settled),
            direct.held.eq(comparators.held),
            direct.adc_bits.eq(self.adc_bits),
            self.direct.payload.eq(direct.codes),
            self.loaded.eq(loader.loaded),
            self.error.eq(loader.error),
        ]
        m.d.sync += self.direct.valid.eq(pins.sample)
        return m
