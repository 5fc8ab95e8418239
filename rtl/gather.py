# SPDX-License-Identifier: BSD-3-Clause
"""Gather: collects the row bits of a read from the activation memory, one run of bits per segment."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream
from amaranth.lib.data import StructLayout
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import SEGMENT, Geometry

from .activation_memory import MemoryReadPort
from .features import FULL, Features
from .stream_fifo import StreamFifo
from .tokens import ADDRESS, read_token, rows_token

__all__ = ["Gather"]


class Gather(Component):
    """Turns each ``READ`` into the rows to drive and their count.

    One segment per cycle, without a gap between reads. Segment word s of a read puts ``length`` bits from address
    ``source + offset`` on rows ``row`` and up; segments are ORed. Five stages, counted from the cycle in which
    the segment is addressed::

        0 segment addressed | 1 its word: bits addressed | 2 banks | 3 run, masked and moved to its rows | 4 ORed

    No stage ever waits: a read's last segment is addressed only when the queue behind stage 4 has room for it.
    Rows past the last one are dropped.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        How many reads may be between their last segment and the row driver.

    Members
    -------
    reads : In(stream of ReadToken)
        ``segments`` must be at least 1.
    segment_address : Out(10), segment_word : In(32)
        Segment memory: address in cycle t, word in cycle t+1.
    memory : Out(MemoryReadPort)
        Activation memory.
    rows : Out(stream of RowsToken)
        In the order of the reads; the first one five cycles after its last segment was addressed.
    """

    def __init__(self, geometry: Geometry, features: Features = FULL) -> None:
        self.geometry = geometry
        self.features = features
        super().__init__(
            {
                "reads": In(stream.Signature(read_token(geometry))),
                "segment_address": Out(10),
                "segment_word": In(32),
                "memory": Out(MemoryReadPort(geometry)),
                "rows": Out(stream.Signature(rows_token(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        geometry = self.geometry
        rows = geometry.rows
        places = self.features.reads_ahead
        m.submodules.queue = queue = StreamFifo(rows_token(geometry), places)
        passed = {name: shape for name, shape in rows_token(geometry).members.items() if name not in ("rows", "count")}
        piece = StructLayout(
            {"opens": unsigned(1), "closes": unsigned(1), "source": ADDRESS, "half": unsigned(1), **passed}
        )

        # Room in the queue is booked when a read's last segment is addressed and given back when the token leaves.
        booked = Signal(range(places + 1))
        room, closes, goes, leaves = Signal(), Signal(), Signal(), Signal()
        read = self.reads.payload
        done = Signal(7)
        m.d.comb += [
            room.eq(booked != places),
            closes.eq(done + 1 >= read.segments),
            goes.eq(self.reads.valid & room),
            self.segment_address.eq(read.segment + done),
            leaves.eq(self.rows.valid & self.rows.ready),
        ]
        # The token is taken with its last segment: the counter, not reads.valid, decides what ready says.
        m.d.comb += self.reads.ready.eq(closes & room)
        with m.If(goes):
            m.d.sync += done.eq(Mux(closes, 0, done + 1))
        m.d.sync += booked.eq(booked + (goes & closes) - leaves)

        stages = [Signal(piece, name=f"stage{number}") for number in (1, 2, 3)]
        valid = [Signal(name=f"stage{number}_valid") for number in (1, 2, 3)]
        m.d.sync += valid[0].eq(goes)
        with m.If(goes):
            m.d.sync += [stages[0].opens.eq(done == 0), stages[0].closes.eq(closes)]
            for name in ("source", "half", *passed):
                m.d.sync += Value.cast(stages[0][name]).eq(Value.cast(read[name]))
        for number in (1, 2):
            m.d.sync += valid[number].eq(valid[number - 1])
            with m.If(valid[number - 1]):
                m.d.sync += stages[number].eq(stages[number - 1])

        # Stage 1: the segment word is there.
        field = {name: self.segment_word[f.low : f.low + f.width] for name, f in SEGMENT.items()}
        lengths = [Signal(7, name=f"length{number}") for number in (2, 3)]
        starts = [Signal(7, name=f"row{number}") for number in (2, 3)]
        m.d.comb += [
            self.memory.enable.eq(valid[0]),
            self.memory.half.eq(stages[0].half),
            self.memory.address.eq(stages[0].source + field["offset"]),
        ]
        m.d.sync += [
            lengths[0].eq(field["length"]),
            starts[0].eq(field["row"]),
            lengths[1].eq(lengths[0]),
            starts[1].eq(starts[0]),
        ]

        # Stage 3: mask the run and move it to its rows.
        run, gathered = Signal(rows), Signal(rows)
        bits = Signal(geometry.word_bits)
        m.d.comb += [
            bits.eq(self.memory.data & ((1 << lengths[1]) - 1)),
            run.eq((bits << starts[1])[:rows]),
        ]
        last = stages[2]
        complete = Signal()
        m.d.sync += complete.eq(valid[2] & last.closes)
        with m.If(valid[2]):
            m.d.sync += gathered.eq(Mux(last.opens, 0, gathered) | run)

        # Stage 4: count, and into the queue, where room was booked.
        whole = Signal(piece)
        m.d.sync += whole.eq(last)
        token = queue.i.payload
        m.d.comb += [queue.i.valid.eq(complete), token.rows.eq(gathered), token.count.eq(_ones(gathered))]
        for name in passed:
            m.d.comb += Value.cast(token[name]).eq(Value.cast(whole[name]))
        m.d.comb += [
            self.rows.payload.eq(queue.o.payload),
            self.rows.valid.eq(queue.o.valid),
            queue.o.ready.eq(self.rows.ready),
        ]
        return m


def _ones(value: Value) -> Value:
    """Number of ones, as a balanced tree of adders."""
    terms: list[Value] = list(value)
    while len(terms) > 1:
        terms = [terms[i] + terms[i + 1] if i + 1 < len(terms) else terms[i] for i in range(0, len(terms), 2)]
    return terms[0]
