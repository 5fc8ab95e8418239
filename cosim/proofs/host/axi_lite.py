# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the AXI4-Lite subordinate: the bus's rules, and one access for each request, as it was asked."""

from __future__ import annotations

from typing import Any

from amaranth import Mux, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.axi_lite import OKAY, SLVERR, AxiLiteSubordinate

from ...formal import Properties
from ..axi import subordinate

__all__ = ["axi_lite"]


def axi_lite(geometry: Geometry, block: type[AxiLiteSubordinate] = AxiLiteSubordinate) -> Properties:
    """The bus's rules at its ports; accesses carry what the oldest request asks, once, and answers what came of it."""
    properties = Properties("AXI4-Lite subordinate")
    opened = properties.block(block())
    bus, access = opened.block.bus, opened.block.access
    owed = subordinate(properties, bus)

    # What is held inside is what is owed: a request whose access has been made waits for its response to be taken.
    has_address, has_data, wanted = ~bus.awready, ~bus.wready, ~bus.arready
    properties.claim("addresses_are_counted", owed.addresses == has_address + bus.bvalid)
    properties.claim("data_are_counted", owed.data == has_data + bus.bvalid)
    properties.claim("reads_are_counted", owed.reads == wanted + bus.rvalid)
    reading = opened["reading"]
    properties.claim("a_read_goes_on_in_its_second_cycle", ~reading | (wanted & ~bus.rvalid))
    properties.claim("waits_for_reads_are_counted", bus.rvalid | ~wanted | (owed.waited == reading))

    address = _latest(properties, "awaddr", bus.awvalid & bus.awready, bus.awaddr)
    data = _latest(properties, "wdata", bus.wvalid & bus.wready, bus.wdata)
    strobe = _latest(properties, "wstrb", bus.wvalid & bus.wready, bus.wstrb)
    asked = _latest(properties, "araddr", bus.arvalid & bus.arready, bus.araddr)
    properties.claim("an_address_is_held_as_it_came", ~has_address | (access.write_address == (address & ~3)))
    properties.claim("data_are_held_as_they_came", ~has_data | (access.write_data == data))
    properties.claim("a_read_address_is_held_as_it_came", ~wanted | (access.read_address == (asked & ~3)))
    properties.claim("strobes_are_held_as_they_came", ~has_data | (opened["strobe"] == strobe))

    answered = properties.past(has_address & has_data & ~bus.bvalid & ~ResetSignal())
    whole = has_address & has_data & ~bus.bvalid & (strobe == 0xF)
    properties.claim("a_write_is_one_access", access.write == whole)
    refused = properties.past((strobe != 0xF) | access.write_error)
    properties.claim("a_write_is_answered_as_it_went", ~answered | (bus.bresp == Mux(refused, SLVERR, OKAY)))
    properties.claim("each_write_access_is_answered_once", bus.bvalid == (answered | _held(properties, bus, "b")))
    properties.claim("a_read_is_one_access", access.read == (wanted & ~reading & ~bus.rvalid))
    asking = properties.past(access.read & ~ResetSignal())
    properties.claim("a_read_is_answered_once", reading == asking)
    properties.claim("a_read_address_stands", ~asking | (access.read_address == properties.past(access.read_address)))
    reads = properties.past(reading & ~ResetSignal())
    failed = properties.past(access.read_error)
    shown = Mux(failed, 0, properties.past(access.read_data))
    properties.claim(
        "a_read_is_answered_as_it_went", ~reads | ((bus.rdata == shown) & (bus.rresp == Mux(failed, SLVERR, OKAY)))
    )
    properties.claim("each_read_access_is_answered_once", bus.rvalid == (reads | _held(properties, bus, "r")))
    properties.cover("a_partial_write", bus.bvalid & (bus.bresp == SLVERR) & (strobe == 3))
    properties.cover("a_read_in_a_write", access.read & access.write)
    return properties


def _held(properties: Properties, bus: Any, channel: str) -> Value:
    """A response of the cycle before that was not taken."""
    valid, ready = getattr(bus, f"{channel}valid"), getattr(bus, f"{channel}ready")
    return properties.past(valid & ~ready & ~ResetSignal())


def _latest(properties: Properties, name: str, taken: Value, value: Value) -> Signal:
    """What was handed over last on a channel."""
    latest = Signal(value.shape(), name=f"latest_{name}")
    with properties.module.If(taken):
        properties.module.d.sync += latest.eq(value)
    return latest
