# SPDX-License-Identifier: BSD-3-Clause
"""Adds the repaired differences of an emit's reads, each shifted to its bit plane."""

from __future__ import annotations

import itertools

from amaranth import Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry

from .difference import Difference
from .features import FULL, Features
from .register_file import WindowRead, window_write
from .registers import register_map
from .repair import Repair, difference_shape
from .tokens import TAG, Flow, acc_token, codes_token, offsets_layout, repair_settings

__all__ = ["Accumulator"]


class Accumulator(Component):
    """Repair, shift and add for all pairs at once; one read per cycle, so that it never holds up a conversion.

    Reads pass through a pipeline that stands still as a whole only when finished accumulators meet an output
    register that the activation has not emptied yet::

        cycle         0             1 .. 6    7         8           9
        codes       | handed over |         |         |           |
        registers   |             | repair  | added   | shifted   | accumulators; acc.valid if it was the last read

    Copies of a pair are read one after the other, as replica 1, 2 and 3: the first two add nothing but mark out a
    range, to which the third one is limited: their median is added. The range is 0 to 0 after replica 3, after a read
    that is no copy, and after the last read of an accumulation. So a broken sequence has a result too: a replica 1
    that is missing counts as 0, without replica 2 replica 1 is added, and without replica 3 nothing is.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        Repairs, medians and bit planes. Without repairs the pipeline is five cycles shorter, without medians one.

    Members
    -------
    codes : In(stream of codes_token)
        Reads in order; ``first`` starts an accumulation, ``last`` ends it.
    acc : Out(stream of acc_token)
        Finished accumulators and the tag of their last read, ``LATENCY`` cycles after its codes at the earliest.
        They stay until taken, while the next accumulation goes on.
    trace : Out(Flow of acc_token)
        The same, valid only in the cycle in which they are handed over.
    offsets : In(offsets_layout)
        Offset registers [codes].
    settings : In(repair_settings)
        Repair registers; both are stable while reads are under way.
    flag : In(Flow of window_write), flag_read : In(WindowRead)
        Writes and reads of the window ``FLAG``.
    idle : Out(1)
        No read is in the pipeline and no finished accumulators wait.
    abort : In(1)
        Drops everything.
    """

    LATENCY = Repair.LATENCY + 3

    def __init__(self, geometry: Geometry, features: Features = FULL) -> None:
        self.geometry = geometry
        self.features = features
        window = register_map(geometry).window("FLAG")
        super().__init__(
            {
                "codes": In(stream.Signature(codes_token(geometry))),
                "acc": Out(stream.Signature(acc_token(geometry))),
                "trace": Out(Flow(acc_token(geometry))),
                "offsets": In(offsets_layout(geometry)),
                "settings": In(repair_settings(geometry)),
                "flag": In(Flow(window_write(window))),
                "flag_read": In(WindowRead(window)),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Repair pipeline with what a read takes along beside it, medians, shifters, adders, output register."""
        geometry = self.geometry
        m = Module()
        m.submodules.repair = repair = Repair(geometry) if self.features.repairs else Difference(geometry)
        medians = self.features.replicas
        latency = repair.LATENCY + 2 + medians
        connect(m, flipped(self.flag_read), repair.flag_read)
        payload = self.codes.payload

        read = StructLayout(
            {"plane": payload.plane.shape(), "first": 1, "last": 1, "replica": payload.replica.shape(), "tag": TAG}
        )
        along = [Signal(read, name=f"read_{stage}") for stage in range(1, latency)]
        valid = [Signal(name=f"valid_{stage}") for stage in range(1, latency)]
        added = Signal(ArrayLayout(difference_shape(geometry), geometry.pairs))
        low, high = (Signal.like(added, name=name) for name in ("low", "high"))
        shifted = Signal(ArrayLayout(signed(geometry.acc_bits), geometry.pairs))
        acc = Signal.like(shifted)
        total = Signal.like(shifted)

        # The adders wait for registers only, not for acc.ready: a full output register costs at most one cycle more.
        move = Signal()
        m.d.comb += [
            move.eq(~(valid[-1] & along[-1].last & self.acc.valid)),
            self.codes.ready.eq(move),
            repair.enable.eq(move),
            repair.codes.eq(payload.codes),
            repair.count.eq(payload.count),
            repair.kernel.eq(payload.kernel),
            repair.flagged.eq(payload.flagged),
            repair.flag.valid.eq(self.flag.valid),
            repair.flag.payload.eq(self.flag.payload),
            repair.offsets.eq(self.offsets),
            repair.settings.eq(self.settings),
        ]
        if not medians:
            m.d.comb += added.eq(repair.differences)
        for pair in range(geometry.pairs):
            added_to = Mux(along[-1].first, 0, acc[pair])
            m.d.comb += total[pair].eq(added_to + shifted[pair])

        with m.If(self.acc.ready):
            m.d.sync += self.acc.valid.eq(0)
        with m.If(move):
            m.d.sync += valid[0].eq(self.codes.valid)
            for name in read.members:
                m.d.sync += along[0][name].eq(payload[name])
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(along)]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(valid)]
            for pair in range(geometry.pairs):
                m.d.sync += shifted[pair].eq(added[pair] << along[-2].plane if self.features.planes else added[pair])
                if medians:
                    difference, limits = repair.differences[pair], (low[pair], high[pair])
                    self._median(m, difference, added[pair], limits, valid[-3], along[-3])
            with m.If(valid[-1]):
                m.d.sync += acc.eq(total)
                with m.If(along[-1].last):
                    m.d.sync += [
                        self.acc.valid.eq(1),
                        self.acc.payload.acc.eq(total),
                        self.acc.payload.tag.eq(along[-1].tag),
                    ]
        with m.If(self.abort):
            m.d.sync += [self.acc.valid.eq(0)] + [stage.eq(0) for stage in valid]
            if medians:
                m.d.sync += [Value.cast(low).eq(0), Value.cast(high).eq(0)]

        m.d.comb += [
            self.trace.valid.eq(self.acc.valid & self.acc.ready),
            self.trace.payload.eq(self.acc.payload),
            self.idle.eq(~self.acc.valid),
        ]
        for stage in valid:
            with m.If(stage):
                m.d.comb += self.idle.eq(0)
        return m

    def _median(
        self, m: Module, difference: Value, added: Value, limits: tuple[Value, Value], valid: Value, read: Value
    ) -> None:
        """What a read adds, where the pipeline moves: its difference, nothing, or the median of the last three."""
        low, high = limits
        below, above = difference < low, difference > high
        with m.Switch(read.replica):
            with m.Case(0):
                m.d.sync += added.eq(difference)
            with m.Case(3):
                m.d.sync += added.eq(Mux(below, low, Mux(above, high, difference)))
            with m.Default():
                m.d.sync += added.eq(0)
        with m.If(valid):
            with m.If(read.last | (read.replica == 0) | (read.replica == 3)):
                m.d.sync += [low.eq(0), high.eq(0)]
            with m.Else():
                with m.If(below | (read.replica == 1)):
                    m.d.sync += low.eq(difference)
                with m.If(above | (read.replica == 1)):
                    m.d.sync += high.eq(difference)
