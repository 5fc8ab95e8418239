# SPDX-License-Identifier: BSD-3-Clause
"""Differences of the pairs of a read, with faulty columns guarded against or worked around."""

from __future__ import annotations

import itertools

from amaranth import Cat, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib.data import ArrayLayout, StructLayout
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry

from .flag_memory import FlagMemory
from .register_file import WindowRead, window_write
from .registers import register_map
from .tokens import Flow, RepairMode, count_shape, kernel_shape, offsets_layout, repair_settings

__all__ = ["Repair", "difference_shape"]


def difference_shape(geometry: Geometry) -> Shape:
    """A repaired difference: as wide as its largest limit, ``n*D >> F``, with a sign."""
    return signed(_limit_bits(geometry) + 1)


class Repair(Component):
    """All pairs of a read at once, one read per enabled cycle, six enabled cycles deep.

    With c the codes less their offsets and n the number of driven rows, in codes (``>>`` is arithmetic)::

        expected = (n*K + 2^(F-1)) >> F     margin = (m0 + n*m1) >> F     excess = c+ + c- - expected
        high     = (n*P >> F) + margin      bound  = n*D >> F             K is the pair's own

        none         c+ - c-
        range guard  0 if a column is above high, else c+ - c-
        pair check   if excess > margin, a column is shorted: the larger one (tie: plus), so that what the other one
                     says takes its place: expected - 2*c- or 2*c+ - expected; but 0 if both columns are above high
                     or, with strict, neither is. Then limited to +-bound, short or not.
        check        if excess > margin or excess < -margin, a column is faulty: in a flagged read the one whose flag
                     is set, and what the other one says takes its place; with neither flag c+ - c- stays. With both
                     flags, and in other reads, the one without which the difference is possible, at most
                     bound + margin in size, if that is just one of them, else it is 0. Then limited likewise.

    What a column says alone is the difference more or less the excess. Limits depend on n alone, the expected sum
    aside: they are made once per read and shared by the pairs::

        stage      1             2                  3                    4                        5        6
        limits  | n*P ... n*D | margin, bound    | high               | bound + margin         |        |
        pairs   | codes, n*K  | c+, c-, expected | difference, excess | high, above, c+/c- say | select | limited
        flags   | kernel      | kernel           | kernel             | of the kernel          |        |

    With one bit a read without driven rows adds nothing.

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
    count : In(0 to rows), kernel : In(kernel_shape), flagged : In(1)
        Its driven rows, its kernel, and whether the kernel's flags count; valid with the codes.
    flag : In(Flow of window_write), flag_read : In(WindowRead)
        Writes and reads of the window ``FLAG``.
    offsets : In(cols of signed adc_bits + 1 bits)
        Offset registers [codes].
    settings : In(repair_settings)
        Repair registers; they, offsets and flags are stable while reads are under way.
    differences : Out(pairs of difference_shape)
        Repaired differences, ``LATENCY`` enabled cycles after the codes.
    """

    LATENCY = 6

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        window = register_map(geometry).window("FLAG")
        super().__init__(
            {
                "enable": In(1),
                "codes": In(ArrayLayout(unsigned(geometry.adc_bits), geometry.cols)),
                "count": In(count_shape(geometry)),
                "kernel": In(kernel_shape(geometry)),
                "flagged": In(1),
                "flag": In(Flow(window_write(window))),
                "flag_read": In(WindowRead(window)),
                "offsets": In(offsets_layout(geometry)),
                "settings": In(repair_settings(geometry)),
                "differences": Out(ArrayLayout(difference_shape(geometry), geometry.pairs)),
            }
        )

    def lane_layouts(self) -> tuple[StructLayout, StructLayout, StructLayout, StructLayout]:
        """Registers of a pair in stages 1 to 4."""
        bits, limit = self.geometry.adc_bits, _limit_bits(self.geometry)
        # A code less an offset lies within -(2^B - 1) .. 2^(B+1) - 1; sums and differences take one bit more.
        # An expected sum is below 2^limit by more than all of these: it leaves room for them.
        column, pair, wide = signed(bits + 2), signed(bits + 3), signed(limit + 1)
        judged = {"plus_high": 1, "minus_high": 1, "above": 1, "outside": 1}
        return (
            StructLayout({"plus": bits, "minus": bits, "pair_sum": limit + self.geometry.fraction_bits}),
            StructLayout({"plus": column, "minus": column, "expected": limit + 1}),
            StructLayout({"plus": column, "minus": column, "difference": pair, "excess": wide}),
            StructLayout({**judged, "difference": pair, "from_plus": wide, "from_minus": wide}),
        )

    def elaborate(self, platform: object) -> Module:
        """Limits of the read and flags of its kernel, then one lane per pair."""
        m = Module()
        limits = self._limits(m)
        flagged, flags = self._flags(m)
        for pair in range(self.geometry.pairs):
            known = (flagged, flags[2 * pair], flags[2 * pair + 1])
            m.d.comb += self.differences[pair].eq(self._lane(m, pair, limits, known))
        return m

    def _limits(self, m: Module) -> dict[str, Signal]:
        """Limits of a read, each named with the stage whose register holds it."""
        fraction = self.geometry.fraction_bits
        bits = _limit_bits(self.geometry)
        product = unsigned(bits + fraction)
        settings, count = self.settings, self.count

        peak, difference, margin_row = (
            Signal(product, name=f"{name}_1") for name in ("peak", "difference", "margin_row")
        )
        margin_2, peak_2 = (Signal(bits + 1, name=f"{name}_2") for name in ("margin", "peak"))
        margin_3 = Signal.like(margin_2)
        high_3, reach_4 = Signal(bits + 2, name="high_3"), Signal(bits + 2, name="reach_4")
        bounds = [Signal(bits, name=f"bound_{stage}") for stage in range(2, 6)]
        lowest = Signal(signed(bits + 1), name="lowest_5")
        silent = [Signal(name=f"silent_{stage}") for stage in range(1, 6)]
        with m.If(self.enable):
            m.d.sync += [
                peak.eq(count * settings.peak),
                difference.eq(count * settings.difference),
                margin_row.eq(count * settings.margin_row),
                silent[0].eq(settings.single_bit & (count == 0)),
                margin_2.eq((settings.margin_base + margin_row) >> fraction),
                peak_2.eq(peak >> fraction),
                bounds[0].eq(difference >> fraction),
                margin_3.eq(margin_2),
                high_3.eq(peak_2 + margin_2),
                reach_4.eq(bounds[1] + margin_3),
            ]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(bounds)]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(silent)]
            m.d.sync += lowest.eq(-bounds[-2])
        return {
            "margin": margin_3,
            "high": high_3,
            "reach": reach_4,
            "bound": bounds[-1],
            "lowest": lowest,
            "silent": silent[-1],
        }

    def _flags(self, m: Module) -> tuple[Signal, Signal]:
        """Whether the read in stage 4 is flagged, and the flags of its kernel's columns."""
        m.submodules.memory = memory = FlagMemory(self.geometry)
        connect(m, flipped(self.flag_read), memory.read)
        kernels = [Signal(self.kernel.shape(), name=f"kernel_{stage}") for stage in range(1, 4)]
        flagged = [Signal(name=f"flagged_{stage}") for stage in range(1, 5)]
        with m.If(self.enable):
            m.d.sync += [kernels[0].eq(self.kernel), flagged[0].eq(self.flagged)]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(kernels)]
            m.d.sync += [later.eq(earlier) for earlier, later in itertools.pairwise(flagged)]
        m.d.comb += [
            memory.write.valid.eq(self.flag.valid),
            memory.write.payload.eq(self.flag.payload),
            memory.kernel.eq(kernels[-1]),
            memory.enable.eq(self.enable),
        ]
        return flagged[-1], memory.flags

    def _lane(self, m: Module, pair: int, limits: dict[str, Signal], known: tuple[Value, Value, Value]) -> Signal:
        """One pair, stage by stage; returns the register of the last stage."""
        geometry, settings = self.geometry, self.settings
        fraction = geometry.fraction_bits
        names = ("codes", "columns", "pair", "judged")
        stage_1, stage_2, stage_3, stage_4 = (
            Signal(layout, name=f"lane_{pair}_{name}") for name, layout in zip(names, self.lane_layouts(), strict=True)
        )
        stage_5 = Signal.like(stage_4.from_plus, name=f"lane_{pair}_selected")
        stage_6 = Signal(difference_shape(geometry), name=f"lane_{pair}_difference")

        outside = ~_within(stage_3.excess, limits["margin"])
        bound, lowest = limits["bound"], limits["lowest"]
        limited = (settings.mode == RepairMode.PAIR_CHECK) | (settings.mode == RepairMode.CHECK)
        with m.If(self.enable):
            m.d.sync += [
                stage_1.plus.eq(self.codes[2 * pair]),
                stage_1.minus.eq(self.codes[2 * pair + 1]),
                stage_1.pair_sum.eq(self.count * settings.pair_sum[pair]),
                stage_2.plus.eq(stage_1.plus - self.offsets[2 * pair]),
                stage_2.minus.eq(stage_1.minus - self.offsets[2 * pair + 1]),
                stage_2.expected.eq((stage_1.pair_sum + (1 << (fraction - 1))) >> fraction),
                stage_3.plus.eq(stage_2.plus),
                stage_3.minus.eq(stage_2.minus),
                stage_3.difference.eq(stage_2.plus - stage_2.minus),
                stage_3.excess.eq(stage_2.plus + stage_2.minus - stage_2.expected),
                stage_4.plus_high.eq(stage_3.plus > limits["high"]),
                stage_4.minus_high.eq(stage_3.minus > limits["high"]),
                stage_4.above.eq(outside & (stage_3.excess >= 0)),
                stage_4.outside.eq(outside),
                stage_4.difference.eq(stage_3.difference),
                stage_4.from_plus.eq(stage_3.difference + stage_3.excess),
                stage_4.from_minus.eq(stage_3.difference - stage_3.excess),
                stage_5.eq(self._selected(m, pair, stage_4, limits["reach"], known)),
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

    def _selected(
        self, m: Module, pair: int, judged: Signal, reach: Signal, known: tuple[Value, Value, Value]
    ) -> Signal:
        """The difference, what one column says, or zero, before the limit."""
        flagged, plus_flag, minus_flag = known
        selected = Signal(judged.from_plus.shape(), name=f"lane_{pair}_select")
        one_high = judged.plus_high | judged.minus_high
        unclear = (judged.plus_high & judged.minus_high) | (self.settings.strict & ~one_high)
        possible_plus, possible_minus = (Signal(name=f"lane_{pair}_possible_{side}") for side in ("plus", "minus"))
        one_flag, no_flag = flagged & (plus_flag ^ minus_flag), flagged & ~(plus_flag | minus_flag)
        plus_faulty, minus_faulty = (Signal(name=f"lane_{pair}_{name}") for name in ("plus_faulty", "minus_faulty"))
        m.d.comb += [
            possible_plus.eq(_within(judged.from_plus, reach)),
            possible_minus.eq(_within(judged.from_minus, reach)),
            plus_faulty.eq(Mux(one_flag, plus_flag, possible_minus & ~possible_plus)),
            minus_faulty.eq(Mux(one_flag, minus_flag, possible_plus & ~possible_minus)),
            selected.eq(judged.difference),
        ]
        with m.Switch(self.settings.mode):
            with m.Case(RepairMode.RANGE_GUARD), m.If(one_high):
                m.d.comb += selected.eq(0)
            with m.Case(RepairMode.PAIR_CHECK), m.If(judged.above):
                other = Mux(judged.difference < 0, judged.from_plus, judged.from_minus)
                m.d.comb += selected.eq(Mux(unclear, 0, other))
            with m.Case(RepairMode.CHECK), m.If(judged.outside & ~no_flag):
                m.d.comb += selected.eq(Mux(plus_faulty, judged.from_minus, Mux(minus_faulty, judged.from_plus, 0)))
        return selected


def _within(value: Value, limit: Value) -> Value:
    """Whether a value is from -limit to limit, in one comparison: inverted, a negative one is its size less 1."""
    sign = value[-1]
    return Cat(sign, value[:-1] ^ sign.replicate(len(value) - 1)) <= limit << 1


def _limit_bits(geometry: Geometry) -> int:
    """Bits of ``rows`` times a repair register, in codes."""
    return geometry.adc_bits + 5 + geometry.rows.bit_length()
