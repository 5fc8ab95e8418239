# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the row driver: lines at rest, one kernel, settled before sampled, no read lost or mixed up."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.pins import LineMode
from spintile.rtl.row_driver import RowDriver
from spintile.rtl.tokens import rows_token

from ...formal import Properties
from ..lines import at_rest, no_row_driven, one_kernel, safe_read_lines

__all__ = ["row_driver"]


def row_driver(geometry: Geometry, block: type[RowDriver] = RowDriver) -> Properties:
    """Every claim about the row driver of a chip; ``SETTLE`` is any constant."""
    properties = Properties(f"row driver of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    driver = opened.block
    lines = driver.lines
    driving, waits, remaining = opened["driving"], opened["waits"], opened["remaining"]
    driven = opened.view("driven", rows_token(geometry))
    waiting = opened.view("waiting", rows_token(geometry))
    stopped = properties.past(driver.abort | ResetSignal(), init=1)
    past_select = Signal(geometry.kernels, name="past_select")
    m.d.comb += past_select.eq(1 << properties.past(driver.claim_kernel))
    properties.steady("settle", driver.settle)

    # Safety of the lines.
    properties.claim("one_kernel", one_kernel(lines.select))
    properties.claim("kernel_is_the_selected_one", (lines.select == 0) | (lines.select == 1 << lines.kernel))
    properties.claim("never_a_write_drive", safe_read_lines(lines))
    claimed = properties.past(driver.claim & ~driver.abort & ~ResetSignal())
    properties.claim("at_rest_unless_a_read_is_driven_or_a_pulse_claims", driving | claimed | at_rest(lines))
    properties.claim(
        "a_claim_drives_no_line", driving | (safe_read_lines(lines) & (lines.gate == 0) & no_row_driven(lines))
    )
    properties.claim("a_claimed_kernel_is_selected", ~claimed | driving | (lines.select == past_select))
    properties.claim("rest_after_abort_and_reset", ~stopped | at_rest(lines))
    properties.claim("gates_all_or_none", lines.gate == driving.replicate(geometry.cols))
    properties.claim("a_read_waits_behind_another_or_a_pulse", driving | claimed | ~waits)
    properties.claim("rest_means_no_read", driver.rest == ~(driving | waits))

    # Settled: the lines have stood as they are for SETTLE whole cycles before a read is offered to the sampler.
    stood = Signal(9)
    line_state = Value.cast(lines.row_mode), lines.select, lines.gate
    changed = properties.past(driving) != driving
    for value in line_state:
        changed |= properties.past(value) != value
    loaded = properties.past(opened["load"])
    m.d.sync += stood.eq(Mux(opened["load"], 0, Mux(stood == 0x1FF, stood, stood + 1)))
    properties.claim("lines_change_only_when_a_read_is_loaded", ~driving | loaded | ~changed)
    properties.claim("settled_before_offered", ~driver.read.valid | (stood >= driver.settle))
    properties.claim("remaining_counts_what_is_left", ~driving | (stood + remaining >= driver.settle))

    # No read is lost, doubled or mixed up: any one accepted read is followed through the two places.
    mark = properties.free(1, "mark")
    followed = Signal(rows_token(geometry))
    place = Signal(2)  # 0 outside, 1 waiting, 2 driven
    marked = Signal()
    accepted = driver.rows.valid & driver.rows.ready & ~driver.abort
    taken = driver.read.valid & driver.read.ready
    with m.If(accepted & mark & ~marked):
        m.d.sync += [marked.eq(1), followed.eq(driver.rows.payload), place.eq(Mux(opened["load"], 2, 1))]
    with m.If((place == 1) & opened["load"]):
        m.d.sync += place.eq(2)
    with m.If((place == 2) & taken):
        m.d.sync += [place.eq(0), marked.eq(0)]
    with m.If(driver.abort):
        m.d.sync += [marked.eq(0), place.eq(0)]
    follow, read = Value.cast(followed), driver.read.payload
    properties.lemma("a_followed_read_has_a_place", marked == (place != 0))
    properties.lemma("two_places", place != 3)
    properties.claim("waiting_read_is_kept", (place != 1) | (waits & (Value.cast(waiting) == follow)))
    properties.claim("driven_read_is_kept", (place != 2) | (driving & (Value.cast(driven) == follow)))
    same = Value.cast(1)
    for name in read.shape().members:
        same &= Value.cast(read[name]) == Value.cast(followed[name])
    properties.claim("a_read_is_sampled_as_it_was_accepted", (place != 2) | ~driver.read.valid | same)
    for row in range(geometry.rows):
        properties.claim(
            f"row_{row}_is_driven_as_it_was_accepted",
            (place != 2) | ((lines.row_mode[row] == LineMode.READ) == followed.rows[row]),
        )

    # Progress: a driven read is offered after at most SETTLE cycles, and ready says that the waiting place is empty.
    properties.claim("offered_in_time", ~driving | (remaining <= driver.settle))
    properties.claim(
        "settling_goes_on", ~(driving & ~loaded) | (remaining + 1 == properties.past(remaining)) | (remaining == 0)
    )
    properties.claim("accepts_while_a_place_is_empty", driver.rows.ready | waits)

    properties.cover("both_places_taken", driving & waits)
    properties.cover("last_kernel_sampled", taken & lines.select[-1])
    properties.cover("sampled_after_settling", taken & (driver.settle == 2))
    properties.cover("abort_drops_two_reads", driver.abort & waits)
    properties.cover("a_read_waits_behind_a_pulse", waits & ~driving)
    properties.cover("followed_through_both_places", taken & (place == 2) & properties.past(place == 1))
    return properties
