# SPDX-License-Identifier: BSD-3-Clause
"""Bins of the column repair: each mode triggered and just not, each choice of a culprit, limits, medians.

Intermediate values follow from codes, driven rows and registers as ``rtl/repair.py`` states the contract; they are
not taken from the golden model's own repair.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.geometry import Geometry
from spintile.model.golden.arithmetic import RepairTable, repair_differences, repair_table

from .bins import Bin, make_bins
from .layer_view import LayerView

__all__ = ["note_repairs", "repair_bins"]

_TABLE = {
    "none.negative": "mode none: a negative difference",
    "none.zero": "mode none: a difference of 0",
    "none.positive": "mode none: a positive difference",
    "guard.just_not": "range guard: the larger column just as high as it may be",
    "guard.just": "range guard: one code above, the pair counts 0",
    "guard.plus": "range guard: plus alone above",
    "guard.minus": "range guard: minus alone above",
    "guard.both": "range guard: both above",
    "pair.just_not": "pair check: a sum just as high as it may be",
    "pair.just": "pair check: one code above",
    "pair.plus": "pair check: plus is the larger column and left out",
    "pair.minus": "pair check: minus is",
    "pair.tie": "pair check: both are equal, plus is left out",
    "pair.both_high": "pair check: both are above the range, the pair counts 0",
    "pair.none_high": "pair check: neither is above the range, and the larger one is left out",
    "pair.strict_none_high": "strict pair check: neither is above the range, the pair counts 0",
    "pair.strict_one_high": "strict pair check: one is above the range and left out",
    "pair.high_just_not": "pair check: of a short, the larger column just as high as a healthy one may be",
    "pair.high_just": "pair check: of a short, one code above",
    "pair.limit_above": "pair check: what was found for a short is limited from above",
    "pair.limit_below": "pair check: the same from below",
    "pair.limit_healthy": "pair check: a healthy pair's difference is limited",
    "pair.limit_just_not": "pair check: a difference just as large as it may be",
    "check.high_just_not": "check: a sum just as high as it may be",
    "check.high_just": "check: one code above",
    "check.low_just_not": "check: a sum just as low as it may be",
    "check.low_just": "check: one code below",
    "check.flag_none": "check, wrong sum, a flagged read: neither column is flagged and the difference stays",
    "check.flag_plus": "check, wrong sum: plus is flagged and left out",
    "check.flag_minus": "check, wrong sum: minus is",
    "check.flag_both": "check, wrong sum: both are flagged, what is possible decides",
    "check.flag_healthy": "check: a flag on a pair whose sum is right changes nothing",
    "check.possible_plus": "check, no single flag: possible only without plus",
    "check.possible_minus": "check, no single flag: possible only without minus",
    "check.possible_both": "check, no single flag: possible without either, the pair counts 0",
    "check.possible_none": "check, no single flag: possible without neither, the pair counts 0",
    "check.reach_just": "check: the difference without a column just possible",
    "check.reach_just_not": "check: one code too large to be possible",
    "check.limit_above": "check: a difference is limited from above",
    "check.limit_below": "check: from below",
    "check.limit_just_not": "check: a difference just as large as it may be",
    "median.first": "of three copies the first has the median, alone",
    "median.second": "the second has",
    "median.third": "the third has",
    "median.tie": "two copies agree",
    "median.equal": "all three agree",
    "pair_sum.one": "repair by one expected sum for all pairs",
    "pair_sum.each": "repair by an expected sum of each pair's own",
}


def repair_bins(geometry: Geometry) -> list[Bin]:
    """Bins of the repair, the same for every chip."""
    return make_bins(_TABLE)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of the reads of a layer; arrays (images, reads, pairs), limits (images, reads, 1).

    Parameters
    ----------
    plus, minus : int arrays
        Codes less offsets.
    excess : int array
        By how much their sum is above the expected one.
    margin, high, bound : int arrays
        Limits.
    """

    plus: NDArray[Any]
    minus: NDArray[Any]
    excess: NDArray[Any]
    margin: NDArray[Any]
    high: NDArray[Any]
    bound: NDArray[Any]

    @classmethod
    def of(cls, view: LayerView, table: RepairTable) -> _Pairs:
        pairs = view.job.geometry.pairs
        signed = view.codes.astype(np.int64) - view.job.image.registers[view.die]
        plus, minus = signed[..., 0 : 2 * pairs : 2], signed[..., 1 : 2 * pairs : 2]
        expected = table.expected[view.driven]
        if expected.ndim == 2:
            expected = expected[..., np.newaxis]
        limits = (getattr(table, name)[view.driven][..., np.newaxis] for name in ("margin", "high", "bound"))
        return cls(plus, minus, plus + minus - expected, *limits)

    @property
    def difference(self) -> NDArray[Any]:
        return self.plus - self.minus


def note_repairs(view: LayerView, found: Counter[str]) -> None:
    """Count the bins that the repair of a layer's reads hits."""
    job, image = view.job, view.job.image
    if image.adc_bits > 1:
        table = repair_table(job.repair, image.rows, image.adc_bits, image.fraction_bits)
        pairs = _Pairs.of(view, table)
        if job.repair.mode == "none":
            values = pairs.difference
            for name, hits in (("negative", values < 0), ("zero", values == 0), ("positive", values > 0)):
                found[f"none.{name}"] += _count(hits)
        elif job.repair.mode == "range_guard":
            _note_guard(pairs, found)
        elif job.repair.mode == "pair_check":
            _note_pair_check(pairs, job.repair.strict, found)
        else:
            _note_check(pairs, _flags(view), found)
        if job.repair.clamps:
            own = isinstance(job.repair.K, tuple) and len(set(job.repair.K)) > 1
            found["pair_sum.each" if own else "pair_sum.one"] += pairs.plus.size
    if view.schedule.combine == "median":
        _note_medians(view, found)


def _count(hits: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(hits))


def _note_guard(pairs: _Pairs, found: Counter[str]) -> None:
    plus, minus = pairs.plus > pairs.high, pairs.minus > pairs.high
    above = np.maximum(pairs.plus, pairs.minus) - pairs.high
    found["guard.just_not"] += _count(above == 0)
    found["guard.just"] += _count(above == 1)
    found["guard.plus"] += _count(plus & ~minus)
    found["guard.minus"] += _count(minus & ~plus)
    found["guard.both"] += _count(plus & minus)


def _note_pair_check(pairs: _Pairs, strict: bool, found: Counter[str]) -> None:
    beyond = pairs.excess - pairs.margin
    short = beyond > 0
    found["pair.just_not"] += _count(beyond == 0)
    found["pair.just"] += _count(beyond == 1)
    larger = np.maximum(pairs.plus, pairs.minus)
    both = np.minimum(pairs.plus, pairs.minus) > pairs.high
    one = (larger > pairs.high) & ~both
    none = larger <= pairs.high
    repaired = short & ~both & ~(none if strict else np.zeros_like(none))
    found["pair.plus"] += _count(repaired & (pairs.plus > pairs.minus))
    found["pair.minus"] += _count(repaired & (pairs.minus > pairs.plus))
    found["pair.tie"] += _count(repaired & (pairs.plus == pairs.minus))
    found["pair.both_high"] += _count(short & both)
    found["pair.strict_none_high" if strict else "pair.none_high"] += _count(short & none)
    found["pair.strict_one_high"] += _count(short & one) if strict else 0
    found["pair.high_just_not"] += _count(short & (larger == pairs.high))
    found["pair.high_just"] += _count(short & (larger == pairs.high + 1))
    from_minus, from_plus = pairs.difference - pairs.excess, pairs.difference + pairs.excess
    value = np.where(repaired, np.where(pairs.plus >= pairs.minus, from_minus, from_plus), pairs.difference)
    value = np.where(short & ~repaired, 0, value)
    found["pair.limit_above"] += _count(repaired & (value > pairs.bound))
    found["pair.limit_below"] += _count(repaired & (value < -pairs.bound))
    found["pair.limit_healthy"] += _count(~short & (np.abs(value) > pairs.bound))
    found["pair.limit_just_not"] += _count((np.abs(value) == pairs.bound) & (value != 0))


def _flags(view: LayerView) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Flags of plus and minus columns of each read (reads, pairs); None where the reads do not look at them."""
    if not view.schedule.flagged:
        return None
    image, paired = view.job.image, 2 * view.job.geometry.pairs
    flags = np.zeros((view.schedule.reads, image.cols), np.bool_)
    if image.flags is not None:
        flags = image.flags[view.die, view.schedule.read_kernel]
    return flags[:, 0:paired:2], flags[:, 1:paired:2]


def _note_check(pairs: _Pairs, flags: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None, found: Counter[str]) -> None:
    wrong = np.abs(pairs.excess) > pairs.margin
    for name, excess in (("high", pairs.excess), ("low", -pairs.excess)):
        found[f"check.{name}_just_not"] += _count(excess == pairs.margin)
        found[f"check.{name}_just"] += _count(excess == pairs.margin + 1)
    from_minus, from_plus = pairs.difference - pairs.excess, pairs.difference + pairs.excess
    reach = pairs.bound + pairs.margin
    may_plus, may_minus = np.abs(from_plus) <= reach, np.abs(from_minus) <= reach
    plus_is, minus_is, undecided = may_minus & ~may_plus, may_plus & ~may_minus, wrong
    stays = ~wrong
    if flags is not None:
        plus, minus = (np.broadcast_to(side, wrong.shape) for side in flags)
        for name, hits in (
            ("none", ~plus & ~minus), ("plus", plus & ~minus), ("minus", minus & ~plus), ("both", plus & minus),
        ):  # fmt: skip
            found[f"check.flag_{name}"] += _count(wrong & hits)
        found["check.flag_healthy"] += _count(~wrong & (plus | minus))
        single = plus != minus
        plus_is, minus_is = np.where(single, plus, plus_is), np.where(single, minus, minus_is)
        undecided = wrong & plus & minus
        stays = stays | (~plus & ~minus)
    for name, hits in (
        ("plus", may_minus & ~may_plus), ("minus", may_plus & ~may_minus), ("both", may_plus & may_minus),
        ("none", ~may_plus & ~may_minus),
    ):  # fmt: skip
        found[f"check.possible_{name}"] += _count(undecided & hits)
    nearest = np.stack([np.abs(from_plus), np.abs(from_minus)]) - reach
    found["check.reach_just"] += _count(undecided & (nearest == 0))
    found["check.reach_just_not"] += _count(undecided & (nearest == 1))
    value = np.where(stays, pairs.difference, from_minus * plus_is + from_plus * minus_is)
    found["check.limit_above"] += _count(value > pairs.bound)
    found["check.limit_below"] += _count(value < -pairs.bound)
    found["check.limit_just_not"] += _count((np.abs(value) == pairs.bound) & (value != 0))


def _note_medians(view: LayerView, found: Counter[str]) -> None:
    job, image = view.job, view.job.image
    table = repair_table(job.repair, image.rows, image.adc_bits, image.fraction_bits)
    signed = view.codes.astype(np.int64) - image.registers[view.die]
    pairs = job.geometry.pairs
    differences = repair_differences(
        signed[..., 0 : 2 * pairs : 2],
        signed[..., 1 : 2 * pairs : 2],
        view.driven[..., np.newaxis],
        table,
        np.arange(pairs),
        _flags(view),
    )
    by_copy = view.schedule.nested(differences, axis=1)  # (images, groups, pooled, window, slices, copies, ...)
    one, two, three = (by_copy[:, :, :, :, :, copy] for copy in range(3))
    equal = (one == two).astype(np.int64) + (two == three) + (one == three)
    for name, middle, first, last in (
        ("first", one, two, three),
        ("second", two, one, three),
        ("third", three, one, two),
    ):
        found[f"median.{name}"] += _count((middle - first) * (last - middle) > 0)
    found["median.tie"] += _count(equal == 1)
    found["median.equal"] += _count(equal == 3)
