# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the values of the activation: thresholds met, inverted, pooled, and written plane by plane."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value
from spintile.model.geometry import THRESHOLD, Geometry
from spintile.rtl.activation import Activation

from ...formal import Properties
from .activation import legal_emits

__all__ = ["activation_values"]


def activation_values(geometry: Geometry, block: type[Activation] = Activation) -> Properties:
    """The last lane against ``a = sum_t [acc >= T_t]`` or its complement, and the largest of a pooling window.

    The threshold memory may answer anything, a cycle after it is asked. Emits and accumulators stay until taken.
    """
    properties = Properties(f"values of the activation of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry), cut=("argmax",))
    unit = opened.block
    emit, abort, lane = unit.emit, unit.abort, geometry.pairs - 1
    legal_emits(properties, unit, geometry)
    idle, compare, count, pool, write = (
        opened.in_state("state_state", name) for name in ("IDLE", "COMPARE", "COUNT", "POOL", "WRITE")
    )
    working = compare | count | pool | write
    steps = (1 << emit.payload.bits) - 1

    # Thresholds, one a cycle: those asked for, and those that the accumulator has met.
    asked, met = Signal(8, name="asked"), Signal(5, name="met")
    inverted = Signal(name="inverted")
    word = unit.threshold_data[lane]
    threshold = word[: geometry.acc_bits + 1].as_signed()
    reached = unit.acc.payload.acc[lane] >= threshold
    m.d.sync += asked.eq(Mux(idle, 1, asked + 1))
    with m.If(idle):
        m.d.sync += met.eq(0)
    with m.If(compare):
        m.d.sync += met.eq(met + reached)
        with m.If(asked == 1):
            m.d.sync += inverted.eq(word[THRESHOLD["invert"].low])
    place = emit.payload.threshold + Mux(idle, 0, asked)
    asking = idle | (compare & (asked < steps))
    wanted = unit.threshold_address == place[: len(unit.threshold_address)]
    properties.claim("thresholds_are_asked_for_in_order", ~(asking & emit.valid) | wanted)
    properties.claim("works_on_a_hidden_emit", ~working | (emit.valid & ~emit.payload.end & ~emit.payload.output))
    properties.claim("all_thresholds_are_compared", ~compare | ((asked == opened["index"]) & (asked <= steps)))
    properties.claim("the_next_begins_with_its_first", compare | (opened["index"] == 0))
    properties.claim("none_is_compared_twice", ~(count | pool) | (asked == Mux(count, steps + 1, steps + 2)))
    properties.lemma("no_more_are_met_than_compared", ~compare | (met < asked))
    properties.lemma("all_may_be_met", ~(count | pool | write) | (met <= steps))
    compared = properties.past(compare & ~abort & ~ResetSignal())
    properties.claim("a_comparison_is_counted_a_cycle_later", opened["counting"] == compared)
    late = compared & opened[f"above_{lane}"]
    counted = opened[f"count_{lane}"] + Mux(compare | count, late, 0)
    properties.claim("the_count_is_of_those_met", ~(compare | count | pool) | (counted == met))
    first = compare & (asked == 1)
    properties.claim("the_first_word_says_whether_to_invert", ~working | first | (opened[f"invert_{lane}"] == inverted))

    # Pooling, and the planes of the largest.
    value, largest = (Signal(geometry.activation_bits, name=name) for name in ("value", "largest"))
    m.d.comb += value.eq(Mux(lane < emit.payload.lanes, Mux(inverted, steps - met, met), 0))
    with m.If(pool & (emit.payload.pool_first | (value > largest))):
        m.d.sync += largest.eq(value)
    with m.If(abort):
        m.d.sync += [largest.eq(0), met.eq(0), inverted.eq(0), asked.eq(0)]
    pooled = opened.view("pooled", unit.trace.payload.activations.shape())
    properties.claim("the_largest_of_a_window_is_kept", pooled[lane] == largest)
    traced = unit.trace.valid
    properties.claim("the_trace_shows_it", ~traced | (unit.trace.payload.activations[lane] == largest))
    plane = Signal(4, name="plane_of_the_write")
    m.d.sync += plane.eq(Mux(write, plane + 1, 0))
    with m.If(abort):
        m.d.sync += plane.eq(0)
    properties.claim("planes_are_written_in_order", ~write | (opened["plane"] == plane))
    wrote = properties.past(write & ~abort & ~ResetSignal())
    properties.claim("a_plane_is_written_in_each_cycle", unit.write.valid == wrote)
    target = properties.past(emit.payload.destination + plane * emit.payload.plane_stride)
    token = unit.write.payload
    properties.claim("a_plane_goes_to_its_place", ~wrote | (token.address == target[: len(token.address)]))
    address = (emit.payload.destination + plane * emit.payload.plane_stride)[: len(token.address)]
    properties.claim("places_are_a_stride_apart", ~write | (opened["address"] == address))
    bit: Value = properties.past(largest.bit_select(plane, 1))
    properties.claim("a_plane_is_a_bit_of_the_largest", ~wrote | (token.data[lane] == bit))
    for name in ("half", "lanes"):
        given = properties.past(emit.payload[name])
        properties.claim(f"the_{name}_of_a_plane_is_the_emit_s", ~wrote | (token[name] == given))
    properties.cover("a_window_of_two", write & (largest == 2) & ~emit.payload.pool_first)
    properties.cover("the_upper_plane", wrote & (plane == 2) & token.data[lane])
    properties.cover("an_inverted_count", pool & inverted & (met == 1) & (value == 2))
    return properties
