# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the gather: a read finds its room, and rows come in time."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.gather import Gather

from ...formal import Properties
from ..queues import fifo_is_sound

__all__ = ["gather"]

_QUEUE = 4  # reads that the gather has room for
_STAGES = 5  # cycles from a read's last segment to its rows


def gather(geometry: Geometry, block: type[Gather] = Gather) -> Properties:
    """A read finds its room in the queue; rows come five cycles after its last segment; a read takes its segments."""
    properties = Properties(f"gather of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    booked, complete, level = opened["booked"], opened["complete"], opened["queue.level"]
    closing = [opened[f"stage{number}_valid"] & opened[f"stage{number}"][1] for number in (1, 2, 3)]
    inside = sum(closing, complete + level)
    properties.claim("rows_find_room_in_the_queue", ~opened["queue.i__valid"] | opened["queue.i__ready"])
    properties.claim("booked_is_what_is_inside", booked == inside)
    properties.claim("queue_is_sound", fifo_is_sound(opened, "queue.queue", _QUEUE))
    properties.claim("no_more_than_there_is_room_for", booked <= _QUEUE)

    # Rows come in time: how long a read whose segments are all under way has been without rows to offer.
    without = Signal(4, name="without")
    m.d.sync += without.eq(Mux((booked != 0) & ~unit.rows.valid, without + 1, 0))
    ahead = Mux(closing[2], 2, Mux(closing[1], 3, 4))
    left = Mux(unit.rows.valid, 0, Mux(complete, 1, ahead))
    properties.claim("rows_come_closer", (booked == 0) | (without + left <= _STAGES - 1))
    properties.claim("rows_come_in_time", without < _STAGES)

    # A read goes on by a segment in every cycle in which there is room, and there is room unless four wait.
    room = booked != _QUEUE
    goes = unit.reads.valid & room
    done, taken = opened["done"], goes & unit.reads.ready
    kept = properties.past(unit.reads.valid & ~taken & ~ResetSignal())
    steady = Value.cast(unit.reads.payload) == properties.past(unit.reads.payload)
    properties.assume("reads_are_kept", ~kept | (unit.reads.valid & steady))
    properties.assume("reads_have_segments", ~unit.reads.valid | (unit.reads.payload.segments != 0))
    properties.claim("done_segments_are_of_the_read", (done == 0) | (kept & (done < unit.reads.payload.segments)))
    went = properties.past(goes & ~taken & ~ResetSignal())
    properties.claim("each_cycle_a_segment", ~went | (done == properties.past(done) + 1))

    properties.cover("queue_full", level == _QUEUE)
    properties.cover("a_read_of_three_segments", unit.rows.valid & (unit.rows.payload.count == 2) & (without == 4))
    return properties
