# SPDX-License-Identifier: BSD-3-Clause
"""Differences of the pairs of a read, with shorted columns guarded against or worked around."""

from __future__ import annotations

import itertools

from amaranth import Module, Mux, Shape, Signal, signed, unsigned
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out
from spintile.model.geometry import Geometry

from .tokens import RepairMode, count_shape, offsets_layout, repair_settings

__all__ = ["Repair", "difference_shape"]


def difference_shape(geometry: Geometry) -> Shape:
    """A repaired difference: as wide as its largest limit, ``n*D >> F``, with a sign."""
    return signed(_limit_bits(geometry) + 1)


class Repair(Component):
    """All pairs of a read at once, one read per enabled cycle, six enabled cycles deep.

    With c the codes less their offsets and n the number of driven rows, in codes (``>>`` is arithmetic)::

        expected = (n*K + 2^(F-1)) >> F     margin = (m0 + n*m1) >> F
        high     = (n*P >> F) + margin      bound  = n*D >> F

        none         c+ - c-
        range guard  0 if a column is above high, else c+ - c-
        pair check   if c+ + c- > expected + margin, a column is shorted: the larger one (tie: plus), so that
                     expected - 2*c- or 2*c+ - expected takes its place, but 0 if both columns are above high
                     or, with strict, neither is. Then limited to +-bound, short or not.

    Limits depend on n alone: they are made once per read and shared by the pairs::

        stage      1             2                 3                4                  5          6
        limits  | n*K ... n*D | expected, margin | sum, high      |                  |          |
        pairs   | codes       | c+, c-           | sum, max, min  | short, corrected | select   | limit to bound

    With one bit a read without driven rows adds nothing; mode 3 acts as none.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.

    Members
    -------
    enable : In(1)
        The pipeline moves at the end of this cycle.
    codes : In(cols of adc_bits bits)
        Codes of a read.
    count : In(0 to rows)
        Its driven rows, valid with the codes.
    offsets : In(cols of signed adc_bits + 1 bits)
        Offset registers [codes].
    settings : In(repair_settings)
        Repair registers; they and the offsets are stable while reads are under way.
    differences : Out(pairs of difference_shape)
        Repaired differences, ``LATENCY`` enabled cycles after the codes.
    """

    LATENCY = 6

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "enable": In(1),
                "codes": In(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
                "count": In(count_shape(geometry)),
                "offsets": In(offsets_layout(geometry)),
                "settings": In(repair_settings(geometry)),
                "differences": Out(ArrayLayout(difference_shape(geometry), geometry.pairs)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Limits of the read, then one lane per pair."""
        m = Module()
        limits = self._limits(m)
        for pair in range(self.geometry.pairs):
            m.d.comb += self.differences[pair].eq(self._lane(m, pair, limits))
        return m

    def _limits(self, m: Module) -> dict[str, Signal]:
        """Limits of a read, each named with the stage whose register holds it."""
        fraction = self.geometry.fraction_bits
        bits = _limit_bits(self.geometry)
        product = unsigned(bits + fraction)
        settings, count = self.settings, self.count

        pair_sum, peak, difference, margin_row = (
            Signal(product, name=f"{name}_1") for name in ("pair_sum", "peak", "difference", "margin_row")
        )
        expected_2, margin_2, peak_2 = (Signal(bits + 1, name=f"{name}_2") for name in ("expected", "margin", "peak"))
        expected_3 = Signal.like(expected_2)
        sum_3, high_3 = (Signal(bits + 2, name=f"{name}_3") for name in ("sum_limit", "high"))
        bounds = [Signal(bits, name=f"bound_{stage}") for stage in range(2, 6)]
        lowest = Signal(signed(bits + 1), name="lowest_5")
        silent = [Signal(name=f"silent_{stage}") for stage in range(1, 6)]
        with m.If(self.enable):
            m.d.sync += [
                pair_sum.eq(count * settings.pair_sum),
                peak.eq(count * settings.peak),
                difference.eq(count * settings.difference),
                margin_row.eq(count * settings.margin_row),
                silent[0].eq(settings.single_bit & (count == 0)),
                expected_2.eq((pair_sum + (1 << (fraction - 1))) >> fraction),
                margin_2.eq((settings.margin_base + margin_row) >> fraction),
                peak_2.eq(peak >> fraction),
                bounds[0].eq(difference >> fraction),
                expected_3.eq(expected_2),
                sum_3.eq(expected_2 + margin_2),
                high_3.eq(peak_2 + margin_2),
            ]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(bounds)]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(silent)]
            m.d.sync += lowest.eq(-bounds[-2])
        return {
            "expected": expected_3,
            "sum": sum_3,
            "high": high_3,
            "bound": bounds[-1],
            "lowest": lowest,
            "silent": silent[-1],
        }

    def _lane(self, m: Module, pair: int, limits: dict[str, Signal]) -> Signal:
        """One pair, stage by stage; returns the register of the last stage."""
        bits = self.geometry.adc_bits
        code = StructLayout({"plus": unsigned(bits), "minus": unsigned(bits)})
        # A code less an offset lies within -(2^B - 1) .. 2^(B+1) - 1; sums and differences take one bit more.
        column = StructLayout({"plus": signed(bits + 2), "minus": signed(bits + 2)})
        pair_values = StructLayout(
            {
                "sum": signed(bits + 3),
                "difference": signed(bits + 3),
                "larger": signed(bits + 2),
                "smaller": signed(bits + 2),
                "minus_larger": 1,
            }
        )
        wide = signed(_limit_bits(self.geometry) + 3)
        judged = StructLayout(
            {
                "short": 1,
                "larger_high": 1,
                "smaller_high": 1,
                "difference": signed(bits + 3),
                "corrected": wide,
            }
        )
        stage_1 = Signal(code, name=f"lane_{pair}_codes")
        stage_2 = Signal(column, name=f"lane_{pair}_columns")
        stage_3 = Signal(pair_values, name=f"lane_{pair}_pair")
        stage_4 = Signal(judged, name=f"lane_{pair}_judged")
        stage_5 = Signal(wide, name=f"lane_{pair}_selected")
        stage_6 = Signal(difference_shape(self.geometry), name=f"lane_{pair}_difference")

        minus_larger = stage_2.minus > stage_2.plus
        twice = stage_3.smaller << 1
        expected, bound, lowest = limits["expected"], limits["bound"], limits["lowest"]
        limited = self.settings.mode == RepairMode.PAIR_CHECK
        with m.If(self.enable):
            m.d.sync += [
                stage_1.plus.eq(self.codes[2 * pair]),
                stage_1.minus.eq(self.codes[2 * pair + 1]),
                stage_2.plus.eq(stage_1.plus - self.offsets[2 * pair]),
                stage_2.minus.eq(stage_1.minus - self.offsets[2 * pair + 1]),
                stage_3.sum.eq(stage_2.plus + stage_2.minus),
                stage_3.difference.eq(stage_2.plus - stage_2.minus),
                stage_3.larger.eq(Mux(minus_larger, stage_2.minus, stage_2.plus)),
                stage_3.smaller.eq(Mux(minus_larger, stage_2.plus, stage_2.minus)),
                stage_3.minus_larger.eq(minus_larger),
                stage_4.short.eq(stage_3.sum > limits["sum"]),
                stage_4.larger_high.eq(stage_3.larger > limits["high"]),
                stage_4.smaller_high.eq(stage_3.smaller > limits["high"]),
                stage_4.difference.eq(stage_3.difference),
                stage_4.corrected.eq(Mux(stage_3.minus_larger, twice - expected, expected - twice)),
                stage_5.eq(self._selected(m, pair, stage_4)),
            ]
            with m.If(limits["silent"]):
                m.d.sync += stage_6.eq(0)
            with m.Elif(limited & (stage_5 > bound)):
                m.d.sync += stage_6.eq(bound)
            with m.Elif(limited & (stage_5 < lowest)):
                m.d.sync += stage_6.eq(lowest)
            with m.Else():
                m.d.sync += stage_6.eq(stage_5)
        return stage_6

    def _selected(self, m: Module, pair: int, judged: Signal) -> Signal:
        """The difference, its correction or zero, before the limit."""
        selected = Signal(judged.corrected.shape(), name=f"lane_{pair}_select")
        unclear = judged.smaller_high | (self.settings.strict & ~judged.larger_high)
        m.d.comb += selected.eq(judged.difference)
        with m.Switch(self.settings.mode):
            with m.Case(RepairMode.RANGE_GUARD), m.If(judged.larger_high):
                m.d.comb += selected.eq(0)
            with m.Case(RepairMode.PAIR_CHECK), m.If(judged.short):
                m.d.comb += selected.eq(Mux(unclear, 0, judged.corrected))
        return selected


def _limit_bits(geometry: Geometry) -> int:
    """Bits of ``rows`` times a repair register, in codes."""
    return geometry.adc_bits + 5 + geometry.rows.bit_length()
