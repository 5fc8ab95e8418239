# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the repair: every register holds what the formulas give in wide arithmetic."""

from __future__ import annotations

from typing import Any

from amaranth import Module, Mux, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.repair import Repair
from spintile.rtl.tokens import RepairMode

from ...formal import Opened, Properties

__all__ = ["repair"]


def repair(geometry: Geometry, block: type[Repair] = Repair) -> Properties:
    """Every register of the repair holds what the same formula gives in wide arithmetic, stage by stage.

    Registers and offsets are any constants; codes, counts, flags and stalls are free in every cycle.
    """
    properties = Properties(f"repair of {geometry.name}")
    opened = properties.block(block(geometry), cut=("memory",))
    unit = opened.block
    properties.steady("settings", unit.settings)
    properties.steady("offsets", unit.offsets)
    properties.assume("count_is_of_rows", unit.count <= geometry.rows)
    limits = _wide_limits(properties, opened, geometry)
    limits["flags"] = _flags(properties, opened, geometry)
    for pair in range(geometry.pairs):
        _wide_lane(properties, opened, geometry, pair, limits)
    return properties


def _moving(m: Module, unit: Any, value: Value, name: str) -> Signal:
    """A register that moves with the pipeline."""
    register = Signal(value.shape(), name=name)
    with m.If(unit.enable):
        m.d.sync += register.eq(value)
    return register


def _wide_limits(properties: Properties, opened: Opened, geometry: Geometry) -> dict[str, list[Value]]:
    """Limits of a read in wide arithmetic, by stage; the real ones are claimed equal."""
    m, unit, settings = properties.module, opened.block, opened.block.settings
    fraction = geometry.fraction_bits

    def through(value: Value, name: str, first: int, last: int) -> dict[int, Value]:
        stages = {first: value}
        for stage in range(first + 1, last + 1):
            stages[stage] = _moving(m, unit, stages[stage - 1], f"{name}_in_{stage}")
        return stages

    products = {
        name: _moving(m, unit, (unit.count * settings[name]), f"product_of_{name}")
        for name in ("peak", "difference", "margin_row")
    }
    for name, product in products.items():
        properties.claim(f"{name}_fits", opened[f"{name}_1"] == product)
    margin = through(
        _moving(m, unit, (settings.margin_base + products["margin_row"]) >> fraction, "margin_in_2"), "margin", 2, 3
    )
    peak = _moving(m, unit, products["peak"] >> fraction, "peak_in_2")
    bound = through(_moving(m, unit, products["difference"] >> fraction, "bound_in_2"), "bound", 2, 6)
    high = _moving(m, unit, peak + margin[2], "high_in_3")
    reach = _moving(m, unit, bound[3] + margin[3], "reach_in_4")
    silent = through(_moving(m, unit, settings.single_bit & (unit.count == 0), "silent_in_1"), "silent", 1, 6)
    pairs = {
        "margin_2": margin[2],
        "margin_3": margin[3],
        "peak_2": peak,
        "high_3": high,
        "reach_4": reach,
        "lowest_5": -bound[5],
        **{f"bound_{stage}": bound[stage] for stage in range(2, 6)},
        **{f"silent_{stage}": silent[stage] for stage in range(1, 6)},
    }
    for name, value in pairs.items():
        properties.claim(f"{name}_is_exact", opened[name] == value)
    return {
        "margin": [margin[3]],
        "high": [high],
        "reach": [reach],
        "bound": [bound[5], bound[6]],
        "silent": [silent[5]],
    }


def _flags(properties: Properties, opened: Opened, geometry: Geometry) -> list[Value]:
    """Whether the read in stage 4 is flagged, and the flags: their memory is asked for the kernel of that read."""
    m, unit = properties.module, opened.block
    kernel, flagged = unit.kernel, unit.flagged
    for stage in range(1, 5):
        flagged = _moving(m, unit, flagged, f"flagged_in_{stage}")
        properties.claim(f"flagged_{stage}_is_exact", opened[f"flagged_{stage}"] == flagged)
    for stage in range(1, 4):
        kernel = _moving(m, unit, kernel, f"kernel_in_{stage}")
        properties.claim(f"kernel_{stage}_is_exact", opened[f"kernel_{stage}"] == kernel)
    properties.claim("flags_are_of_the_kernel", opened["memory.kernel"] == kernel)
    properties.claim("flags_move_with_the_pipeline", opened["memory.enable"] == unit.enable)
    return [flagged, *opened["memory.flags"]]


def _wide_lane(
    properties: Properties, opened: Opened, geometry: Geometry, pair: int, limits: dict[str, list[Value]]
) -> None:
    """One pair in wide arithmetic; the real registers are claimed equal."""
    m, unit, settings = properties.module, opened.block, opened.block.settings
    bits = geometry.adc_bits

    def moving(value: Value, name: str) -> Signal:
        return _moving(m, unit, value, f"pair_{pair}_{name}")

    def exact(stage: int, **wanted: Value) -> None:
        name = ("codes", "columns", "pair", "judged")[stage - 1]
        real = opened.view(f"lane_{pair}_{name}", unit.lane_layouts()[stage - 1])
        for part, value in wanted.items():
            properties.claim(f"pair_{pair}_{part}_in_{name}", real[part] == value)

    codes = [moving(unit.codes[2 * pair + side], f"code_{side}") for side in range(2)]
    product = moving(unit.count * settings.pair_sum[pair], "product")
    exact(1, plus=codes[0], minus=codes[1], pair_sum=product)
    plus, minus = (moving(codes[side] - unit.offsets[2 * pair + side], f"column_{side}") for side in range(2))
    fraction = geometry.fraction_bits
    expected = moving((product + (1 << (fraction - 1))) >> fraction, "expected")
    exact(2, plus=plus, minus=minus, expected=expected)
    total, difference = moving(plus + minus, "sum"), moving(plus - minus, "difference")
    plus_3, minus_3, sums = moving(plus, "plus"), moving(minus, "minus"), moving(expected, "expected_3")
    exact(3, plus=plus_3, minus=minus_3, difference=difference, excess=total - sums)
    widest = geometry.rows << len(unit.settings.peak)
    for name, value in (("product", product), ("expected", expected << fraction), ("sums", sums << fraction)):
        properties.lemma(f"pair_{pair}_{name}_is_of_its_rows", value <= widest)
    properties.lemma(f"pair_{pair}_sum_is_of_its_columns", total == plus_3 + minus_3)
    properties.lemma(f"pair_{pair}_difference_is_of_its_columns", difference == plus_3 - minus_3)
    (margin,), (high,), (reach,) = limits["margin"], limits["high"], limits["reach"]
    above, outside, plus_high, minus_high = (
        moving(value, name)
        for value, name in (
            (total > sums + margin, "above"),
            ((total > sums + margin) | (total < sums - margin), "outside"),
            (plus_3 > high, "plus_high"),
            (minus_3 > high, "minus_high"),
        )
    )
    kept, minus_larger = moving(difference, "kept"), moving(minus_3 > plus_3, "minus_larger")
    from_plus, from_minus = moving(2 * plus_3 - sums, "from_plus"), moving(sums - 2 * minus_3, "from_minus")
    exact(4, plus_high=plus_high, minus_high=minus_high, above=above, outside=outside, difference=kept)
    exact(4, from_plus=from_plus, from_minus=from_minus)
    properties.lemma(f"pair_{pair}_sign_says_which_is_larger", minus_larger == (kept < 0))
    paired, guarded, checked = (
        settings.mode == mode for mode in (RepairMode.PAIR_CHECK, RepairMode.RANGE_GUARD, RepairMode.CHECK)
    )
    hopeless = (plus_high & minus_high) | (settings.strict & ~plus_high & ~minus_high)
    larger_replaced = Mux(hopeless, 0, Mux(minus_larger, from_plus, from_minus))
    flagged, *flags = limits["flags"][0], *limits["flags"][2 * pair + 1 : 2 * pair + 3]
    sizes = [Mux(value < 0, -value, value) for value in (from_plus, from_minus)]
    possible = [size <= reach for size in sizes]
    guess = Mux(possible[0] == possible[1], 0, Mux(possible[0], from_plus, from_minus))
    by_flags = Mux(flags[0] == flags[1], Mux(flags[0], guess, kept), Mux(flags[0], from_minus, from_plus))
    faulty_replaced = Mux(flagged, by_flags, guess)
    chosen = Mux(
        paired,
        Mux(above, larger_replaced, kept),
        Mux(
            checked,
            Mux(outside, faulty_replaced, kept),
            Mux(guarded & (plus_high | minus_high), 0, kept),
        ),
    )
    selected = moving(chosen, "selected")
    properties.claim(f"pair_{pair}_selected_is_exact", opened[f"lane_{pair}_selected"] == selected)
    limited = paired | checked
    bound = limits["bound"][0]
    clamped = Mux(selected > bound, bound, Mux(selected < -bound, -bound, selected))
    out = moving(Mux(limits["silent"][0], 0, Mux(limited, clamped, selected)), "out")
    properties.claim(f"pair_{pair}_is_exact", unit.differences[pair] == out)
    # A code less an offset, and what two of them differ by, before any limit.
    full, most = 1 << bits, 3 * (1 << bits) - 2
    for name, value in (("plus", plus), ("minus", minus), ("plus_3", plus_3), ("minus_3", minus_3)):
        properties.lemma(f"pair_{pair}_{name}_is_a_column", (value >= 1 - full) & (value <= 2 * full - 1))
    for name, value in (("difference", difference), ("kept", kept)):
        properties.lemma(f"pair_{pair}_{name}_is_of_columns", (value <= most) & (-value <= most))
    properties.lemma(f"pair_{pair}_selected_is_of_columns", limited | ((selected <= most) & (-selected <= most)))
    largest = Mux(limited, limits["bound"][1], most)
    real = unit.differences[pair]
    properties.claim(f"pair_{pair}_is_no_larger_than_the_largest", (real <= largest) & (-real <= largest))
    properties.cover(f"pair_{pair}_is_repaired", paired & (out == -limits["bound"][1]) & (out < -3))
    properties.cover(
        f"pair_{pair}_is_repaired_by_a_flag",
        checked & outside & ~above & flagged & (flags[0] > flags[1]) & (from_minus < -3),
    )
    properties.cover(f"pair_{pair}_is_repaired_by_what_is_possible", checked & above & (guess > 3))
    properties.cover(f"pair_{pair}_has_its_largest", ~limited & (out == most))
