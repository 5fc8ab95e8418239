# SPDX-License-Identifier: BSD-3-Clause
"""What is claimed of the read path: pins, conversions, and codes for every accepted read, in time and in order."""

from __future__ import annotations

from amaranth import Module, Mux, ResetSignal, Signal, Value
from spintile.model.geometry import Geometry
from spintile.rtl.read_path import ReadPath
from spintile.rtl.tokens import driven_token, rows_token

from ...formal import Opened, Properties
from ..lines import at_rest, one_kernel, safe_read_lines
from .conversion import conversion_left

__all__ = ["read_path", "read_progress"]

_WAIT_BITS = 4


def read_path(geometry: Geometry, block: type[ReadPath] = ReadPath) -> Properties:
    """Pins, order and content; ``SETTLE`` and ``ADC_BITS`` are any constants, no write pulse is under way."""
    properties = Properties(f"read path of {geometry.name}")
    opened = _without_pulses(properties, geometry, block)
    path = opened.block
    array, abort = path.array, path.abort | path.error
    stopped = properties.past(abort | ResetSignal(), init=1)
    left, _, busy = conversion_left(properties, opened, geometry, "column_sense.")

    driving, waits = opened["row_driver.driving"], opened["row_driver.waits"]
    active, full = opened["column_sense.active"], path.codes.valid
    properties.claim("one_kernel", one_kernel(array.select))
    properties.claim("never_a_write_drive", safe_read_lines(array) & ~array.pulse)
    properties.claim("rest_after_abort_and_reset", ~stopped | (at_rest(array) & ~full & ~path.busy))
    properties.claim("at_rest_unless_a_read_is_driven", driving | at_rest(array))
    properties.claim("sampled_only_while_driven", ~path.sampled | driving)
    properties.claim("the_array_is_sampled_if_ready", array.sample == (path.sampled & array.ready))
    properties.claim("sampled_only_when_ready", ~path.sampled | array.ready | path.test.loop_back)
    properties.claim("one_conversion_at_a_time", ~path.sampled | ~busy | (left == 0))
    properties.claim("idle_means_empty", ~path.idle | (~driving & ~waits & ~active & ~full))
    properties.claim("waits_only_behind_a_driven_read", driving | ~waits)
    _followed(properties, opened, geometry)

    properties.cover("sample_of_the_last_kernel", array.sample & array.select[-1])
    properties.cover("everything_full", driving & waits & active & full)
    properties.cover("codes_held_back", opened["column_sense.held"] & full)
    properties.cover("conversion_to_the_end", full & (path.adc_bits == geometry.adc_bits))
    properties.cover("abort_in_a_conversion", path.abort & busy & waits)
    properties.cover("given_up", path.error & waits)
    properties.cover(
        "codes_without_an_array", full & (path.codes.payload.codes[0] == 1) & properties.past(~array.ready)
    )
    return properties


def read_progress(geometry: Geometry, block: type[ReadPath] = ReadPath) -> Properties:
    """Codes keep coming; the two longest waits of the surroundings are any constants up to 15 cycles."""
    properties = Properties(f"progress of the read path of {geometry.name}")
    opened = _without_pulses(properties, geometry, block)
    left, length, _ = conversion_left(properties, opened, geometry, "column_sense.")
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
    properties.steady("ready_limit", path.ready_limit)
    properties.steady("test", path.test)
    properties.assume("no_write_pulse", ~path.write.claim & ~path.write.active & ~path.write.pulse)
    return opened


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
    properties.lemma(f"{name}_wait_is_counted", low <= longest)
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
    sample, handed = path.sampled, full & path.codes.ready
    abort = path.abort | path.error
    accepted = path.rows.valid & path.rows.ready & ~abort
    with m.If((place == 0) & accepted & mark):
        m.d.sync += [followed.eq(path.rows.payload), place.eq(Mux(driving & ~sample, 1, 2)), passed.eq(0)]
    with m.If((place != 0) & handed):
        m.d.sync += passed.eq(passed + 1)
    with m.If(((place == 1) & sample) | ((place == 2) & sample) | ((place == 3) & leave)):
        m.d.sync += place.eq(place + 1)
    with m.If(((place == 4) & handed) | abort):
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
    properties.lemma("four_places", place <= 4)
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
