# SPDX-License-Identifier: BSD-3-Clause
"""Deliberate faults in the source of activations, images and argmax, and the claim that must find each of them."""

from __future__ import annotations

from fault import Fault, in_source
from spintile.cosim.formal import faulty
from spintile.cosim.proofs.geometries import LANES, MEMORIES, TINY
from spintile.cosim.proofs.inference.activation import activation
from spintile.cosim.proofs.inference.activation_memory import activation_memory
from spintile.cosim.proofs.inference.activation_values import activation_values
from spintile.cosim.proofs.inference.argmax import argmax
from spintile.cosim.proofs.inference.image_loader import image_loader
from spintile.rtl.activation import Activation
from spintile.rtl.activation_memory import ActivationMemory
from spintile.rtl.argmax import Argmax
from spintile.rtl.image_loader import ImageLoader

__all__ = ["INFERENCE_FAULTS"]

_values = in_source(activation_values, LANES, Activation)
_bits = in_source(activation_memory, MEMORIES, ActivationMemory)
_loader = in_source(image_loader, TINY, ImageLoader)
_argmax = in_source(argmax, TINY.replace(cols=4), Argmax)

INFERENCE_FAULTS: dict[str, Fault] = {
    # Activation.
    "planes without end": Fault(
        lambda: activation(TINY, faulty(Activation, "plane.eq(plane + 1)", "plane.eq(plane)")), "the_rank_goes_down", 12
    ),
    "accumulators are taken twice": Fault(
        lambda: activation(
            TINY, faulty(Activation, "self.acc.ready.eq(compared | (take", "self.acc.ready.eq(compared | begin | (take")
        ),
        "accumulators_go_once",
    ),
    "an end is forgotten": Fault(
        lambda: activation(
            TINY, faulty(Activation, "self.layer_done.eq(end)", "self.layer_done.eq(end & ~emit.layer[0])")
        ),
        "a_layer_is_done_with_its_end",
    ),
    "a threshold must be passed": Fault(
        _values(
            "self.acc.payload.acc[lane] >= word[: geometry.acc_bits + 1]",
            "self.acc.payload.acc[lane] > word[: geometry.acc_bits + 1]",
        ),
        "the_count_is_of_those_met",
    ),
    "a threshold is left out": Fault(
        _values("compared.eq(index >= thresholds)", "compared.eq(index + 1 >= thresholds)"),
        "none_is_compared_twice",
        14,
    ),
    "the last word says whether to invert": Fault(
        _values("with m.If(compare & (index == 1)):", "with m.If(compare):"), "the_first_word_says_whether_to_invert"
    ),
    "the smallest of a window": Fault(
        _values("emit.pool_first | (value > pooled[lane])", "emit.pool_first | (value < pooled[lane])"),
        "the_largest_of_a_window_is_kept",
        14,
    ),
    "lanes that are not there count": Fault(
        _values("with m.If(lane < emit.lanes):", "with m.If(lane <= emit.lanes):"),
        "the_largest_of_a_window_is_kept",
        14,
    ),
    "planes in one place": Fault(
        _values("address.eq(address + emit.plane_stride)", "address.eq(address)"), "places_are_a_stride_apart", 14
    ),
    "the lowest plane again and again": Fault(
        _values("lane.bit_select(plane, 1)", "lane.bit_select(0, 1)"), "a_plane_is_a_bit_of_the_largest", 14
    ),
    # Activation memory.
    "a token over the edge of a word": Fault(
        _bits("mask_run.eq(mask << low)", "mask_run.eq((mask << low)[:width])"), "a_bit_of_the_odd_bank_is_kept"
    ),
    "a run of the other bank": Fault(
        _bits("even.eq(row + parity)", "even.eq(row)"), "a_read_brings_the_bits_at_its_address"
    ),
    "lanes that are not there are written": Fault(
        _bits("mask.eq(((1 << token.lanes) - 1)[:width])", "mask.eq((1 << width) - 1)"),
        "a_bit_of_the_even_bank_is_kept",
    ),
    "an image over a token": Fault(
        _bits("self.image.ready.eq(~pending)", "self.image.ready.eq(1)"), "images_give_way_to_tokens"
    ),
    # Image loader.
    "an image in the half before it": Fault(
        _loader("[beat.eq(0), half.eq(~half)]", "[beat.eq(0)]"), "a_word_goes_to_its_place"
    ),
    "a third image": Fault(_loader("(used != 2) & ", ""), "no_half_is_overwritten"),
    "a cut image counts": Fault(
        _loader("whole.eq(moves & last & self.image.tlast)", "whole.eq(moves & self.image.tlast)"),
        "a_whole_image_is_told",
    ),
    "words go on after an error": Fault(_loader(" & ~self.error)", ")"), "nothing_is_taken_after_an_error"),
    "a late end is overlooked": Fault(
        _loader("with m.If(last != self.image.tlast):", "with m.If(self.image.tlast & ~last):"),
        "a_misplaced_end_is_told",
    ),
    "a word is taken that has no room": Fault(
        _loader("self.image.tready.eq(open_ & self.memory.ready)", "self.image.tready.eq(open_)"),
        "a_word_taken_is_given_on",
    ),
    # Argmax.
    "a tie goes to the highest index": Fault(
        _argmax("score > best", "score >= best"), "the_lowest_index_wins_a_tie", 12
    ),
    "the last lane is left out": Fault(
        _argmax("lane + 1 >= self.lanes", "lane + 2 >= self.lanes"), "done_when_nothing_is_under_way", 12
    ),
    "the bias of the lane before": Fault(
        _argmax("self.bias[lane][", "self.bias[lane ^ 1]["), "biases_are_picked_in_order", 12
    ),
    "a score a bit too narrow": Fault(
        _argmax("score = Signal(signed(bits + 2))", "score = Signal(signed(bits))"), "scores_are_exact", 12
    ),
    "an image begins with the best of the last": Fault(
        _argmax("[empty.eq(1), position.eq(0)]", "[position.eq(0)]"), "empty_before_the_first_score", 12
    ),
    "the sign of any score": Fault(
        _argmax("Mux(empty, score >= 0, self.positive)", "score >= 0"), "positive_is_of_the_first_score", 12
    ),
}
