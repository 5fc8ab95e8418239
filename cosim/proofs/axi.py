# SPDX-License-Identifier: BSD-3-Clause
"""Rules of the buses: what AXI4-Lite and AXI4-Stream ask of whoever drives these ports."""

from __future__ import annotations

from typing import Any

from amaranth import Const, Mux, ResetSignal, Signal, Value
from spintile.rtl.axi_lite import OKAY, SLVERR

from ..formal import Properties

__all__ = ["Outstanding", "kept_until_taken", "stream_source", "subordinate"]


_NEVER = Const(0)


def kept_until_taken(
    properties: Properties, name: str, valid: Value, ready: Value, content: Value, drop: Value = _NEVER
) -> None:
    """VALID stays until READY, and what goes with it stands; reset and ``drop`` take it back, as they may."""
    before = properties.past(valid & ~ready & ~drop & ~ResetSignal())
    properties.claim(f"{name}_valid_stays_until_ready", ~before | valid)
    properties.claim(f"{name}_stands_until_ready", ~before | (content == properties.past(content)))


def stream_source(properties: Properties, name: str, stream: Any, drop: Value = _NEVER) -> None:
    """Rules of an AXI4-Stream that is a source; ``drop`` is a reset of that stream."""
    content = Value.cast(stream.tdata) if "tlast" not in stream.signature.members else _packed(stream)
    kept_until_taken(properties, name, stream.tvalid, stream.tready, content, drop)
    properties.claim(f"{name}_is_quiet_after_reset", ~properties.after_reset() | ~stream.tvalid)
    held = properties.past(stream.tvalid & ~stream.tready, init=0)
    properties.cover(f"{name}_is_held_back", held & stream.tvalid & stream.tready)


def _packed(stream: Any) -> Value:
    """Data and the last bit of a stream."""
    word = Value.cast(stream.tdata)
    return Mux(stream.tlast, 1 << len(word), 0) | word


class Outstanding:
    """Requests that have been handed over and not answered, counted at the ports.

    Parameters
    ----------
    properties : Properties
        Where the counters go.
    bus : AxiLite
        Its ports.

    Attributes
    ----------
    addresses, data, reads : Signal
        Write addresses, words and read addresses taken, less the responses taken.
    waited : Signal
        Cycles in a row before this one in which a read was owed and no response was there.
    """

    def __init__(self, properties: Properties, bus: Any) -> None:
        answered = bus.bvalid & bus.bready
        self.addresses = _count(properties, "addresses_owed", bus.awvalid & bus.awready, answered)
        self.data = _count(properties, "data_owed", bus.wvalid & bus.wready, answered)
        self.reads = _count(properties, "reads_owed", bus.arvalid & bus.arready, bus.rvalid & bus.rready)
        self.waited = Signal(4, name="read_waited")


def _count(properties: Properties, name: str, more: Value, fewer: Value) -> Signal:
    """How many more there were of one event than of the other."""
    count = Signal(4, name=name)
    properties.module.d.sync += count.eq(count + more - fewer)
    return count


def subordinate(properties: Properties, bus: Any) -> Outstanding:
    """Rules of an AXI4-Lite subordinate, whatever the manager does, its own rules broken included.

    Responses come only after their requests, exactly one for each, OKAY or SLVERR and nothing else, and stand until
    they are taken: of a write in the second cycle after both halves of the request at the latest, of a read in the
    third.
    """
    owed = Outstanding(properties, bus)
    kept_until_taken(properties, "write_response", bus.bvalid, bus.bready, bus.bresp)
    read = Mux(bus.rresp[0], 1 << 33, 0) | Mux(bus.rresp[1], 1 << 32, 0) | bus.rdata
    kept_until_taken(properties, "read_response", bus.rvalid, bus.rready, read)
    quiet = ~properties.after_reset() | ~(bus.bvalid | bus.rvalid)
    properties.claim("no_response_after_reset", quiet)
    asked = (owed.addresses != 0) & (owed.data != 0)
    properties.claim("no_write_response_without_its_request", ~bus.bvalid | asked)
    properties.claim("no_read_response_without_its_request", ~bus.rvalid | (owed.reads != 0))
    properties.claim("two_writes_at_most", (owed.addresses <= 2) & (owed.data <= 2))
    properties.claim("two_reads_at_most", owed.reads <= 2)
    late = properties.past(asked & ~ResetSignal()) & (owed.addresses != 0) & (owed.data != 0)
    properties.claim("a_write_is_answered_in_the_next_cycle", ~late | bus.bvalid | properties.past(bus.bvalid))
    unanswered = (owed.reads != 0) & ~bus.rvalid
    properties.module.d.sync += owed.waited.eq(Mux(unanswered, owed.waited + 1, 0))
    properties.claim("a_read_is_answered_in_two_cycles", ~unanswered | (owed.waited <= 1))
    for name, response in (("write", bus.bresp), ("read", bus.rresp)):
        properties.claim(f"a_{name}_response_is_okay_or_slverr", (response == OKAY) | (response == SLVERR))
    ready = bus.awready & bus.wready & bus.arready
    properties.claim("takes_requests_while_nothing_is_owed", ~_none(owed) | ready)
    properties.cover("a_write_is_answered", properties.past(bus.bvalid & bus.bready) & _none(owed))
    properties.cover("responses_are_held_back", (owed.addresses == 2) & (owed.data == 2) & (owed.reads == 2))
    properties.cover("data_before_its_address", (owed.data == 1) & (owed.addresses == 0))
    return owed


def _none(owed: Outstanding) -> Value:
    """Nothing is under way."""
    return (owed.addresses == 0) & (owed.data == 0) & (owed.reads == 0)
