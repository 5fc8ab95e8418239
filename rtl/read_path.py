# SPDX-License-Identifier: BSD-3-Clause
"""Row driver and column sense together: rows in, codes out, the array's pins between, lent to write pulses."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry

from .column_sense import ColumnSense
from .loop_back import LoopBack
from .pins import ArrayPins, ConverterPins, WriteDrive
from .row_driver import RowDriver
from .tokens import READY_LIMIT_BITS, Flow, adc_bits_shape, codes_token, rows_token, test_settings
from .watchdog import Watchdog

__all__ = ["ReadPath"]


class ReadPath(Component):
    """Reads of one kernel group: settling of a read overlaps the conversion of the one before.

    A read costs ``max(m*(B'+1), SETTLE + 1)`` cycles while rows arrive and codes leave in time.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    rows : In(stream of rows_token)
        Reads in order.
    write : In(WriteDrive)
        The pulse generator. While it is ``active`` rows, columns and gates are its own; the selected kernel is always
        the row driver's register.
    array : Out(ArrayPins)
        Pins of the array.
    codes : Out(stream of codes_token)
        Codes of the reads, in the same order.
    trace : Out(Flow of codes_token)
        The same, valid only in the cycle in which they are handed over.
    settle, adc_bits, ready_limit, test : In
        Registers ``SETTLE``, ``ADC_BITS``, ``READY_LIMIT``, and ``TEST`` with ``TEST_CODE``; stable while reads are
        under way.
    busy : Out(1)
        A conversion is under way.
    sampled : Out(1)
        A read is sampled in this cycle.
    idle : Out(1)
        No read waits, is driven, in conversion or in the output register.
    abort : In(1)
        Drops every read; from the next cycle on every line is at the reference.
    error : Out(1)
        The array was not ready for ``READY_LIMIT`` cycles. Every read is dropped, now and until ``recover``.
    recover : In(1)
        ``error`` is 0 in the next cycle.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "rows": In(stream.Signature(rows_token(geometry))),
                "write": In(WriteDrive(geometry)),
                "array": Out(ArrayPins(geometry)),
                "codes": Out(stream.Signature(codes_token(geometry))),
                "trace": Out(Flow(codes_token(geometry))),
                "settle": In(8),
                "adc_bits": In(adc_bits_shape(geometry)),
                "ready_limit": In(READY_LIMIT_BITS),
                "test": In(test_settings(geometry)),
                "busy": Out(1),
                "sampled": Out(1),
                "idle": Out(1),
                "abort": In(1),
                "error": Out(1),
                "recover": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Wiring, and a multiplexer for each line."""
        m = Module()
        m.submodules.row_driver = driver = RowDriver(self.geometry)
        m.submodules.column_sense = sense = ColumnSense(self.geometry)
        m.submodules.loop_back = loop_back = LoopBack(self.geometry)
        m.submodules.watchdog = watchdog = Watchdog()
        connect(m, flipped(self.rows), driver.rows)
        connect(m, driver.read, sense.read)
        connect(m, sense.codes, flipped(self.codes))
        connect(m, sense.converter, loop_back.sense)
        lines, write = driver.lines, self.write
        m.d.comb += [
            self.array.kernel.eq(lines.kernel),
            self.array.select.eq(lines.select),
            self.array.gate.eq(Mux(write.active, write.gate, lines.gate)),
            self.array.pulse.eq(write.pulse),
            self.array.level.eq(write.level),
            driver.claim.eq(write.claim),
            driver.claim_kernel.eq(write.kernel),
            write.rest.eq(driver.rest),
        ]
        for name in ("row_mode", "col_mode"):
            reads, writes, pins = (getattr(side, name) for side in (lines, write, self.array))
            m.d.comb += pins.as_value().eq(Mux(write.active, writes.as_value(), reads.as_value()))
        for name, member in ConverterPins(self.geometry).members.items():
            inner, outer = getattr(loop_back.array, name), getattr(self.array, name)
            m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        drop = Signal()
        m.d.comb += [
            drop.eq(self.abort | watchdog.error),
            driver.settle.eq(self.settle),
            driver.abort.eq(drop),
            sense.adc_bits.eq(self.adc_bits),
            sense.abort.eq(drop),
            loop_back.settings.eq(self.test),
            watchdog.limit.eq(self.ready_limit),
            watchdog.waiting.eq(sense.waiting),
            watchdog.clear.eq(self.recover),
            self.error.eq(watchdog.error),
            self.sampled.eq(sense.converter.sample),
            self.trace.valid.eq(sense.trace.valid),
            self.trace.payload.eq(sense.trace.payload),
            self.busy.eq(sense.busy),
            self.idle.eq(driver.rest & sense.idle),
        ]
        return m
