# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of conversions: the codes of the contract, bit after bit and column after column."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Mux, ResetSignal, Signal, Value, signed
from spintile.model.geometry import Geometry
from spintile.rtl.column_sense import ColumnSense

from ...formal import Opened, Properties

__all__ = ["conversion", "conversion_left"]


def conversion_left(
    properties: Properties, opened: Opened, geometry: Geometry, inside: str
) -> tuple[Value, Value, Value]:
    """Cycles to the last comparator of the conversion under way, length of a whole one, and whether one goes on.

    Beside them, what is legal of the registers that walk through a conversion.
    """
    shared = geometry.columns_per_adc
    mask, last = opened[f"{inside}mask"], opened[f"{inside}last"]
    phase, last_phase = opened[f"{inside}phase"], opened[f"{inside}last_phase"]
    active, held, start = opened[f"{inside}active"], opened[f"{inside}held"], opened[f"{inside}start"]
    busy = active & ~held
    bits, trials = Signal(4, name="bits"), Signal(4, name="trials")
    column = Signal(7, name="column")
    left, length = Signal(12, name="left"), Signal(12, name="length")
    m = properties.module
    for bit in range(geometry.adc_bits):
        with m.If(start[bit]):
            m.d.comb += bits.eq(bit + 1)
        with m.If(mask[bit]):
            m.d.comb += trials.eq(bit + 1)
    m.d.comb += [
        column.eq(Mux(mask != 0, phase, last_phase)),
        length.eq(shared * (bits + 1)),
        left.eq((shared - 1 - column) * (bits + 1) + trials),
    ]
    walking = ((last == 0) & (mask == start)) | ((last != 0) & (mask == last >> 1) & (mask < start))
    properties.claim("trials_are_in_order", ~busy | (walking & (last <= start)))
    properties.claim("one_bit_is_on_trial", ((mask & (mask - 1)) == 0) & ((last & (last - 1)) == 0))
    properties.claim("no_trial_without_a_conversion", busy | ((mask == 0) & (last == 0) & (phase == 0)))
    properties.claim("held_is_a_conversion", active | ~held)
    if shared != 1 << len(phase):
        properties.claim("phases_are_columns", (phase < shared) & (last_phase < shared))
    following = Mux(mask != 0, phase == last_phase, phase == Mux(last_phase == shared - 1, 0, last_phase + 1))
    properties.claim("comparators_follow_their_column", ~busy | (last == 0) | following)
    return left, length, busy


def conversion(geometry: Geometry, block: type[ColumnSense] = ColumnSense) -> Properties:
    """The code is that of the contract for every latched sum: rounded sums of any size, of either sign."""
    properties = Properties(f"conversion of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    sense = opened.block
    pins = sense.converter
    properties.steady("adc_bits", sense.adc_bits)
    properties.assume("more_than_one_bit", sense.adc_bits != 1)
    _, _, busy = conversion_left(properties, opened, geometry, "")
    start, mask, last = opened["start"], opened["mask"], opened["last"]
    active, strobed = opened["active"], properties.past(pins.strobe)
    full_scale = Signal(geometry.adc_bits, name="full_scale")
    undecided = Signal(geometry.adc_bits + 1, name="undecided")
    m.d.comb += [
        full_scale.eq(Cat(start, 0) * 2 - 1),
        undecided.eq(Mux(last != 0, (last << 1) - 1, Mux(mask != 0, (mask << 1) - 1, 0))),
    ]
    sums: list[Any] = []
    for col in range(geometry.cols):
        rounded = properties.free(signed(geometry.adc_bits + 2), f"sum_{col}")
        latched = Signal.like(rounded, name=f"latched_{col}")
        with m.If(pins.sample):
            m.d.sync += latched.eq(rounded)
        trial = properties.past(pins.trial[col])
        here = properties.past(pins.phase) == col % geometry.columns_per_adc
        properties.assume(f"comparator_{col}_answers", ~(strobed & here) | (pins.comparator[col] == (latched >= trial)))
        target = Signal(geometry.adc_bits, name=f"target_{col}")
        m.d.comb += target.eq(Mux(latched < 0, 0, Mux(latched > full_scale, full_scale, latched)))
        phase = Mux(mask != 0, opened["phase"], opened["last_phase"])
        mine = col % geometry.columns_per_adc
        decided = Mux(~busy | (phase > mine), target, Mux(phase < mine, 0, target & ~undecided))
        properties.claim(f"code_{col}_grows_to_its_target", ~active | (opened[f"code_{col}"] == decided))
        answering = busy & (last != 0) & (opened["last_phase"] == mine)
        properties.claim(f"trial_{col}_is_answered", ~answering | (here & (trial == opened[f"code_{col}"] | last)))
        sums.append(target)
    for col, target in enumerate(sums):
        left = properties.past(opened["leave"] & ~sense.abort & ~ResetSignal())
        code, before = sense.codes.payload.codes[col], properties.past(target)
        properties.claim(f"code_{col}_is_the_contract_s", ~left | (code == before))
    properties.claim("strobe_is_a_trial", pins.strobe == (mask != 0))
    properties.claim("comparators_answer_the_strobe", ~busy | (last == 0) | strobed)
    properties.cover("largest_code", sense.codes.valid & (sense.codes.payload.codes[0] == (1 << geometry.adc_bits) - 1))
    properties.cover("middle_code", sense.codes.valid & (sense.codes.payload.codes[-1] == 1))
    return properties
