# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the sequencer: it waits for nothing that no one owes, and only legal tokens leave it."""

from __future__ import annotations

from amaranth import ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.sequencer import Sequencer

from ...formal import Opened, Properties
from ..queues import fifo_is_sound

__all__ = ["sequencer"]


def sequencer(geometry: Geometry, block: type[Sequencer] = Sequencer) -> Properties:
    """The sequencer waits for room in a queue, for a layer under way, or for an image, and for nothing else.

    The activation commits a layer once for each of its end markers, in a time of its own.
    """
    properties = Properties(f"sequencer of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    limit = geometry.layer_limit
    properties.steady("layers", unit.layers)
    properties.assume("layers_exist", (unit.layers != 0) & (unit.layers <= limit))
    between, layers, run, stopped = (
        opened.in_state("state_state", name) for name in ("between", "layer", "run", "stopped")
    )
    pending = [opened[f"pending{number}"] for number in range(limit)]
    layer = opened["layer"]

    # End markers pushed and not yet committed, layer by layer: what the activation owes.
    owed = [Signal(8, name=f"owed_{number}") for number in range(limit)]
    done = unit.done
    total = Value.cast(0)
    for number, runs in enumerate(owed):
        fewer = done.valid & (done.payload == number)
        m.d.sync += runs.eq(runs + (opened["ends"] & (layer == number)) - fewer)
        properties.assume(f"layer_{number}_is_committed_once", ~fewer | (runs != 0))
        properties.claim(f"layer_{number}_is_counted", runs == pending[number])
        properties.claim(f"layer_{number}_does_not_overflow", runs <= 7)
        properties.claim(f"layer_{number}_has_room_for_a_run", ~run | (layer != number) | (runs < 7))
        total = total + runs
    properties.assume("done_is_of_a_layer", ~done.valid | (done.payload < limit))
    properties.claim("layer_exists", between | stopped | (layer < unit.layers))
    properties.claim("blocked_only_while_a_commit_is_owed", ~(layers & opened["blocked"]) | (total != 0))
    for name, queue, depth in (("reads", "read_queue", 4), ("emits", "emit_queue", 8)):
        properties.claim(f"queue_of_{name}_is_sound", fifo_is_sound(opened, f"{queue}.queue", depth))

    # What it is doing in a cycle, and what it was doing in the one before.
    properties.claim("stopped_only_by_an_error", stopped == (unit.illegal_instruction | unit.loop_error))
    properties.claim("active_is_a_state", (between | layers | run | stopped) & (unit.active != between))
    full = (opened["read_queue.i__valid"] & ~opened["read_queue.i__ready"]) | (
        opened["emit_queue.i__valid"] & ~opened["emit_queue.i__ready"]
    )
    before = properties.past(run & ~full & opened["fetched"] & ~ResetSignal())
    stuck = run & (opened["pc"] == properties.past(opened["pc"])) & opened["fetched"]
    properties.claim("an_instruction_that_can_go_goes", ~before | ~stuck | _loop_moved(properties, opened, geometry))
    fetching = properties.past(run & ~opened["fetched"] & ~ResetSignal())
    properties.claim("a_fetch_takes_a_cycle", ~fetching | ~run | opened["fetched"])
    jumped = run & ~opened["fetched"] & properties.past(run & opened["fetched"] & ~ResetSignal())
    remaining = opened["top"][:16]
    properties.claim("a_jump_back_counts_down", ~jumped | (remaining + 1 == properties.past(remaining)))
    free = properties.past(layers & ~opened["blocked"] & ~ResetSignal())
    properties.claim("a_layer_that_can_begin_begins", ~free | run | between | (layer != properties.past(layer)))
    waiting = properties.past(between & unit.enable & (unit.waiting != 0) & ~ResetSignal())
    properties.claim("an_image_that_waits_is_begun", ~waiting | layers)

    # Tokens are legal.
    read, emit = opened.view("read_queue.i__payload", unit.reads.payload.shape()), unit.emits.payload.shape()
    pushed = opened["read_queue.i__valid"]
    properties.claim("reads_are_legal", ~pushed | ((read.segments != 0) & (read.kernel < geometry.kernels)))
    event = opened.view("emit_queue.i__payload", emit)
    lanes = (event.lanes != 0) & (event.lanes <= geometry.pairs)
    properties.claim("emits_are_legal", ~opened["emit_queue.i__valid"] | event.end | lanes)
    level = opened["level"]
    properties.claim("loops_are_within_their_depth", level <= geometry.loop_depth)

    properties.cover("a_layer_waits", layers & opened["blocked"])
    properties.cover("a_loop_goes_round", run & ~opened["fetched"] & (level == 1) & (opened["pc"] == 1))
    properties.cover("stopped", unit.loop_error)
    return properties


def _loop_moved(properties: Properties, opened: Opened, geometry: Geometry) -> Value:
    """Whether a loop's remaining iterations changed: a ``NEXT`` back to the instruction itself."""
    moved = Value.cast(0)
    for number in range(geometry.loop_depth):
        remaining = opened[f"loop{number}"][:16]
        moved |= remaining != properties.past(remaining)
    return moved
