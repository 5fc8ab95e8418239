# SPDX-License-Identifier: BSD-3-Clause
"""Bins of what becomes of accumulators: thresholds, activation levels, pooling, biases, argmax."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry

from .bins import Bin, make_bins
from .layer_view import LayerView

__all__ = ["decision_bins", "note_decisions"]

_TABLE = {
    "accumulator.negative": "an accumulator below 0",
    "accumulator.zero": "an accumulator of 0",
    "accumulator.positive": "an accumulator above 0",
    "accumulator.large_negative": "an accumulator within an eighth of the smallest that its reads can add up to",
    "accumulator.large_positive": "within an eighth of the largest",
    "accumulator.clipped": "an accumulator limited to what acc_bits hold",
    "threshold.exactly": "an accumulator just as large as its threshold",
    "threshold.below": "one less than its threshold",
    "threshold.above": "one more than its threshold",
    "threshold.inverted": "just as large as the threshold of a neuron whose activation is counted down",
    "threshold.always": "the smallest threshold that there is, met by every accumulator",
    "threshold.never": "the largest one, met by none",
    "pool.none": "a layer without pooling",
    "pool.first": "the first position of a pooling window has the maximum, alone",
    "pool.middle": "a position between first and last has",
    "pool.last": "the last position has",
    "pool.tie": "several positions have it",
    "pool.zero": "all positions of a window are 0",
    "pool.left_over": "positions of the map that fill no pooling window",
    "lanes.all": "a group whose lanes all carry neurons",
    "lanes.some": "a group with lanes that carry none",
    "class.first": "the first of several classes won",
    "class.last": "the last one won",
    "class.tie": "several classes had the largest score: the lowest index won",
    "class.tie_across": "the same, in different groups",
    "class.negative": "the largest score was below 0",
    "bias.negative": "a bias below 0",
    "bias.zero": "a bias of 0",
    "bias.positive": "a bias above 0",
    "binary.no": "one output: its score was below 0",
    "binary.yes": "one output: its score was at least 0",
    "binary.just": "one output: its score was 0",
    "binary.just_not": "one output: its score was -1",
}
_WAIVED = {
    "accumulator.clipped": "nothing is clipped: no program is compiled whose sums could leave acc_bits, and that sums "
    "within the budget never wrap is proved for the accumulator"
}


def decision_bins(geometry: Geometry) -> list[Bin]:
    """Bins of the decisions of a chip."""
    table = dict(_TABLE)
    if geometry.activation_bits > 1:
        table["activation.equal_thresholds"] = "two equal thresholds of a neuron"
    for bits in range(1, geometry.activation_bits + 1):
        for level in range(1 << bits):
            table[f"activation.{level}_of_{bits}_bits"] = f"level {level} of an activation of {bits} bits"
        table[f"activation.inverted_{bits}_bits"] = f"an activation of {bits} bits counted down"
    return make_bins(table, _WAIVED)


def note_decisions(view: LayerView, found: Counter[str]) -> None:
    """Count the bins that the decisions of a layer hit."""
    lanes = view.schedule.lane_neurons
    full = (lanes >= 0).all(axis=1)
    found["lanes.all"] += int(full.sum())
    found["lanes.some"] += int((~full).sum())
    group, lane = np.nonzero(lanes >= 0)
    neuron = lanes[group, lane]
    shape = view.schedule.shape[:3]
    by_group = view.accumulators.reshape(len(view.inputs), *shape, -1)
    # (neurons in the order of lanes, images, pooled, window)
    accumulators = by_group[:, group, :, :, lane].astype(np.int64)
    for name, hits in (("negative", accumulators < 0), ("zero", accumulators == 0), ("positive", accumulators > 0)):
        found[f"accumulator.{name}"] += _count(hits)
    large = view.constants.accumulator_bound * 7 // 8
    found["accumulator.large_negative"] += _count(accumulators <= -large)
    found["accumulator.large_positive"] += _count(accumulators >= large)
    if view.layer.is_output:
        assert view.constants.bias is not None
        _note_classes(view, accumulators[:, :, 0, 0] + view.constants.bias[neuron][:, np.newaxis], group, found)
    else:
        _note_activations(view, accumulators, neuron, found)


def _count(hits: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(hits))


def _note_activations(view: LayerView, accumulators: NDArray[Any], neuron: NDArray[Any], found: Counter[str]) -> None:
    layer, constants = view.layer, view.constants
    assert constants.thresholds is not None
    assert constants.invert is not None
    thresholds, invert = constants.thresholds[neuron], constants.invert[neuron]
    never, always = (1 << view.job.geometry.acc_bits) - 1, -(1 << view.job.geometry.acc_bits)
    found["threshold.never"] += _count(thresholds == never)
    found["threshold.always"] += _count(thresholds == always)
    found["activation.equal_thresholds"] += _count(thresholds[:, 1:] == thresholds[:, :-1])
    beyond = accumulators[..., np.newaxis] - thresholds[:, np.newaxis, np.newaxis, np.newaxis]
    found["threshold.exactly"] += _count(beyond == 0)
    found["threshold.below"] += _count(beyond == -1)
    found["threshold.above"] += _count(beyond == 1)
    found["threshold.inverted"] += _count(beyond[invert] == 0)
    met = (beyond >= 0).sum(axis=-1)
    steps, bits = thresholds.shape[1], layer.activation_bits
    values = np.where(invert[:, np.newaxis, np.newaxis, np.newaxis], steps - met, met)
    for level, count in enumerate(np.bincount(values.max(axis=3).ravel(), minlength=steps + 1)):
        found[f"activation.{level}_of_{bits}_bits"] += int(count)
    found[f"activation.inverted_{bits}_bits"] += int(np.count_nonzero(invert)) * len(view.inputs)
    if layer.pool == 1:
        found["pool.none"] += 1
        return
    best = values.max(axis=3, keepdims=True)
    winners = values == best
    alone = winners.sum(axis=3) == 1
    place = winners.argmax(axis=3)
    last = values.shape[3] - 1
    found["pool.first"] += _count(alone & (place == 0))
    found["pool.middle"] += _count(alone & (place > 0) & (place < last))
    found["pool.last"] += _count(alone & (place == last))
    found["pool.tie"] += _count(~alone & (best[..., 0] > 0))
    found["pool.zero"] += _count(best == 0)
    found["pool.left_over"] += int(any(size % layer.pool for size in layer.map_shape))


def _note_classes(view: LayerView, scores: NDArray[Any], group: NDArray[Any], found: Counter[str]) -> None:
    """Scores (neurons in the order of lanes, images) of an output layer."""
    assert view.constants.bias is not None
    for name, hits in zip(
        ("negative", "zero", "positive"), (np.sign(view.constants.bias) == sign for sign in (-1, 0, 1)), strict=True
    ):
        found[f"bias.{name}"] += _count(hits)
    if len(scores) == 1:
        found["binary.no"] += _count(view.classes == 0)
        found["binary.yes"] += _count(view.classes == 1)
        found["binary.just"] += _count(scores == 0)
        found["binary.just_not"] += _count(scores == -1)
        return
    best = scores.max(axis=0)
    winners = scores == best
    found["class.first"] += _count(view.classes == 0)
    found["class.last"] += _count(view.classes == len(scores) - 1)
    found["class.tie"] += _count(winners.sum(axis=0) > 1)
    of_groups = sum((winners[group == number].any(axis=0).astype(np.int64) for number in np.unique(group)), np.int64(0))
    found["class.tie_across"] += _count(np.asarray(of_groups) > 1)
    found["class.negative"] += _count(best < 0)
