# SPDX-License-Identifier: BSD-3-Clause
"""AXI4-Lite subordinate: turns the five channels into single accesses to a register file."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out, Signature

__all__ = ["ADDRESS_BITS", "OKAY", "SLVERR", "AxiLite", "AxiLiteSubordinate", "RegisterAccess"]

#: Byte addresses.
ADDRESS_BITS = 20
OKAY = 0
SLVERR = 2


class AxiLite(Signature):
    """An AXI4-Lite of 32-bit data and 20-bit byte addresses, seen by the manager.

    Members
    -------
    awaddr, awprot, awvalid : Out; awready : In
        Write address; ``awprot`` is ignored.
    wdata, wstrb, wvalid : Out; wready : In
        Write data.
    bresp, bvalid : In; bready : Out
        Write response: 0 OKAY, 2 SLVERR.
    araddr, arprot, arvalid : Out; arready : In
        Read address; ``arprot`` is ignored.
    rdata, rresp, rvalid : In; rready : Out
        Read data; 0 with SLVERR.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "awaddr": Out(ADDRESS_BITS),
                "awprot": Out(3),
                "awvalid": Out(1),
                "awready": In(1),
                "wdata": Out(32),
                "wstrb": Out(4),
                "wvalid": Out(1),
                "wready": In(1),
                "bresp": In(2),
                "bvalid": In(1),
                "bready": Out(1),
                "araddr": Out(ADDRESS_BITS),
                "arprot": Out(3),
                "arvalid": Out(1),
                "arready": In(1),
                "rdata": In(32),
                "rresp": In(2),
                "rvalid": In(1),
                "rready": Out(1),
            }
        )


class RegisterAccess(Signature):
    """One 32-bit access, seen by the bus.

    Members
    -------
    write : Out(1)
        ``write_address`` and ``write_data`` are valid in this cycle, the only one: the word is written at its end.
    write_address, write_data : Out(20), Out(32)
        Byte address, word aligned.
    write_error : In(1)
        In the same cycle: there is nothing to write at this address.
    read : Out(1)
        ``read_address`` is asked for in this cycle, the only one.
    read_address : Out(20)
        Byte address, word aligned; stands in the next cycle too.
    read_data, read_error : In(32), In(1)
        In the next cycle: the word; there is nothing to read at this address.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "write": Out(1),
                "write_address": Out(ADDRESS_BITS),
                "write_data": Out(32),
                "write_error": In(1),
                "read": Out(1),
                "read_address": Out(ADDRESS_BITS),
                "read_data": In(32),
                "read_error": In(1),
            }
        )


class AxiLiteSubordinate(Component):
    """One outstanding write and one outstanding read; the two directions do not wait for each other.

    Every output is a register. Addresses are taken as word addresses: their two lowest bits are ignored. A write with
    a partial strobe writes nothing and is answered SLVERR, as is any access that the register file refuses. A
    write takes three cycles from address and data to response, one every three cycles; a read four.

    Members
    -------
    bus : In(AxiLite)
        The bus.
    access : Out(RegisterAccess)
        Accesses, in the order of the bus.
    """

    def __init__(self) -> None:
        super().__init__({"bus": In(AxiLite()), "access": Out(RegisterAccess())})

    def elaborate(self, platform: object) -> Module:
        """Two small machines: collect, access, respond."""
        m = Module()
        bus, access = self.bus, self.access

        # ``ready`` registers are 1 while nothing is held; address and data may come in any order.
        has_address, has_data = Signal(), Signal()
        strobe = Signal(4)
        m.d.comb += [bus.awready.eq(~has_address), bus.wready.eq(~has_data)]
        with m.If(bus.awvalid & bus.awready):
            m.d.sync += [has_address.eq(1), access.write_address.eq(bus.awaddr & ~3)]
        with m.If(bus.wvalid & bus.wready):
            m.d.sync += [has_data.eq(1), access.write_data.eq(bus.wdata), strobe.eq(bus.wstrb)]
        write = Signal()
        m.d.comb += [
            write.eq(has_address & has_data & ~bus.bvalid),
            access.write.eq(write & (strobe == 0xF)),
        ]
        with m.If(write):
            refused = access.write_error | (strobe != 0xF)
            m.d.sync += [
                bus.bvalid.eq(1),
                bus.bresp.eq(Mux(refused, SLVERR, OKAY)),
                has_address.eq(0),
                has_data.eq(0),
            ]
        with m.If(bus.bvalid & bus.bready):
            m.d.sync += bus.bvalid.eq(0)

        wanted, reading = Signal(), Signal()
        m.d.comb += [bus.arready.eq(~wanted), access.read.eq(wanted & ~reading & ~bus.rvalid)]
        m.d.sync += reading.eq(access.read)
        with m.If(bus.arvalid & bus.arready):
            m.d.sync += [wanted.eq(1), access.read_address.eq(bus.araddr & ~3)]
        with m.If(reading):
            m.d.sync += [
                bus.rvalid.eq(1),
                bus.rresp.eq(Mux(access.read_error, SLVERR, OKAY)),
                bus.rdata.eq(Mux(access.read_error, 0, access.read_data)),
                wanted.eq(0),
            ]
        with m.If(bus.rvalid & bus.rready):
            m.d.sync += bus.rvalid.eq(0)
        return m
