# SPDX-License-Identifier: BSD-3-Clause
"""What goes into an FPGA: a linked chip behind a serial line, and lights."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out, connect
from spintile.model.geometry import Geometry

from ..link.link import PATIENCE, WINDOW
from ..link.uart import UartReceiver, UartTransmitter
from .linked_chip import LinkedChip

__all__ = ["LIGHTS", "Gateware"]

#: A session has begun; a die is loaded; something is being done; a frame was damaged since the session began.
LIGHTS = StructLayout({"connected": 1, "loaded": 1, "working": 1, "damaged": 1})


class Gateware(Component):
    """One clock, ``sync``. A board's file gives it a clock, pins and a divisor; it knows nothing of boards.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    divisor : int
        Cycles of a bit of the line (:func:`~spintile.fpga.link.uart.divisor_for`).
    chip, window, patience, counters
        As in :class:`LinkedChip`.

    Members
    -------
    rx, tx : In(1), Out(1)
        The line; 1 while it rests.
    lights : Out(LIGHTS)
        For people.
    """

    def __init__(
        self,
        geometry: Geometry,
        divisor: int,
        chip: Component | None = None,
        *,
        window: int = WINDOW,
        patience: int = PATIENCE,
        counters: bool = True,
    ) -> None:
        self.geometry = geometry
        self._receiver, self._transmitter = UartReceiver(divisor), UartTransmitter(divisor)
        self._linked = LinkedChip(geometry, chip, window=window, patience=patience, counters=counters)
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "lights": Out(LIGHTS)})

    def elaborate(self, platform: object) -> Module:
        """Wiring."""
        m = Module()
        m.submodules.receiver = receiver = self._receiver
        m.submodules.transmitter = transmitter = self._transmitter
        m.submodules.linked = linked = self._linked
        connect(m, receiver.received, linked.received)
        connect(m, linked.sent, transmitter.sent)
        connected, damaged = Signal(), Signal()
        m.d.sync += connected.eq(linked.connected)
        with m.If(linked.damaged):
            m.d.sync += damaged.eq(1)
        with m.Elif(linked.connected & ~connected):
            m.d.sync += damaged.eq(0)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.lights.connected.eq(linked.connected),
            self.lights.loaded.eq(linked.loaded),
            self.lights.working.eq(~linked.quiet),
            self.lights.damaged.eq(damaged),
        ]
        return m
