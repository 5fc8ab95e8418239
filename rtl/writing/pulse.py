# SPDX-License-Identifier: BSD-3-Clause
"""Pulse generator: the only place that puts a line into a write mode."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import LEVEL_BITS, SETUP_BITS, WIDTH_BITS, Geometry

from ..pins import LineMode, WriteDrive
from .tokens import pulse_token

__all__ = ["PulseGenerator"]


class PulseGenerator(Component):
    """Setup, pulse, recovery: one request after the other, each from registers of its own.

    Whatever ``request`` asks for is stored when it is taken, and ``remaining`` is loaded with the pulse's width as
    the register ``pulse`` is set; it only counts down, and ``pulse`` falls with it. Every write mode, and every float,
    is gated by that register. S = ``setup``, W = the request's width::

        cycle          t     t+1 .. t+S   t+S+1 .. t+S+W   .. t+2S+W    t+2S+W+1
        request      | taken |          |                |            | may be taken
        claim        | 1     | 1        | 1              | 1, last 0  | 0
        active       | 0     | 1        | 1              | 1          | 0
        gate, level  | 0     | stand    | stand          | stand      | 0
        before       | 0     | 1        | 0              | 0          | 0
        pulse        | 0     | 0        | 1              | 0          | 0
        after        | 0     | 0        | 0              | 1          | 0
        remaining    |       | S .. 1   | W .. 1         | S .. 1     | 0
        modes        | rest  | rest     | write          | rest       | rest

    With S = 0 the cycles before and after are left out. A width of 0 gives no pulse.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    request : In(stream of pulse_token)
        Taken while no pulse is under way and ``drive.rest`` says that no read is.
    drive : Out(WriteDrive)
        What the lines shall do.
    setup : In(8)
        The register ``WRITE_SETUP``.
    passive, float_unselected : In(1), In(1)
        Options of the command, taken over with the request.
    idle : Out(1)
        Nothing is under way.
    abort : In(1)
        Every line rests in the next cycle; a request of this cycle is dropped.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "request": In(stream.Signature(pulse_token(geometry))),
                "drive": Out(WriteDrive(geometry)),
                "setup": In(SETUP_BITS),
                "passive": In(1),
                "float_unselected": In(1),
                "idle": Out(1),
                "abort": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A flip-flop for each phase, one counter, and the request's fields."""
        m = Module()
        geometry = self.geometry
        request, drive, wanted = self.request, self.drive, self.request.payload
        before = Signal()
        pulse = Signal()
        after = Signal()
        active = Signal()
        remaining = Signal(WIDTH_BITS)
        kernel = Signal.like(wanted.kernel)
        rows = Signal(geometry.rows)
        cols = Signal(geometry.cols)
        gate = Signal(geometry.cols)
        level = Signal(LEVEL_BITS)
        width = Signal(WIDTH_BITS)
        toward_p = Signal()
        passive = Signal()
        floating = Signal()

        taken = Signal()
        ends = Signal()
        next_before = Signal()
        next_pulse = Signal()
        next_after = Signal()
        m.d.comb += [
            self.idle.eq(~active),
            request.ready.eq(~active & drive.rest & ~self.abort),
            taken.eq(request.valid & request.ready),
            ends.eq(remaining <= 1),  # the last cycle of a phase
            next_before.eq((taken & (self.setup != 0)) | (before & ~ends)),
            next_pulse.eq(
                (taken & (self.setup == 0) & (wanted.width != 0)) | (before & ends & (width != 0)) | (pulse & ~ends)
            ),
            next_after.eq((pulse & ends & (self.setup != 0)) | (after & ~ends)),
            drive.claim.eq((next_before | next_pulse | next_after) & ~self.abort),
            drive.kernel.eq(Mux(taken, wanted.kernel, kernel)),
        ]

        with m.If(next_pulse & ~pulse):
            m.d.sync += remaining.eq(Mux(taken, wanted.width, width))
        with m.Elif((next_before & ~before) | (next_after & ~after)):
            m.d.sync += remaining.eq(self.setup)
        with m.Elif(remaining != 0):
            m.d.sync += remaining.eq(remaining - 1)
        with m.If(taken):
            m.d.sync += [
                kernel.eq(wanted.kernel),
                rows.eq(1 << wanted.row),
                cols.eq(wanted.cols),
                gate.eq(wanted.cols | self.passive.replicate(geometry.cols)),
                toward_p.eq(wanted.toward_p),
                level.eq(wanted.level),
                width.eq(wanted.width),
                passive.eq(self.passive),
                floating.eq(self.float_unselected),
            ]
        m.d.sync += [before.eq(next_before), pulse.eq(next_pulse), after.eq(next_after), active.eq(drive.claim)]
        with m.If(~drive.claim):
            m.d.sync += [gate.eq(0), level.eq(0)]
        with m.If(self.abort):
            m.d.sync += [before.eq(0), pulse.eq(0), after.eq(0), remaining.eq(0)]

        m.d.comb += [drive.active.eq(active), drive.gate.eq(gate), drive.level.eq(level), drive.pulse.eq(pulse)]
        # Everything but ``pulse`` stands still around a pulse, so that a mode is one gate behind a register.
        unselected = Signal(LineMode)
        row_write = Signal(LineMode)
        col_write = Signal(LineMode)
        m.d.comb += [
            unselected.eq(Mux(floating, LineMode.FLOAT, LineMode.REFERENCE)),
            row_write.eq(Mux(toward_p, LineMode.WRITE_P, LineMode.WRITE_N)),
            col_write.eq(Mux(toward_p, LineMode.WRITE_N, LineMode.WRITE_P)),
        ]
        with m.If(pulse):
            for row in range(geometry.rows):
                m.d.comb += drive.row_mode[row].eq(Mux(rows[row], row_write, unselected))
            for col in range(geometry.cols):
                selected = Mux(passive, col_write, LineMode.REFERENCE)
                m.d.comb += drive.col_mode[col].eq(Mux(cols[col], selected, unselected))
        return m
