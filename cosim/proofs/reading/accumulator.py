# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the accumulator: it never overflows, and of three copies the median counts."""

from __future__ import annotations

from typing import Any

from amaranth import Mux, Signal, signed, unsigned
from amaranth.lib.data import ArrayLayout, StructLayout
from spintile.model.geometry import Geometry
from spintile.rtl.accumulator import Accumulator
from spintile.rtl.repair import Repair, difference_shape
from spintile.rtl.tokens import TAG

from ...formal import Opened, Properties

__all__ = ["accumulator"]


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
        properties.lemma(f"pair_{pair}_is_within_its_budget", (acc <= spent) & (-acc <= spent) & (spent <= most))
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
    properties.lemma(f"pair_{pair}_holds_two_at_most", (held <= 2) & ((held == 0) | ~broken))
    properties.cover(f"pair_{pair}_adds_the_second_copy", third & (one < two) & (middle == two) & (added != 0))
    properties.cover(f"pair_{pair}_adds_the_third_copy", third & (one < middle) & (middle < two))
