# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the arithmetic: no register of repair or accumulator is ever too narrow."""

from __future__ import annotations

from typing import Any

from amaranth import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib.data import ArrayLayout, StructLayout
from spintile.cosim.formal import Opened, Properties
from spintile.model.geometry import Geometry
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.repair import Repair, difference_shape
from spintile.rtl.tokens import TAG, RepairMode

__all__ = ["accumulator", "repair"]


def accumulator(geometry: Geometry, block: type[Accumulator] = Accumulator) -> Properties:
    """Accumulators equal wide ones as long as the program keeps its budget, whatever the repair hands over.

    The budget of an accumulation is the sum of ``2^plane * |difference|`` over its reads. It must fit in a signed
    accumulator: what ``compile_network`` demands of every layer before it makes a program. Of three copies only the
    median counts, and it is one of the three.
    """
    properties = Properties(f"accumulator of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry), cut=("repair",))
    unit = opened.block
    adding, shifting, _ = _reads(opened)
    move, valid = opened["move"], opened[f"valid_{Repair.LATENCY + 2}"]
    lanes = ArrayLayout(signed(geometry.acc_bits), geometry.pairs)
    real_shifted, real_acc = opened.view("shifted", lanes), opened.view("acc", lanes)
    added = opened.view("added", ArrayLayout(difference_shape(geometry), geometry.pairs))
    most = (1 << (geometry.acc_bits - 1)) - 1
    wide = signed(difference_shape(geometry).width + 20)
    for pair in range(geometry.pairs):
        shifted, acc, out, total = (Signal(wide, name=f"{name}_{pair}") for name in ("wide", "acc", "out", "total"))
        spent, budget, size = (
            Signal(unsigned(wide.width), name=f"{name}_{pair}") for name in ("spent", "budget", "size")
        )
        m.d.comb += [
            size.eq(Mux(shifted < 0, -shifted, shifted)),
            total.eq(Mux(adding.first, 0, acc) + shifted),
            budget.eq(Mux(adding.first, 0, spent) + size),
        ]
        with m.If(move):
            m.d.sync += shifted.eq(added[pair] << shifting.plane)
            with m.If(valid):
                m.d.sync += [acc.eq(total), spent.eq(budget)]
                with m.If(adding.last):
                    m.d.sync += out.eq(total)
        properties.assume(f"pair_{pair}_keeps_its_budget", ~valid | (budget <= most))
        properties.claim(f"pair_{pair}_is_exact", real_acc[pair] == acc)
        properties.claim(
            f"pair_{pair}_shifts_its_low_bits", real_shifted[pair].as_unsigned() == shifted[: geometry.acc_bits]
        )
        properties.claim(f"pair_{pair}_is_within_its_budget", (acc <= spent) & (-acc <= spent) & (spent <= most))
        properties.claim(f"pair_{pair}_is_handed_over_exact", ~unit.acc.valid | (unit.acc.payload.acc[pair] == out))
        _copies(properties, opened, geometry, pair)
    last = geometry.pairs - 1
    properties.cover("largest_sum", unit.acc.valid & (unit.acc.payload.acc[last] == most))
    properties.cover("smallest_sum", unit.acc.valid & (unit.acc.payload.acc[last] == -most))
    properties.cover("two_reads", unit.acc.valid & ~adding.first & valid)
    return properties


def _reads(opened: Opened) -> list[Any]:
    """What reads take along: those whose shifted, added and repaired differences are in the registers."""
    payload = opened.block.codes.payload
    read = StructLayout(
        {"plane": payload.plane.shape(), "first": 1, "last": 1, "replica": payload.replica.shape(), "tag": TAG}
    )
    return [opened.view(f"read_{Repair.LATENCY + stage}", read) for stage in (2, 1, 0)]


def _copies(properties: Properties, opened: Opened, geometry: Geometry, pair: int) -> None:
    """What a read adds: its difference, nothing, or the median of three copies read one after the other."""
    m = properties.module
    lanes = ArrayLayout(difference_shape(geometry), geometry.pairs)
    difference, added, low, high = (
        opened.view(name, lanes)[pair] for name in ("repair.differences", "added", "low", "high")
    )
    *_, read = _reads(opened)
    one, two, middle = (Signal(difference_shape(geometry), name=f"{name}_{pair}") for name in ("one", "two", "middle"))
    held = Signal(2, name=f"held_{pair}")  # copies 1 .. held are the last reads of this accumulation
    broken = Signal(name=f"broken_{pair}")  # the last reads are copies, but not in order
    alone, nothing, third = (Signal(name=f"{name}_{pair}") for name in ("alone", "nothing", "third"))
    with m.If(opened["move"]):
        m.d.sync += [alone.eq(0), nothing.eq(0), third.eq(0)]
        with m.If(opened[f"valid_{Repair.LATENCY}"]):
            m.d.sync += [
                alone.eq(read.replica == 0),
                nothing.eq((read.replica == 1) | (read.replica == 2)),
                third.eq((read.replica == 3) & (held == 2)),
                held.eq(0),
                broken.eq(0),
            ]
            m.d.sync += middle.eq(difference)
            with m.If(read.replica == 3):
                least, most = Mux(one < two, one, two), Mux(one < two, two, one)
                upper = Mux(most < difference, most, difference)
                m.d.sync += middle.eq(Mux(least > upper, least, upper))
            with m.If(~read.last & (read.replica == 1)):
                m.d.sync += [held.eq(1), one.eq(difference)]
            with m.If(~read.last & (read.replica == 2)):
                m.d.sync += [held.eq(Mux(held == 1, 2, 0)), broken.eq(held != 1), two.eq(difference)]
    with m.If(opened.block.abort):
        m.d.sync += [held.eq(0), broken.eq(0)]
    properties.claim(f"pair_{pair}_adds_its_difference", ~alone | (added == middle))
    properties.claim(f"pair_{pair}_waits_for_its_copies", ~nothing | (added == 0))
    properties.claim(f"pair_{pair}_adds_the_median", ~third | (added == middle))
    properties.claim(f"pair_{pair}_forgets_its_copies", (held != 0) | broken | ((low == 0) & (high == 0)))
    properties.claim(f"pair_{pair}_holds_one_copy", (held != 1) | ((low == one) & (high == one)))
    ordered = Mux(one < two, (low == one) & (high == two), (low == two) & (high == one))
    properties.claim(f"pair_{pair}_holds_two_copies", (held != 2) | ordered)
    properties.claim(f"pair_{pair}_holds_two_at_most", (held <= 2) & ((held == 0) | ~broken))
    properties.cover(f"pair_{pair}_adds_the_second_copy", third & (one < two) & (middle == two) & (added != 0))
    properties.cover(f"pair_{pair}_adds_the_third_copy", third & (one < middle) & (middle < two))


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
        properties.claim(f"pair_{pair}_{name}_is_of_its_rows", value <= widest)
    properties.claim(f"pair_{pair}_sum_is_of_its_columns", total == plus_3 + minus_3)
    properties.claim(f"pair_{pair}_difference_is_of_its_columns", difference == plus_3 - minus_3)
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
    properties.claim(f"pair_{pair}_sign_says_which_is_larger", minus_larger == (kept < 0))
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
        properties.claim(f"pair_{pair}_{name}_is_a_column", (value >= 1 - full) & (value <= 2 * full - 1))
    for name, value in (("difference", difference), ("kept", kept)):
        properties.claim(f"pair_{pair}_{name}_is_of_columns", (value <= most) & (-value <= most))
    properties.claim(f"pair_{pair}_selected_is_of_columns", limited | ((selected <= most) & (-selected <= most)))
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
