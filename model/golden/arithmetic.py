# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of one read: column sums, codes, repair. Integers only; every engine must give the same.

``>>`` is arithmetic everywhere. All functions are pure and vectorised over leading axes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..sensing import Repair
from .noise import read_noise

if TYPE_CHECKING:
    from .die_image import DieImage

IntArray = NDArray[Any]


def column_sums(
    image: DieImage, die: int, kernel: int, rows: ArrayLike, image_index: ArrayLike = 0, ordinal: ArrayLike = 0
) -> NDArray[np.int64]:
    """S of every column of one kernel: ``clamp(O + sum_r x[r] * Q[r], lo, hi) + noise``.

    Parameters
    ----------
    image : DieImage
        The dies as integers.
    die : int
        Position of the die in the image (0 .. dies-1), not its identifier.
    kernel : int
        The kernel read.
    rows : bool or 0/1 array (..., rows)
        Driven rows.
    image_index, ordinal : int or int array (...)
        Image of the data set and ordinal of the read: the noise counter.

    Returns
    -------
    int64 array (..., cols)
        Sums in LSB/2^F, as wide as they need.
    """
    driven = np.asarray(rows).astype(np.int64)
    sums = driven @ image.q[die, kernel].astype(np.int64) + image.offset[die, kernel]
    sums = np.clip(sums, image.lo[die, kernel], image.hi[die, kernel])
    if image.noise_sigma:
        sums = sums + read_noise(
            image.noise_sigma,
            image.noise_seed,
            int(image.die_ids[die]),
            np.asarray(image_index)[..., np.newaxis],
            np.asarray(ordinal)[..., np.newaxis],
            np.arange(sums.shape[-1]),
        )
    return sums


def convert(sums: IntArray, adc_bits: int, fraction_bits: int) -> IntArray:
    """Codes of column sums.

    B >= 2: ``clamp((S + 2^(F-1)) >> F, 0, 2^B - 1)``. B = 1, a sense amplifier per pair: plus = [S+ >= S-],
    minus = 1 - plus, an unpaired last column 0.

    Parameters
    ----------
    sums : int array (..., cols)
        Column sums [LSB/2^F].
    adc_bits, fraction_bits : int
        B and F.

    Returns
    -------
    int array (..., cols)
        Codes, in the type of ``sums``.
    """
    if adc_bits == 1:
        paired = sums.shape[-1] // 2 * 2
        codes = np.zeros_like(sums)
        codes[..., 0:paired:2] = sums[..., 0:paired:2] >= sums[..., 1:paired:2]
        codes[..., 1:paired:2] = 1 - codes[..., 0:paired:2]
        return codes
    return np.clip((sums + (1 << (fraction_bits - 1))) >> fraction_bits, 0, (1 << adc_bits) - 1)


def comparator(sums: IntArray, trial: ArrayLike, fraction_bits: int) -> NDArray[np.bool_]:
    """Answer of the column comparators to SAR trial codes: ``S + 2^(F-1) >= trial << F``."""
    return np.asarray(sums + (1 << (fraction_bits - 1)) >= (np.asarray(trial, np.int64) << fraction_bits))


@dataclass(frozen=True)
class RepairTable:
    """What a repair compares with, for each number n of driven rows (index 0 .. rows).

    Parameters
    ----------
    mode, strict
        As in ``Repair``.
    expected : int array (rows + 1,) or (rows + 1, pairs)
        (n*K + 2^(F-1)) >> F: sum of a healthy pair, of all pairs or of each.
    seen : int array like ``expected``
        expected + M(n): a larger sum shows a short.
    margin : int array (rows + 1,)
        M(n) = (m0 + n*m1) >> F.
    high : int array (rows + 1,)
        (n*P >> F) + M(n): a healthy column is not above it.
    bound : int array (rows + 1,)
        n*D >> F: the largest difference of a healthy pair.
    zero_without_rows : bool
        One-bit sensing: a read with no driven row adds 0.
    """

    mode: str
    strict: bool
    expected: IntArray
    seen: IntArray
    margin: IntArray
    high: IntArray
    bound: IntArray
    zero_without_rows: bool

    @property
    def peak(self) -> int:
        """Largest entry: with the largest code, what decides how wide intermediate results are."""
        return int(max(abs(table).max() for table in (self.expected, self.seen, self.high, self.bound + self.margin)))

    def astype(self, dtype: Any) -> RepairTable:
        """The same table in another integer type."""
        names = ("expected", "seen", "margin", "high", "bound")
        return dataclasses.replace(self, **{name: getattr(self, name).astype(dtype) for name in names})


def repair_table(repair: Repair, rows: int, adc_bits: int, fraction_bits: int) -> RepairTable:
    """Limits of a repair for 0 .. rows driven rows.

    Raises
    ------
    ValueError
        If a repair is asked of one-bit sensing.
    """
    if adc_bits == 1 and repair.mode != "none":
        raise ValueError(f"repair must be 'none' with one-bit sensing, not {repair.mode!r}")
    n = np.arange(rows + 1, dtype=np.int64)
    margin = (repair.m0 + n * repair.m1) >> fraction_bits
    sums = np.array(repair.K, np.int64)
    half = 1 << (fraction_bits - 1)
    expected = (np.multiply.outer(n, sums) + half) >> fraction_bits
    return RepairTable(
        mode=repair.mode,
        strict=repair.strict,
        expected=expected,
        seen=expected + (margin if sums.ndim == 0 else margin[:, np.newaxis]),
        margin=margin,
        high=((n * repair.P) >> fraction_bits) + margin,
        bound=(n * repair.D) >> fraction_bits,
        zero_without_rows=adc_bits == 1,
    )


def repair_differences(
    plus: IntArray,
    minus: IntArray,
    driven: IntArray,
    table: RepairTable,
    pair: IntArray | int = 0,
    flags: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
) -> IntArray:
    """Repaired differences of pairs: what a read adds to the accumulators before the shift by its bit plane.

    Check, with c the codes less offsets: d = c+ - c-, unless ``|c+ + c- - expected| > M``. Then one column is faulty
    and the other gives d: dm = expected - 2*c- if it is plus, dp = 2*c+ - expected if it is minus. A read that looks at
    flags believes them: neither is flagged, d stays; one is, it is that one. If both are, or the read looks at none, it
    is the one whose d is possible, |d| <= bound + M, where the other's is not; otherwise d = 0. In the end d is clamped
    to +-bound, as in the pair check.

    Parameters
    ----------
    plus, minus : int arrays (...)
        Codes of the G+ and G- columns, offsets removed (signed).
    driven : int array
        Number of driven rows of each read; broadcasts to the shape of ``plus``.
    table : RepairTable
        From ``repair_table``.
    pair : int or int array
        Index of each pair in its kernel, where each has an expected sum of its own; broadcasts to the shape.
    flags : two bool arrays or None
        Which plus and which minus columns self-test has flagged, for check; broadcast to the shape. None: the reads do
        not look at flags.

    Returns
    -------
    int array (...)
        Differences in the type of ``plus``; that type must hold three times the larger of codes and table entries.
    """
    difference = plus - minus
    if table.mode == "none":
        return difference * (driven != 0) if table.zero_without_rows else difference
    if table.mode == "range_guard":
        high = table.high[driven]
        return np.where((plus > high) | (minus > high), difference.dtype.type(0), difference)
    bound = table.bound[driven]
    if table.mode == "check":
        _check(difference, plus, minus, _of_pairs(table.expected, driven, pair), table.margin[driven], bound, flags)
        return _clamped(difference, bound)
    short = plus + minus > _of_pairs(table.seen, driven, pair)
    # Shorts are rare: only pairs that show one in some read are worked on further, in all reads at once.
    lines = np.nonzero(short.any(axis=-1)) if short.ndim > 1 else ()
    if not lines or lines[0].size:
        high = _of_lines(table.high[driven], difference.shape, lines)
        expected = _of_lines(_of_pairs(table.expected, driven, pair), difference.shape, lines)
        repaired = _difference_of_short(plus[lines], minus[lines], high, expected, table.strict)
        difference[lines] = np.where(short[lines], repaired, difference[lines])
    return _clamped(difference, bound)


def _of_pairs(entries: IntArray, driven: IntArray, pair: IntArray | int) -> IntArray:
    """Entries of so many driven rows, and of each pair where they differ."""
    return entries[driven] if entries.ndim == 1 else entries[driven, pair]


def _clamped(difference: IntArray, bound: IntArray) -> IntArray:
    """Differences limited to +-bound, in place."""
    # Several times as fast as np.clip with limits that differ from read to read.
    np.minimum(difference, bound, out=difference)
    return np.maximum(difference, -bound, out=difference)


def _check(
    difference: IntArray,
    plus: IntArray,
    minus: IntArray,
    expected: IntArray,
    margin: IntArray,
    bound: IntArray,
    flags: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None,
) -> None:
    """Replace, in place, the differences of pairs whose sum is not what it should be."""
    excess = plus + minus
    excess -= expected
    where = np.flatnonzero(np.abs(excess) > margin)
    if not where.size:
        return
    # Few pairs are wrong: from here on only they are worked on, found by line (all axes but the last) and place in it.
    line, place = np.divmod(where, difference.shape[-1]) if difference.ndim else (where, where)
    beyond, found = np.take(excess, where), np.take(difference, where)
    reach = _entries_at(bound + margin, difference.shape, line, place)
    without_plus, without_minus = found - beyond, found + beyond
    plus_may, minus_may = np.abs(without_plus) <= reach, np.abs(without_minus) <= reach
    plus_is, minus_is = plus_may & ~minus_may, minus_may & ~plus_may
    if flags is not None:
        plus_flag, minus_flag = (_entries_at(side, difference.shape, line, place) for side in flags)
        known = plus_flag != minus_flag
        plus_is, minus_is = np.where(known, plus_flag, plus_is), np.where(known, minus_flag, minus_is)
        repaired = without_plus * plus_is + without_minus * minus_is
        np.put(difference, where, np.where(plus_flag | minus_flag, repaired, found))
        return
    np.put(difference, where, without_plus * plus_is + without_minus * minus_is)


def _entries_at(
    entries: NDArray[Any], shape: tuple[int, ...], line: NDArray[np.intp], place: NDArray[np.intp]
) -> NDArray[Any]:
    """Entries, which broadcast to ``shape``, at some places of some lines of it, counted without the last axis."""
    if not shape:
        return np.asarray(entries).reshape(1)
    entries = np.reshape(entries, (1,) * (len(shape) - np.ndim(entries)) + np.shape(entries))
    lines, length = entries.shape[:-1], entries.shape[-1]
    table = entries.reshape(-1, length)
    of_line = np.broadcast_to(np.arange(len(table)).reshape(lines), shape[:-1]).ravel()
    return np.asarray(table[of_line[line], place if length > 1 else 0])


def _of_lines(entries: IntArray, shape: tuple[int, ...], lines: tuple[NDArray[np.intp], ...]) -> IntArray:
    """Entries, which broadcast to ``shape``, of some index of its leading axes; they may broadcast on."""
    if lines and entries.size == shape[-1]:
        return entries.reshape(1, -1)
    return np.broadcast_to(entries, shape)[lines]


def _difference_of_short(plus: IntArray, minus: IntArray, high: IntArray, expected: IntArray, strict: bool) -> IntArray:
    """Difference of pairs that show a short: the larger column is faulty (tie: plus), the other one gives it."""
    plus_high, minus_high = plus > high, minus > high
    hopeless = plus_high & minus_high
    if strict:
        hopeless |= ~(plus_high | minus_high)
    # A product by 0 or 1 where a choice would do: several times as fast.
    return np.where(plus >= minus, expected - 2 * minus, 2 * plus - expected) * ~hopeless


def median_of_three(one: IntArray, two: IntArray, three: IntArray) -> IntArray:
    """The middle one of three integers, element by element: what a slice on three pairs adds."""
    lower, upper = np.minimum(one, two), np.maximum(one, two)
    return np.asarray(np.maximum(lower, np.minimum(upper, three)))


def repair(
    codes: IntArray,
    driven: ArrayLike,
    settings: Repair,
    adc_bits: int,
    fraction_bits: int,
    column_offset: ArrayLike = 0,
    flags: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Repaired differences of whole reads: the readable form of the contract.

    Parameters
    ----------
    codes : int array (..., cols)
        Codes of the columns.
    driven : int or int array (...)
        Driven rows of each read.
    settings : Repair
        Mode and constants.
    adc_bits, fraction_bits : int
        B and F.
    column_offset : int or int array (cols,)
        What the offset registers remove from each code.
    flags : bool array (..., cols) or None
        Columns that self-test has flagged, for a read that carries ``flagged``; None: it does not. Only check looks
        at them.

    Returns
    -------
    int64 array (..., pairs)
    """
    signed = np.asarray(codes, np.int64) - np.asarray(column_offset, np.int64)
    paired = signed.shape[-1] // 2 * 2
    n = np.asarray(driven, np.intp)
    table = repair_table(settings, int(n.max(initial=0)), adc_bits, fraction_bits)
    sides = None
    if flags is not None:
        flagged = np.asarray(flags, np.bool_)
        sides = flagged[..., 0:paired:2], flagged[..., 1:paired:2]
    return repair_differences(
        signed[..., 0:paired:2], signed[..., 1:paired:2], n[..., np.newaxis], table, np.arange(paired // 2), sides
    )
