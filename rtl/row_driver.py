# SPDX-License-Identifier: BSD-3-Clause
"""Drives the rows of one kernel for one read, and releases them when the read has been sampled."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .pins import LineMode, LinePins
from .tokens import driven_token, kernel_shape, rows_token

__all__ = ["RowDriver"]


class RowDriver(Component):
    """Holds the read that is on the lines, and one that waits for it to be sampled.

    Every line comes straight from a register. One kernel at a time is selected by construction: there is one
    register of the driven kernel, for reads and for write pulses. A kernel and its rows change at once, in the
    cycle after a sample::

        cycle           0        1        2        3        4        5
        rows.valid    | a      | b      | c      | c      | c      |
        rows.ready    | 1      | 1      | 0      | 0      | 1      |        b waits, so c must
        lines         | idle   | a      | a      | a      | b      |        SETTLE = 2
        read.valid    | 0      | 0      | 0      | 1      | 0      |        a has been driven for 2 cycles
        read.ready    |        |        |        | 1      |        |        the sample of a

    With tokens waiting, two reads may be sampled SETTLE + 1 cycles apart.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    rows : In(stream of rows_token)
        Reads in order; ready while the waiting place is empty.
    read : Out(stream of driven_token)
        The driven read, valid once its lines have been driven for ``settle`` whole cycles. Taking it is the
        sample: in the next cycle the lines carry the waiting read or rest.
    lines : Out(LinePins)
        Kernel and line drivers. Between reads, and in the cycle after ``abort``, every line rests at the
        reference with no kernel selected and all gates off.
    settle : In(8)
        The register ``SETTLE``; stable while reads are under way.
    claim : In(1), claim_kernel : In(kernel_shape)
        A write pulse has the lines from the next cycle on: while nothing else is driven, that kernel is selected then.
        Reads that come meanwhile wait.
    rest : Out(1)
        No read is driven and none waits.
    abort : In(1)
        Drops both reads; no kernel is selected in the next cycle.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "rows": In(stream.Signature(rows_token(geometry))),
                "read": Out(stream.Signature(driven_token(geometry))),
                "lines": Out(LinePins(geometry)),
                "settle": In(8),
                "claim": In(1),
                "claim_kernel": In(kernel_shape(geometry)),
                "rest": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Two places for a token: driven and waiting."""
        m = Module()
        token = rows_token(self.geometry)
        driven = Signal(token)
        driving = Signal()
        select = Signal(self.geometry.kernels)
        waiting = Signal(token)
        waits = Signal()
        remaining = Signal(8)

        entering = Signal(token)
        free = Signal()
        load = Signal()
        sampled = Signal()
        m.d.comb += [
            sampled.eq(self.read.valid & self.read.ready),
            free.eq(~driving | sampled),
            self.rows.ready.eq(~waits),
            entering.eq(Mux(waits, waiting, self.rows.payload)),
            load.eq(free & (waits | self.rows.valid) & ~self.claim),
            self.rest.eq(~driving & ~waits),
        ]

        with m.If(driving & (remaining != 0)):
            m.d.sync += remaining.eq(remaining - 1)
        with m.If(load):
            m.d.sync += [
                driven.eq(entering),
                driving.eq(1),
                select.eq(1 << entering.kernel),
                remaining.eq(self.settle),
                waits.eq(0),
            ]
        with m.Elif(free):
            m.d.sync += [driving.eq(0), select.eq(0), driven.rows.eq(0)]
            with m.If(self.claim):
                m.d.sync += [select.eq(1 << self.claim_kernel), driven.kernel.eq(self.claim_kernel)]
        with m.If(self.rows.valid & ~waits & ~load):
            m.d.sync += [waiting.eq(self.rows.payload), waits.eq(1)]
        with m.If(self.abort):
            m.d.sync += [driving.eq(0), select.eq(0), driven.rows.eq(0), waits.eq(0)]

        m.d.comb += [
            self.read.valid.eq(driving & (remaining == 0)),
            self.lines.kernel.eq(driven.kernel),
            self.lines.select.eq(select),
            self.lines.gate.eq(Cat(driving for _ in range(self.geometry.cols))),
        ]
        for name in ("count", "kernel", "plane", "first", "last", "replica", "flagged", "tag"):
            m.d.comb += self.read.payload[name].eq(driven[name])
        for row in range(self.geometry.rows):
            m.d.comb += self.lines.row_mode[row].eq(Mux(driven.rows[row], LineMode.READ, LineMode.REFERENCE))
        for col in range(self.geometry.cols):
            m.d.comb += self.lines.col_mode[col].eq(LineMode.REFERENCE)
        return m
