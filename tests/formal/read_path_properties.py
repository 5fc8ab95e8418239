# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the read path: pins, conversions, and codes for every accepted read, in time and in order."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, Module, Mux, ResetSignal, Signal, Value, signed
from row_driver_properties import at_rest, one_kernel, safe_read_lines
from spintile.cosim.formal import Opened, Properties
from spintile.model.geometry import Geometry
from spintile.rtl.column_sense import ColumnSense
from spintile.rtl.read_path import ReadPath
from spintile.rtl.tokens import driven_token, rows_token

__all__ = ["conversion", "read_path", "read_progress"]

_WAIT_BITS = 4


def read_path(geometry: Geometry, block: type[ReadPath] = ReadPath) -> Properties:
    """Pins, order and content; ``SETTLE`` and ``ADC_BITS`` are any constants, no write pulse is under way."""
    properties = Properties(f"read path of {geometry.name}")
    opened = _without_pulses(properties, geometry, block)
    path = opened.block
    array, abort = path.array, path.abort
    stopped = properties.past(abort | ResetSignal(), init=1)
    left, _, busy = _conversion_left(properties, opened, geometry, "column_sense.")

    driving, waits = opened["row_driver.driving"], opened["row_driver.waits"]
    active, full = opened["column_sense.active"], path.codes.valid
    properties.claim("one_kernel", one_kernel(array.select))
    properties.claim("never_a_write_drive", safe_read_lines(array) & ~array.pulse)
    properties.claim("rest_after_abort_and_reset", ~stopped | (at_rest(array) & ~full & ~path.busy))
    properties.claim("at_rest_unless_a_read_is_driven", driving | at_rest(array))
    properties.claim("sampled_only_while_driven", ~array.sample | driving)
    properties.claim("sampled_only_when_ready", ~array.sample | array.ready)
    properties.claim("one_conversion_at_a_time", ~array.sample | ~busy | (left == 0))
    properties.claim("idle_means_empty", ~path.idle | (~driving & ~waits & ~active & ~full))
    properties.claim("waits_only_behind_a_driven_read", driving | ~waits)
    _followed(properties, opened, geometry)

    properties.cover("sample_of_the_last_kernel", array.sample & array.select[-1])
    properties.cover("everything_full", driving & waits & active & full)
    properties.cover("codes_held_back", opened["column_sense.held"] & full)
    properties.cover("conversion_to_the_end", full & (path.adc_bits == geometry.adc_bits))
    properties.cover("abort_in_a_conversion", abort & busy & waits)
    return properties


def read_progress(geometry: Geometry, block: type[ReadPath] = ReadPath) -> Properties:
    """Codes keep coming; the two longest waits of the surroundings are any constants up to 15 cycles."""
    properties = Properties(f"progress of the read path of {geometry.name}")
    opened = _without_pulses(properties, geometry, block)
    left, length, _ = _conversion_left(properties, opened, geometry, "column_sense.")
    driving = opened["row_driver.driving"]
    properties.claim("waits_only_behind_a_driven_read", driving | ~opened["row_driver.waits"])
    properties.claim("settling_is_short", ~driving | (opened["row_driver.remaining"] <= opened.block.settle))
    _deliveries(properties, opened, geometry, left, length)
    return properties


def _without_pulses(properties: Properties, geometry: Geometry, block: type[ReadPath]) -> Opened:
    opened = properties.block(block(geometry))
    path = opened.block
    properties.steady("settle", path.settle)
    properties.steady("adc_bits", path.adc_bits)
    properties.assume("no_write_pulse", ~path.write.claim & ~path.write.active & ~path.write.pulse)
    return opened


def _conversion_left(
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
    properties.claim("phases_are_columns", (phase < shared) & (last_phase < shared))
    following = Mux(mask != 0, phase == last_phase, phase == Mux(last_phase == shared - 1, 0, last_phase + 1))
    properties.claim("comparators_follow_their_column", ~busy | (last == 0) | following)
    return left, length, busy


def _deliveries(properties: Properties, opened: Opened, geometry: Geometry, left: Value, length: Value) -> None:
    """Codes are handed over within a bound while any read is inside."""
    m = properties.module
    path = opened.block
    longest_ready = properties.constant(_WAIT_BITS, "longest_ready_wait")
    longest_codes = properties.constant(_WAIT_BITS, "longest_codes_wait")
    ready_wait = _low_for(properties, m, "array_ready", path.array.ready, longest_ready)
    codes_wait = _low_for(properties, m, "codes_ready", path.codes.ready, longest_codes)

    driving, remaining = opened["row_driver.driving"], opened["row_driver.remaining"]
    active, held, full = opened["column_sense.active"], opened["column_sense.held"], path.codes.valid
    occupied = driving | active | full
    bound, rank = Signal(12, name="bound"), Signal(12, name="rank")
    m.d.comb += bound.eq(path.settle + longest_ready + 1 + length + longest_codes)
    with m.If(full):
        m.d.comb += rank.eq(longest_codes - codes_wait)
    with m.Elif(active):
        m.d.comb += rank.eq(Mux(held, 0, left) + 1 + longest_codes)
    with m.Else():
        waiting = Mux(remaining != 0, longest_ready, longest_ready - ready_wait)
        m.d.comb += rank.eq(remaining + waiting + 1 + length + longest_codes)
    handed = full & path.codes.ready
    goes_on = occupied & properties.past(occupied & ~handed & ~path.abort & ~ResetSignal())
    properties.claim("the_rank_goes_down", ~goes_on | (rank < properties.past(rank)))
    properties.claim("the_rank_is_within_the_bound", ~occupied | (rank <= bound))
    properties.cover("the_longest_wait", handed & (codes_wait == 2) & (longest_codes == 2))


def _low_for(properties: Properties, m: Module, name: str, value: Value, longest: Value) -> Signal:
    """Assume that a ready is never low for more than ``longest`` cycles in a row; cycles that it has been low."""
    low = Signal(_WAIT_BITS + 1, name=f"{name}_low", reset_less=True)
    m.d.sync += low.eq(Mux(value, 0, low + 1))
    properties.assume(f"{name}_comes_in_time", value | (low < longest))
    properties.claim(f"{name}_wait_is_counted", low <= longest)
    return low


def _followed(properties: Properties, opened: Opened, geometry: Geometry) -> None:
    """Any one accepted read is followed to its codes: in order, unchanged, the fourth to leave at the latest."""
    m = properties.module
    path = opened.block
    mark = properties.free(1, "mark")
    followed = Signal(rows_token(geometry))
    place = Signal(3, name="place")  # 1 waiting, 2 driven, 3 in conversion, 4 codes out
    passed = Signal(3, name="passed")  # reads before it whose codes went first
    driving, waits = opened["row_driver.driving"], opened["row_driver.waits"]
    active, full, leave = opened["column_sense.active"], path.codes.valid, opened["column_sense.leave"]
    sample, handed = path.array.sample, full & path.codes.ready
    accepted = path.rows.valid & path.rows.ready & ~path.abort
    with m.If((place == 0) & accepted & mark):
        m.d.sync += [followed.eq(path.rows.payload), place.eq(Mux(driving & ~sample, 1, 2)), passed.eq(0)]
    with m.If((place != 0) & handed):
        m.d.sync += passed.eq(passed + 1)
    with m.If(((place == 1) & sample) | ((place == 2) & sample) | ((place == 3) & leave)):
        m.d.sync += place.eq(place + 1)
    with m.If(((place == 4) & handed) | path.abort):
        m.d.sync += place.eq(0)

    tokens = {
        1: opened.view("row_driver.waiting", rows_token(geometry)),
        2: opened.view("row_driver.driven", rows_token(geometry)),
        3: opened.view("column_sense.sampled", driven_token(geometry)),
        4: path.codes.payload,
    }
    occupied = {1: waits, 2: driving, 3: active, 4: full}
    for number, token in tokens.items():
        same = Value.cast(1)
        for name in set(token.shape().members) & set(followed.shape().members):
            same &= Value.cast(token[name]) == Value.cast(followed[name])
        properties.claim(f"place_{number}_keeps_the_read", (place != number) | (occupied[number] & same))
    properties.claim("four_places", place <= 4)
    ahead = Signal(3, name="ahead")
    with m.Switch(place):
        with m.Case(1):
            m.d.comb += ahead.eq(driving + active + full)
        with m.Case(2):
            m.d.comb += ahead.eq(active + full)
        with m.Case(3):
            m.d.comb += ahead.eq(full)
    properties.claim("at_most_three_go_first", (place == 0) | (passed + ahead <= 3))
    properties.cover("followed_to_its_codes", (place == 4) & handed & (passed == 3))


def conversion(geometry: Geometry, block: type[ColumnSense] = ColumnSense) -> Properties:
    """The code is that of the contract for every latched sum: rounded sums of any size, of either sign."""
    properties = Properties(f"conversion of {geometry.name}")
    m = properties.module
    opened = properties.block(block(geometry))
    sense = opened.block
    pins = sense.converter
    properties.steady("adc_bits", sense.adc_bits)
    properties.assume("more_than_one_bit", sense.adc_bits != 1)
    _, _, busy = _conversion_left(properties, opened, geometry, "")
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
