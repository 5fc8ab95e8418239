# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the watchdog: an error after exactly the limit of waiting cycles in a row, kept until cleared."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal
from spintile.model.geometry import Geometry
from spintile.rtl.tokens import READY_LIMIT_BITS
from spintile.rtl.watchdog import Watchdog

from ...formal import Properties

__all__ = ["watchdog"]


def watchdog(geometry: Geometry, block: type[Watchdog] = Watchdog) -> Properties:
    """The error against a count of our own that cannot wrap; the limit is any constant."""
    properties = Properties("watchdog")
    m = properties.module
    opened = properties.block(block())
    unit = opened.block
    properties.steady("limit", unit.limit)
    waited = Signal(READY_LIMIT_BITS + 1, name="waited")  # cycles in a row before this one, at most 2^16
    late = Signal(name="late")
    m.d.sync += waited.eq(Mux(unit.waiting, waited + ~waited[-1], 0))
    with m.If(unit.waiting & (unit.limit != 0) & (waited + 1 == unit.limit)):
        m.d.sync += late.eq(1)
    with m.If(unit.clear):
        m.d.sync += [waited.eq(0), late.eq(0)]
    properties.claim("an_error_after_the_limit_and_no_other", unit.error == late)
    properties.claim("no_wait_beyond_the_limit", (unit.limit == 0) | unit.error | (waited < unit.limit))
    properties.lemma("waiting_is_counted", waited[-1] | (opened["count"] == waited))
    cleared = properties.past(unit.clear | ResetSignal(), init=1)
    properties.claim("cleared_at_once", ~cleared | ~unit.error)
    early = properties.past(unit.waiting & (waited + 1 == unit.limit) & ~unit.clear & ~ResetSignal())
    properties.claim("in_time", ~early | unit.error)
    properties.claim("never_without_a_limit", ~unit.error | (unit.limit != 0))
    properties.cover("an_error_of_three_cycles", unit.error & (unit.limit == 3))
    properties.cover("just_not", (waited == 3) & ~unit.waiting & (unit.limit == 4))
    return properties
