# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the argmax: the lowest index of the largest score, over all lanes of all groups, in time."""

from __future__ import annotations

from amaranth import Mux, ResetSignal, Signal, Value, signed
from spintile.model.geometry import Geometry
from spintile.rtl.argmax import Argmax

from ...formal import Properties

__all__ = ["argmax"]


def argmax(geometry: Geometry, block: type[Argmax] = Argmax) -> Properties:
    """Any one score against the one that won; groups begin when the last is done, and what they bring stands."""
    properties = Properties(f"argmax of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    unit = opened.block
    seen = Signal(name="seen")  # a first group has come since reset
    base, compared = Signal(17, name="base"), Signal(17, name="compared")
    live = Signal(3, name="live")  # stages that work: pick, add, compare
    pick = Signal.like(unit.lanes, name="picked_lane")
    places = [Signal.like(unit.lanes, name=f"lane_in_{name}") for name in ("add", "compare")]
    began = properties.past(unit.start & ~ResetSignal())
    properties.assume("begins_when_done", ~unit.start | unit.done)
    properties.assume("begins_with_a_first_group", ~unit.start | unit.first | seen)
    properties.assume("groups_have_lanes", ~unit.start | ((unit.lanes != 0) & (unit.lanes <= geometry.pairs)))
    properties.assume("indices_are_small", ~unit.start | (compared < 0xFF00))
    stands = properties.past((unit.start | (live != 0)) & ~ResetSignal())
    for name in ("lanes", "acc"):
        value = Value.cast(getattr(unit, name))
        properties.assume(f"{name}_stand", ~stands | (value == properties.past(value)))
    bias = Value.cast(unit.bias)
    properties.assume("biases_stand", ~stands | began | (bias == properties.past(bias)))

    # The three stages, counted here.
    m.d.sync += [live.eq((live << 1)[:3] & 6), places[0].eq(pick), places[1].eq(places[0])]
    with m.If(live[0]):
        m.d.sync += [live[0].eq(pick + 1 < unit.lanes), pick.eq(pick + 1)]
    with m.If(live[2]):
        m.d.sync += compared.eq(compared + 1)
    with m.If(unit.start):
        m.d.sync += [live[0].eq(1), pick.eq(0), seen.eq(1), base.eq(Mux(unit.first, 0, compared))]
        with m.If(unit.first):
            m.d.sync += compared.eq(0)

    def score(lane: Value) -> Value:
        return unit.acc[lane] + unit.bias[lane][: geometry.acc_bits + 1].as_signed()

    # One score, any one, is known when its group's biases are there.
    index = properties.constant(16, "any_index")
    known = Signal(signed(geometry.acc_bits + 2), name="score_of_the_index")
    mine = (index >= base) & (index < base + unit.lanes)
    with m.If(began & mine):
        m.d.sync += known.eq(score((index - base)[: len(unit.lanes)]))
    passed = seen & (index < compared)
    best, label = opened["best"], unit.label
    properties.claim("done_when_nothing_is_under_way", unit.done == (live == 0))
    properties.claim("done_in_lanes_and_three_cycles", ~live[0] | ((opened["lane"] == pick) & (pick < unit.lanes)))
    properties.claim("lanes_are_picked_in_order", ~live[1] | (opened["acc"] == unit.acc[places[0]]))
    properties.claim(
        "biases_are_picked_in_order",
        ~live[1] | (opened["bias"] == unit.bias[places[0]][: geometry.acc_bits + 1].as_signed()),
    )
    properties.claim("scores_are_exact", ~live[2] | (opened["score"] == score(places[1])))
    order = Mux(live[2], base + places[1], Mux(live[1], base + places[0], base + pick))
    properties.lemma("stages_are_in_order", (live == 0) | (compared == order))
    follow = (~live[2] | ~live[1] | (places[0] == places[1] + 1)) & (~live[1] | ~live[0] | (pick == places[0] + 1))
    properties.lemma("lanes_follow_each_other", follow & ~(live[2] & ~live[1] & live[0]))
    ends = Mux(live[0], 1, Mux(live[1], places[0] + 1 == unit.lanes, ~live[2] | (places[1] + 1 == unit.lanes)))
    properties.lemma("all_lanes_are_compared", ends)
    properties.lemma("lanes_are_within", (~live[1] | (places[0] < unit.lanes)) & (~live[2] | (places[1] < unit.lanes)))
    properties.lemma("groups_are_legal", (live == 0) | (seen & (unit.lanes != 0) & (unit.lanes <= geometry.pairs)))
    waits = live[0] & (pick == 0) & ~live[1] & ~live[2]
    properties.lemma("began_is_the_first_cycle", began == waits)
    inside = (live != 0) & ~began & mine
    properties.lemma("the_score_is_that_of_its_lane", ~inside | (known == score((index - base)[: len(unit.lanes)])))
    properties.lemma("groups_begin_early", (live == 0) | ((base < 0xFF00) & (base <= compared)))
    properties.lemma("compared_is_small", compared <= 0xFF00 + geometry.pairs)
    properties.claim("scores_are_counted", ~seen | (opened["position"] == compared))
    properties.claim("empty_before_the_first_score", ~seen | (opened["empty"] == (compared == 0)))
    properties.claim("the_largest_score_wins", ~passed | (best >= known))
    properties.claim("the_winner_has_that_score", ~passed | (label != index) | (best == known))
    properties.claim("the_lowest_index_wins_a_tie", ~passed | (index >= label) | (known < best))
    properties.claim("the_winner_exists", ~seen | (compared == 0) | (label < compared))
    properties.claim("positive_is_of_the_first_score", ~passed | (index != 0) | (unit.positive == (known >= 0)))
    two = passed & unit.done & (index == 2) & (compared == 3)
    properties.cover("the_last_of_three_wins", two & (label == 2) & (base == geometry.pairs * (2 // geometry.pairs)))
    properties.cover("a_tie", two & (label == 0) & (known == best))
    properties.cover("two_groups", unit.done & (base != 0) & (compared > base))
    return properties
