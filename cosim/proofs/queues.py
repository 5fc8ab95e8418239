# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of queues: what goes in comes out, once and in order."""

from __future__ import annotations

from amaranth import Mux, Signal, Value, unsigned
from spintile.model.geometry import Geometry
from spintile.rtl.stream_fifo import StreamFifo
from spintile.rtl.writing.report_stream import ReportStream

from ..formal import Opened, Properties
from .axi import stream_source

__all__ = ["fifo_is_sound", "report_stream", "stream_fifo"]


def fifo_is_sound(opened: Opened, name: str, depth: int) -> Value:
    """Level and both pointers of a queue agree."""
    produce, consume, level = (opened[f"{name}.{part}"] for part in ("produce", "consume", "level"))
    ahead = Mux(produce >= consume, produce - consume, produce + depth - consume)
    return (level <= depth) & (produce < depth) & (consume < depth) & (ahead == Mux(level == depth, 0, level))


def stream_fifo(geometry: Geometry, block: type[StreamFifo] = StreamFifo) -> Properties:
    """A queue of five tokens: no power of two, so that its pointers wrap around by themselves."""
    properties = Properties("stream queue")
    depth = 5
    opened = properties.block(block(unsigned(8), depth))
    queue = opened.block
    _followed(
        properties,
        opened,
        "queue",
        depth,
        (queue.i.valid, queue.i.ready, queue.i.payload),
        (queue.o.valid, queue.o.ready, queue.o.payload),
    )
    properties.claim("takes_while_there_is_room", queue.i.ready == (queue.level != depth))
    properties.claim("offers_while_there_is_any", queue.o.valid == (queue.level != 0))
    properties.cover("full", queue.level == depth)
    return properties


def report_stream(geometry: Geometry, block: type[ReportStream] = ReportStream) -> Properties:
    """Words of the report: a queue of two, and the rules of the bus."""
    properties = Properties("report stream")
    opened = properties.block(block())
    unit = opened.block
    words, report = unit.words, unit.report
    word = Value.cast(words.payload)
    out = Mux(report.tlast, 1 << len(words.payload.word.as_value()), 0) | report.tdata
    _followed(
        properties, opened, "queue.queue", 2, (words.valid, words.ready, word), (report.tvalid, report.tready, out)
    )
    stream_source(properties, "report", report)
    properties.claim("empty_means_no_word", unit.empty == ~report.tvalid)
    return properties


def _followed(
    properties: Properties, opened: Opened, name: str, depth: int, into: tuple[Value, ...], out: tuple[Value, ...]
) -> None:
    """Any one token is followed to its turn; how many are inside is counted."""
    m = properties.module
    entered, left = into[0] & into[1], out[0] & out[1]
    inside, turn = Signal(range(depth + 2), name="inside"), Signal(range(depth + 2), name="turn")
    m.d.sync += inside.eq(inside + entered - left)
    followed, mark = Signal(len(into[2]), name="followed"), properties.free(1, "mark")
    with m.If((turn != 0) & left):
        m.d.sync += turn.eq(turn - 1)
    with m.If((turn == 0) & entered & mark):
        m.d.sync += [followed.eq(into[2]), turn.eq(inside + 1 - left)]
    place = Signal(range(2 * depth), name="place")
    ahead = opened[f"{name}.consume"] + turn - 1
    m.d.comb += place.eq(Mux(ahead >= depth, ahead - depth, ahead))
    kept = opened.word(f"{name}.storage", place)
    properties.claim("the_queue_is_sound", fifo_is_sound(opened, name, depth))
    properties.claim("tokens_are_counted", opened[f"{name}.level"] == inside)
    properties.lemma("a_turn_is_inside", turn <= inside)
    properties.claim("a_token_is_kept_as_it_came", (turn == 0) | (kept == followed))
    properties.claim("a_token_leaves_as_it_came_in_its_turn", (turn != 1) | (out[0] & (out[2] == followed)))
    properties.cover("followed_behind_another", left & (turn == 1) & properties.past(turn == 2))
