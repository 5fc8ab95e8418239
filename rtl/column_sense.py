# SPDX-License-Identifier: BSD-3-Clause
"""Samples a read and converts its columns by successive approximation, one column per converter at a time."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .pins import ConverterPins
from .tokens import Flow, adc_bits_shape, codes_token, driven_token

__all__ = ["ColumnSense"]


class ColumnSense(Component):
    """Successive approximation of 1 to ``adc_bits`` bits on every converter in step.

    Two shared one-hot registers walk through a conversion: ``mask`` is the bit on trial in this cycle, ``last``
    the bit whose comparator answers in this cycle. B' = 3, two columns per converter, next read waiting::

        cycle         t   t+1  t+2  t+3  t+4  t+5  t+6  t+7  t+8
        sample      |  1 |    |    |    |    |    |    |    |  1 |
        phase       |  0 |  0 |  0 |  0 |  1 |  1 |  1 |  1 |  0 |
        mask        |  - |  2 |  1 |  0 |  - |  2 |  1 |  0 |  - |     (bit number)
        last        |  - |  - |  2 |  1 |  0 |  - |  2 |  1 |  0 |
        codes.valid |    |    |    |    |    |    |    |    |    |  1 in t+9

    The codes of a read leave into an output register in the cycle of the last comparator, the sample cycle of the
    next read. If that register is still full then, they wait in the conversion registers and the next sample is
    held off: no code is ever lost, and at most one conversion is in flight.

    With one bit the comparators of plus columns answer which column of the pair is larger; plus gets the answer,
    minus its opposite, an unpaired column 0.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    read : In(stream of driven_token)
        A read whose lines have settled; taken in the sample cycle.
    converter : Out(ConverterPins)
        Pins of the array. ``ready`` of the array must not depend on ``sample`` in the same cycle.
    codes : Out(stream of codes_token)
        Codes of a read, valid m*(B'+1) + 1 cycles after its sample.
    trace : Out(Flow of codes_token)
        The same, valid only in the cycle in which they are handed over.
    adc_bits : In(ceil(log2(adc_bits + 1)))
        B', stable while reads are under way; a value out of range acts as the largest.
    busy : Out(1)
        A conversion is under way: counted by the register ``CONVERTING``.
    waiting : Out(1)
        A settled read could be sampled but for ``ready``.
    idle : Out(1)
        No read is in conversion, and no codes wait.
    abort : In(1)
        Drops the conversion and the codes.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "read": In(stream.Signature(driven_token(geometry))),
                "converter": Out(ConverterPins(geometry)),
                "codes": Out(stream.Signature(codes_token(geometry))),
                "trace": Out(Flow(codes_token(geometry))),
                "adc_bits": In(adc_bits_shape(geometry)),
                "busy": Out(1),
                "waiting": Out(1),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Control, one approximation register per column, output register."""
        geometry = self.geometry
        shared = geometry.columns_per_adc
        m = Module()

        start = self._start(m)
        mask = Signal(geometry.adc_bits)
        last = Signal(geometry.adc_bits)
        phase = Signal(range(max(2, shared)))
        last_phase = Signal.like(phase)
        active = Signal()  # from the cycle after a sample until the codes are in the output register
        held = Signal()  # all bits are known, the output register was full
        complete = Signal()
        leave = Signal()
        sample = Signal()
        free = Signal()  # another read may be sampled
        m.d.comb += [
            complete.eq(held | (last[0] & (last_phase == shared - 1))),
            leave.eq(complete & ~self.codes.valid),
            free.eq((~active | leave) & ~self.abort),
            self.read.ready.eq(free & self.converter.ready),
            self.waiting.eq(self.read.valid & free & ~self.converter.ready),
            sample.eq(self.read.valid & self.read.ready),
            self.busy.eq(active & ~held),
            self.idle.eq(~active & ~self.codes.valid),
        ]

        m.d.sync += [last.eq(mask), last_phase.eq(phase), mask.eq(mask >> 1)]
        with m.If(mask[0]):
            m.d.sync += phase.eq(Mux(phase == shared - 1, 0, phase + 1))
        with m.If(sample | (last[0] & ~complete)):
            m.d.sync += mask.eq(start)
        with m.If(sample):
            m.d.sync += active.eq(1)
        with m.Elif(leave):
            m.d.sync += active.eq(0)
        m.d.sync += held.eq(complete & ~leave)

        with m.If(self.abort):
            m.d.sync += [active.eq(0), held.eq(0), mask.eq(0), last.eq(0), phase.eq(0)]

        codes = [self._column(m, col, mask, last, phase, last_phase, sample) for col in range(geometry.cols)]
        sampled = Signal(driven_token(geometry))
        with m.If(sample):
            m.d.sync += sampled.eq(self.read.payload)
        with m.If(leave):
            m.d.sync += [self.codes.valid.eq(1), self.codes.payload.codes.eq(Cat(codes))]
            for name in ("count", "kernel", "plane", "first", "last", "replica", "flagged", "tag"):
                m.d.sync += self.codes.payload[name].eq(sampled[name])
        with m.Elif(self.codes.ready):
            m.d.sync += self.codes.valid.eq(0)
        with m.If(self.abort):
            m.d.sync += self.codes.valid.eq(0)

        m.d.comb += [
            self.converter.sample.eq(sample),
            self.converter.differential.eq(start[0]),
            self.converter.phase.eq(phase),
            self.converter.strobe.eq(mask.any()),
            self.converter.tag_image.eq(self.read.payload.tag.image),
            self.converter.tag_ordinal.eq(self.read.payload.tag.ordinal),
            self.trace.valid.eq(self.codes.valid & self.codes.ready),
            self.trace.payload.eq(self.codes.payload),
        ]
        return m

    def _start(self, m: Module) -> Signal:
        """First trial of a conversion, one-hot: bit B'-1. Bit 0 of it says that B' is one."""
        start = Signal(self.geometry.adc_bits)
        with m.Switch(self.adc_bits):
            for bits in range(1, self.geometry.adc_bits):
                with m.Case(bits):
                    m.d.comb += start.eq(1 << (bits - 1))
            with m.Default():
                m.d.comb += start.eq(1 << (self.geometry.adc_bits - 1))
        return start

    def _column(
        self, m: Module, col: int, mask: Signal, last: Signal, phase: Signal, last_phase: Signal, sample: Signal
    ) -> Signal:
        """Register of one column; returns its code with the bit that the comparator decides in this cycle."""
        shared = self.geometry.columns_per_adc
        comparator = self.converter.comparator
        plus = col - col % 2  # the pair's column whose comparator answers with one bit
        paired = plus + 1 < self.geometry.cols
        code = Signal(self.geometry.adc_bits, name=f"code_{col}")
        current = Signal(self.geometry.adc_bits, name=f"current_{col}")

        with m.If(self.converter.differential):
            if paired:
                answer = ~comparator[plus] if col % 2 else comparator[plus]
                m.d.comb += current.eq(code | (last[0] & (last_phase == plus % shared) & answer))
            trial = mask[0] & (phase == col % shared) if paired and col == plus else Const(0)
            m.d.comb += self.converter.trial[col].eq(trial)
        with m.Else():
            m.d.comb += current.eq(code | Mux((last_phase == col % shared) & comparator[col], last, 0))
            with m.If(self.converter.strobe & (phase == col % shared)):
                m.d.comb += self.converter.trial[col].eq(current | mask)
        m.d.sync += code.eq(Mux(sample, 0, current))
        return current
