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
    accumulator: what ``compile_network`` demands of every layer before it makes a program.
    """
    properties = Properties(f"accumulator of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry), cut=("repair",))
    unit = opened.block
    stage = Repair.LATENCY + 1
    read = StructLayout({"plane": unit.codes.payload.plane.shape(), "first": 1, "last": 1, "tag": TAG})
    adding, shifting = opened.view(f"read_{stage}", read), opened.view(f"read_{stage - 1}", read)
    move, valid = opened["move"], opened[f"valid_{stage}"]
    lanes = ArrayLayout(signed(geometry.acc_bits), geometry.pairs)
    real_shifted, real_acc = opened.view("shifted", lanes), opened.view("acc", lanes)
    differences = opened.view("repair.differences", ArrayLayout(difference_shape(geometry), geometry.pairs))
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
            m.d.sync += shifted.eq(differences[pair] << shifting.plane)
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
    last = geometry.pairs - 1
    properties.cover("largest_sum", unit.acc.valid & (unit.acc.payload.acc[last] == most))
    properties.cover("smallest_sum", unit.acc.valid & (unit.acc.payload.acc[last] == -most))
    properties.cover("two_reads", unit.acc.valid & ~adding.first & valid)
    return properties


def repair(geometry: Geometry, block: type[Repair] = Repair) -> Properties:
    """Every register of the repair holds what the same formula gives in wide arithmetic, stage by stage.

    Registers and offsets are any constants; codes, counts and stalls are free in every cycle.
    """
    properties = Properties(f"repair of {geometry.name}")
    opened = properties.block(block(geometry))
    unit = opened.block
    properties.steady("settings", unit.settings)
    properties.steady("offsets", unit.offsets)
    properties.assume("count_is_of_rows", unit.count <= geometry.rows)
    limits = _wide_limits(properties, opened, geometry)
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
        for name in ("pair_sum", "peak", "difference", "margin_row")
    }
    for name, product in products.items():
        properties.claim(f"{name}_fits", opened[f"{name}_1"] == product)
    half = 1 << (fraction - 1)
    expected = through(_moving(m, unit, (products["pair_sum"] + half) >> fraction, "expected_in_2"), "expected", 2, 3)
    margin = _moving(m, unit, (settings.margin_base + products["margin_row"]) >> fraction, "margin_in_2")
    peak = _moving(m, unit, products["peak"] >> fraction, "peak_in_2")
    bound = through(_moving(m, unit, products["difference"] >> fraction, "bound_in_2"), "bound", 2, 6)
    sums = _moving(m, unit, expected[2] + margin, "sum_in_3")
    high = _moving(m, unit, peak + margin, "high_in_3")
    silent = through(_moving(m, unit, settings.single_bit & (unit.count == 0), "silent_in_1"), "silent", 1, 6)
    pairs = {
        "expected_2": expected[2],
        "expected_3": expected[3],
        "margin_2": margin,
        "peak_2": peak,
        "sum_limit_3": sums,
        "high_3": high,
        "lowest_5": -bound[5],
        **{f"bound_{stage}": bound[stage] for stage in range(2, 6)},
        **{f"silent_{stage}": silent[stage] for stage in range(1, 6)},
    }
    names = {"expected_3": _only(opened, "expected_3", "expected_2")}
    for name, value in pairs.items():
        real = names.get(name)
        properties.claim(f"{name}_is_exact", (opened[name] if real is None else real) == value)
    return {
        "expected": [expected[3]],
        "sum": [sums],
        "high": [high],
        "bound": [bound[5], bound[6]],
        "silent": [silent[5]],
    }


def _only(opened: Opened, *names: str) -> Signal | None:
    return next((opened[name] for name in names if name in opened.names), None)


def _wide_lane(
    properties: Properties, opened: Opened, geometry: Geometry, pair: int, limits: dict[str, list[Value]]
) -> None:
    """One pair in wide arithmetic; the real registers are claimed equal."""
    m, unit, settings = properties.module, opened.block, opened.block.settings
    bits = geometry.adc_bits

    def moving(value: Value, name: str) -> Signal:
        return _moving(m, unit, value, f"pair_{pair}_{name}")

    def exact(stage: str, layout: StructLayout, **wanted: Value) -> None:
        real = opened.view(f"lane_{pair}_{stage}", layout)
        for name, value in wanted.items():
            properties.claim(f"pair_{pair}_{name}_in_{stage}", real[name] == value)

    codes = [moving(unit.codes[2 * pair + side], f"code_{side}") for side in range(2)]
    exact("codes", StructLayout({"plus": bits, "minus": bits}), plus=codes[0], minus=codes[1])
    plus, minus = (moving(codes[side] - unit.offsets[2 * pair + side], f"column_{side}") for side in range(2))
    column = StructLayout({"plus": signed(bits + 2), "minus": signed(bits + 2)})
    exact("columns", column, plus=plus, minus=minus)
    larger, smaller = Mux(minus > plus, minus, plus), Mux(minus > plus, plus, minus)
    total, difference = moving(plus + minus, "sum"), moving(plus - minus, "difference")
    large, small, swapped = moving(larger, "large"), moving(smaller, "small"), moving(minus > plus, "swapped")
    layout = StructLayout(
        {
            "sum": signed(bits + 3),
            "difference": signed(bits + 3),
            "larger": signed(bits + 2),
            "smaller": signed(bits + 2),
            "minus_larger": 1,
        }
    )
    exact("pair", layout, sum=total, difference=difference, larger=large, smaller=small, minus_larger=swapped)
    (expected,), (sums,), (high,) = limits["expected"], limits["sum"], limits["high"]
    short, large_high, small_high = (
        moving(value, name)
        for value, name in ((total > sums, "short"), (large > high, "large_high"), (small > high, "small_high"))
    )
    kept = moving(difference, "kept")
    corrected = moving(Mux(swapped, 2 * small - expected, expected - 2 * small), "corrected")
    wide = opened[f"lane_{pair}_selected"].shape()
    judged = StructLayout(
        {"short": 1, "larger_high": 1, "smaller_high": 1, "difference": signed(bits + 3), "corrected": wide}
    )
    exact(
        "judged",
        judged,
        short=short,
        larger_high=large_high,
        smaller_high=small_high,
        difference=kept,
        corrected=corrected,
    )
    checked = settings.mode == RepairMode.PAIR_CHECK
    guarded = settings.mode == RepairMode.RANGE_GUARD
    repaired = Mux(small_high | (settings.strict & ~large_high), 0, corrected)
    chosen = Mux(checked, Mux(short, repaired, kept), Mux(guarded & large_high, 0, kept))
    selected = moving(chosen, "selected")
    properties.claim(f"pair_{pair}_selected_is_exact", opened[f"lane_{pair}_selected"] == selected)
    bound = limits["bound"][0]
    clamped = Mux(selected > bound, bound, Mux(selected < -bound, -bound, selected))
    out = moving(Mux(limits["silent"][0], 0, Mux(checked, clamped, selected)), "out")
    properties.claim(f"pair_{pair}_is_exact", unit.differences[pair] == out)
    # A code less an offset, and what two of them differ by, before any limit.
    full, most = 1 << bits, 3 * (1 << bits) - 2
    for name, value in (("plus", plus), ("minus", minus), ("large", large), ("small", small)):
        properties.claim(f"pair_{pair}_{name}_is_a_column", (value >= 1 - full) & (value <= 2 * full - 1))
    for name, value in (("difference", difference), ("kept", kept)):
        properties.claim(f"pair_{pair}_{name}_is_of_columns", (value <= most) & (-value <= most))
    properties.claim(f"pair_{pair}_selected_is_of_columns", checked | ((selected <= most) & (-selected <= most)))
    largest = Mux(checked, limits["bound"][1], most)
    real = unit.differences[pair]
    properties.claim(f"pair_{pair}_is_no_larger_than_the_largest", (real <= largest) & (-real <= largest))
    properties.cover(f"pair_{pair}_is_repaired", checked & (out == -limits["bound"][1]) & (out < -3))
    properties.cover(f"pair_{pair}_has_its_largest", ~checked & (out == most))
