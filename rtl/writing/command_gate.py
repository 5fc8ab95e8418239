# SPDX-License-Identifier: BSD-3-Clause
"""Command gate: which commands are begun, which are refused, and what the host is told."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth import Module, Signal, Value
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import REPEATS_LIMIT, WRITE_STEPS, Geometry, WriteOp

from ..tokens import adc_bits_shape
from .tokens import write_settings

__all__ = ["CommandGate"]


class CommandGate(Component):
    """Looks at a start in the cycle in which it comes, and begins the command, or sets a bit that says why not.

    ::

        cycle          t      t+1
        start        | 1    |
        begin        | 1    |       if enable, chip_busy and busy are 0 and every register is in range
        number       | n    | n+1   n is the number of this command: the controller stores it with begin
        refused ..   |      | 0     or the one that applies is 1

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    start, abort : In(1), In(1)
        Pulses of WRITE_COMMAND; with both, nothing is begun.
    settings : In(write_settings)
        What the command shall do.
    steps_empty : In(1)
        A step that the command may use has width 0.
    adc_bits : In
        The register ``ADC_BITS``: single cells are not seen with one bit.
    enable, chip_busy : In(1), In(1)
        CONTROL.enable; images are in the chip or a read is under way.
    busy : In(1)
        A command runs or its report has not left.
    soft_reset : In(1)
        Clears the status bits.
    begin : Out(1)
        The command is accepted in this cycle.
    cancel : Out(1)
        In the cycle of an ``abort`` while ``busy``.
    number : Out(16)
        Commands accepted since reset; ``soft_reset`` leaves it.
    refused, configuration_error, aborted : Out(1)
        Fields of WRITE_STATUS.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "start": In(1),
                "abort": In(1),
                "settings": In(write_settings()),
                "steps_empty": In(1),
                "adc_bits": In(adc_bits_shape(geometry)),
                "enable": In(1),
                "chip_busy": In(1),
                "busy": In(1),
                "soft_reset": In(1),
                "begin": Out(1),
                "cancel": Out(1),
                "number": Out(16),
                "refused": Out(1),
                "configuration_error": Out(1),
                "aborted": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The checks, and four registers."""
        m = Module()
        legal = Signal()
        blocked = Signal()
        started = Signal()
        m.d.comb += [
            legal.eq(~reduce(or_, self._errors())),
            blocked.eq(self.enable | self.chip_busy | self.busy),
            started.eq(self.start & ~self.abort & ~self.soft_reset),
            self.begin.eq(started & ~blocked & legal),
            self.cancel.eq(self.abort & self.busy),
        ]
        with m.If(self.begin):
            m.d.sync += [
                self.number.eq(self.number + 1),
                self.refused.eq(0),
                self.configuration_error.eq(0),
                self.aborted.eq(0),
            ]
        with m.Elif(started & blocked):
            m.d.sync += self.refused.eq(1)
        with m.Elif(started):
            m.d.sync += self.configuration_error.eq(1)
        with m.If(self.cancel):
            m.d.sync += self.aborted.eq(1)
        with m.If(self.soft_reset):
            m.d.sync += [self.refused.eq(0), self.configuration_error.eq(0), self.aborted.eq(0)]
        return m

    def _errors(self) -> list[Value]:
        """What must not be, one condition each."""
        geometry, settings = self.geometry, self.settings
        errors = [
            settings.op > max(WriteOp),
            self.steps_empty,
            (self.adc_bits < 2) | (self.adc_bits > geometry.adc_bits),
            (settings.steps == 0) | (settings.steps > WRITE_STEPS),
            (settings.repeats == 0) | (settings.repeats > REPEATS_LIMIT),
            settings.passes == 0,  # its field ends at the limit
        ]
        sizes = {"kernels": geometry.kernels, "rows": geometry.rows, "cols": geometry.cols}
        for name, size in sizes.items():
            region = settings[name]
            errors += [region.first > region.last, region.last >= size]
        return errors
