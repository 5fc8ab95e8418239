# SPDX-License-Identifier: BSD-3-Clause
"""AXI4-Lite manager: one access to a register at a time."""

from __future__ import annotations

from amaranth import Module
from amaranth.lib.wiring import Component, In, Out
from spintile.rtl.axi_lite import ADDRESS_BITS, OKAY, AxiLite

__all__ = ["RegisterManager"]


class RegisterManager(Component):
    """One access at a time; its answer waits until it is taken.

    Members
    -------
    start, write : In(1), In(1)
        Begin a write, or else a read. Not while one is under way.
    address, value : In(20), In(32)
        Byte address, and the word of a write; both stand until the answer is taken.
    answered : Out(1)
        There is an answer.
    data, error : Out(32), Out(1)
        With ``answered``: the word of a read; the answer is not OKAY.
    take : In(1)
        The answer is taken in this cycle.
    bus : Out(AxiLite)
        The bus.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "write": In(1),
                "address": In(ADDRESS_BITS),
                "value": In(32),
                "answered": Out(1),
                "data": Out(32),
                "error": Out(1),
                "take": In(1),
                "bus": Out(AxiLite()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three requests that fall when they are taken."""
        m = Module()
        bus = self.bus
        m.d.comb += [
            bus.awaddr.eq(self.address),
            bus.wdata.eq(self.value),
            bus.wstrb.eq(0xF),
            bus.araddr.eq(self.address),
            bus.bready.eq(self.take),
            bus.rready.eq(self.take),
            self.answered.eq(bus.bvalid | bus.rvalid),
            self.data.eq(bus.rdata),
            self.error.eq((bus.bvalid & (bus.bresp != OKAY)) | (bus.rvalid & (bus.rresp != OKAY))),
        ]
        for valid, ready, starts in (
            (bus.awvalid, bus.awready, self.write),
            (bus.wvalid, bus.wready, self.write),
            (bus.arvalid, bus.arready, ~self.write),
        ):
            with m.If(self.start & starts):
                m.d.sync += valid.eq(1)
            with m.Elif(ready):
                m.d.sync += valid.eq(0)
        return m
