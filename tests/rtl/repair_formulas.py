# SPDX-License-Identifier: BSD-3-Clause
"""The repairs of the bit-exact contract in plain Python, one pair at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spintile.rtl.tokens import RepairMode


@dataclass(frozen=True)
class Settings:
    """Repair registers; K, P, D, m0, m1 in LSB/2^F."""

    mode: RepairMode = RepairMode.NONE
    strict: bool = False
    single_bit: bool = False
    K: int = 0
    P: int = 0
    D: int = 0
    m0: int = 0
    m1: int = 0

    def registers(self) -> dict[str, object]:
        """The same as a ``repair_settings`` payload."""
        return {
            "mode": self.mode,
            "strict": self.strict,
            "single_bit": self.single_bit,
            "pair_sum": self.K,
            "peak": self.P,
            "difference": self.D,
            "margin_base": self.m0,
            "margin_row": self.m1,
        }

    def with_(self, **changes: object) -> Settings:
        """A copy with some registers changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def repaired(plus: int, minus: int, n: int, fraction_bits: int, settings: Settings) -> int:
    """Difference of a pair whose columns read ``plus`` and ``minus``, offsets already removed."""
    if settings.single_bit and n == 0:
        return 0
    difference = plus - minus
    if settings.mode not in (RepairMode.RANGE_GUARD, RepairMode.PAIR_CHECK):
        return difference
    margin = (settings.m0 + n * settings.m1) >> fraction_bits
    high = (n * settings.P >> fraction_bits) + margin
    if settings.mode is RepairMode.RANGE_GUARD:
        return 0 if plus > high or minus > high else difference
    expected = (n * settings.K + (1 << (fraction_bits - 1))) >> fraction_bits
    if plus + minus > expected + margin:
        if (plus > high and minus > high) or (settings.strict and plus <= high and minus <= high):
            difference = 0
        elif plus >= minus:
            difference = expected - 2 * minus
        else:
            difference = 2 * plus - expected
    bound = n * settings.D >> fraction_bits
    return max(-bound, min(bound, difference))
