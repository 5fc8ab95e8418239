# SPDX-License-Identifier: BSD-3-Clause
"""The repairs of the bit-exact contract in plain Python, one pair at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spintile.rtl.tokens import RepairMode


@dataclass(frozen=True)
class Settings:
    """Repair registers; K, P, D, m0, m1 in LSB/2^F. K is one number for all pairs, or one for each."""

    mode: RepairMode = RepairMode.NONE
    strict: bool = False
    single_bit: bool = False
    K: int | tuple[int, ...] = 0
    P: int = 0
    D: int = 0
    m0: int = 0
    m1: int = 0

    def pair_sum(self, pair: int) -> int:
        """K of a pair."""
        return self.K if isinstance(self.K, int) else self.K[pair]

    def registers(self, pairs: int) -> dict[str, object]:
        """The same as a ``repair_settings`` payload."""
        return {
            "mode": self.mode,
            "strict": self.strict,
            "single_bit": self.single_bit,
            "pair_sum": [self.pair_sum(pair) for pair in range(pairs)],
            "peak": self.P,
            "difference": self.D,
            "margin_base": self.m0,
            "margin_row": self.m1,
        }

    def with_(self, **changes: object) -> Settings:
        """A copy with some registers changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def repaired(
    plus: int,
    minus: int,
    n: int,
    fraction_bits: int,
    settings: Settings,
    pair: int = 0,
    flags: tuple[int, int] | None = None,
) -> int:
    """Difference of a pair whose columns read ``plus`` and ``minus``, offsets already removed.

    ``flags`` of its plus and minus column, None in a read that is not flagged.
    """
    if settings.single_bit and n == 0:
        return 0
    difference = plus - minus
    if settings.mode is RepairMode.NONE:
        return difference
    margin = (settings.m0 + n * settings.m1) >> fraction_bits
    high = (n * settings.P >> fraction_bits) + margin
    if settings.mode is RepairMode.RANGE_GUARD:
        return 0 if plus > high or minus > high else difference
    expected = (n * settings.pair_sum(pair) + (1 << (fraction_bits - 1))) >> fraction_bits
    bound = n * settings.D >> fraction_bits
    if settings.mode is RepairMode.CHECK:
        if flags != (0, 0) and abs(plus + minus - expected) > margin:
            difference = _without_the_faulty(expected - 2 * minus, 2 * plus - expected, bound + margin, flags)
    elif plus + minus > expected + margin:
        if (plus > high and minus > high) or (settings.strict and plus <= high and minus <= high):
            difference = 0
        elif plus >= minus:
            difference = expected - 2 * minus
        else:
            difference = 2 * plus - expected
    return max(-bound, min(bound, difference))


def _without_the_faulty(without_plus: int, without_minus: int, reach: int, flags: tuple[int, int] | None) -> int:
    """Difference of a pair of which a column is faulty, known by its flag or as the other one would be absurd."""
    if flags == (1, 0):
        return without_plus
    if flags == (0, 1):
        return without_minus
    possible = [value for value in (without_plus, without_minus) if abs(value) <= reach]
    return possible[0] if len(possible) == 1 else 0


def median(values: list[int]) -> int:
    """The middle one of three."""
    return sorted(values)[1]
