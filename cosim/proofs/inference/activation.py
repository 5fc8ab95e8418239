# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the activation: each emit ends, takes its accumulators once, and commits its layer once."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal
from spintile.model.geometry import Geometry
from spintile.rtl.activation import Activation

from ...formal import Properties

__all__ = ["activation", "legal_emits"]


def activation(geometry: Geometry, block: type[Activation] = Activation) -> Properties:
    """A rank goes down in every cycle that waits neither for the argmax nor for the host to take a result.

    Emits and accumulators stay on their streams until they are taken; emits are such as the sequencer lets through.
    """
    properties = Properties(f"activation of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry), cut=("argmax",))
    unit = opened.block
    emit, abort = unit.emit, unit.abort
    idle, end, compare, count, pool, write, output = (
        opened.in_state("state_state", name) for name in ("IDLE", "END", "COMPARE", "COUNT", "POOL", "WRITE", "OUTPUT")
    )
    legal_emits(properties, unit, geometry)
    bits = emit.payload.bits

    index, plane, thresholds = opened["index"], opened["plane"], opened["thresholds"]
    properties.claim("states_exist", idle | end | compare | count | pool | write | output)
    properties.claim("works_on_an_emit", idle | emit.valid)
    properties.claim("end_is_of_an_end", ~end | emit.payload.end)
    properties.claim(
        "works_on_hidden_emits", ~(compare | count | pool | write) | ~(emit.payload.end | emit.payload.output)
    )
    properties.claim("output_is_of_an_output", ~output | (emit.payload.output & ~emit.payload.end))
    properties.claim("accumulators_are_there", ~(compare | output) | unit.acc.valid)
    properties.claim("thresholds_are_within", ~compare | ((index != 0) & (index <= thresholds)))
    properties.claim("planes_are_within", ~write | (plane < bits))

    # A hidden emit takes its accumulators with its last comparison and itself goes later; an end takes none.
    taken = Signal(name="taken")
    with m.If(unit.acc.valid & unit.acc.ready):
        m.d.sync += taken.eq(1)
    with m.If((emit.valid & emit.ready) | abort):
        m.d.sync += taken.eq(0)
    properties.claim("accumulators_go_once", ~(unit.acc.valid & unit.acc.ready) | ~taken)
    properties.claim("taken_after_the_comparisons", taken == (count | pool | write))
    leaves = emit.valid & emit.ready
    properties.claim("an_emit_goes_with_its_accumulators", ~leaves | emit.payload.end | taken | unit.acc.ready)
    properties.claim("a_layer_is_done_with_its_end", unit.layer_done == (leaves & emit.payload.end))

    rank = Signal(12, name="rank")
    left = Mux(compare, thresholds - index + 16, Mux(count, 15, Mux(pool, 14, Mux(write, bits - plane, 1))))
    m.d.comb += rank.eq(left)
    waits = output & ~leaves
    goes_on = ~idle & properties.past(~idle & ~waits & ~abort & ~ResetSignal())
    properties.claim("the_rank_goes_down", ~goes_on | (rank < properties.past(rank)))
    begins = properties.past(idle & emit.valid & (emit.payload.end | unit.acc.valid) & ~abort & ~ResetSignal())
    properties.claim("begins_when_it_can", ~begins | ~idle)

    properties.cover("two_planes_written", write & (plane == 1))
    properties.cover("a_result", unit.result.valid)
    properties.cover("a_layer_done", unit.layer_done)
    return properties


def legal_emits(properties: Properties, unit: Activation, geometry: Geometry) -> None:
    """Emits and accumulators stay until they are taken, and emits are such as the sequencer lets through."""
    emit = unit.emit
    for name, stream in (("emit", emit), ("acc", unit.acc)):
        kept = properties.past(stream.valid & ~stream.ready & ~unit.abort & ~ResetSignal())
        same = stream.payload.as_value() == properties.past(stream.payload)
        properties.assume(f"{name}_is_kept", ~kept | (stream.valid & same))
    legal = (emit.payload.bits != 0) & (emit.payload.bits <= geometry.activation_bits)
    properties.assume("emits_are_legal", emit.payload.end | emit.payload.output | legal)
