# SPDX-License-Identifier: BSD-3-Clause
"""Write pulses at the pins: what each one is told to be, and every way in which the pins may break the protocol."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from pin_levels import ALL_GATES, FLOAT, GEOMETRY, READ, REST, WRITE_N, WRITE_P, Cycle, gated, modes, passive, watched
from spintile.cosim.array_pins import PinError
from spintile.cosim.writing.pulses import Pulse, PulseRules, PulseWatch

GATED = PulseRules(
    GEOMETRY,
    setup=2,
    widths={(True, 900): frozenset({3}), (False, 900): frozenset({3, 5}), (True, 950): frozenset({7})},
)
PASSIVE = PulseRules(GEOMETRY, setup=2, passive=True)
FLOATING = dataclasses.replace(PASSIVE, floating=True)


def test_a_pulse_is_told_with_its_lines_level_and_width() -> None:
    assert watched(PulseWatch(GATED), gated()) == [Pulse(2, 1, 0b0110, True, 900, 3)]
    assert watched(PulseWatch(GATED), gated(row=0, gate=1, width=5, mode=WRITE_N)) == [Pulse(2, 0, 1, False, 900, 5)]


def test_a_passive_pulse_is_told_by_its_columns_modes() -> None:
    assert watched(PulseWatch(PASSIVE), passive()) == [Pulse(0, 0, 0b0101, True, 700, 2)]
    assert watched(PulseWatch(FLOATING), passive(floating=True)) == [Pulse(0, 0, 0b0101, True, 700, 2, True)]


def test_lines_that_are_not_written_float_in_a_gated_pulse_too() -> None:
    rules = dataclasses.replace(GATED, floating=True)
    floats = [
        dataclasses.replace(c, row_mode=modes(FLOAT, WRITE_P, FLOAT), col_mode=modes(FLOAT, 0, 0, FLOAT))
        if c.pulse
        else c
        for c in gated()
    ]
    assert watched(PulseWatch(rules), floats) == [Pulse(2, 1, 0b0110, True, 900, 3, True)]
    with pytest.raises(PinError, match="rows that are not written must float in a pulse, and no others, not 0o20"):
        watched(PulseWatch(rules), gated())
    written = [dataclasses.replace(c, col_mode=modes(*[FLOAT] * 4)) if c.pulse else c for c in floats]
    with pytest.raises(PinError, match="columns that are not written must float in a pulse, and no others, not 0o4444"):
        watched(PulseWatch(rules), written)


def test_pulses_may_follow_each_other_after_recovery_and_setup() -> None:
    watch = PulseWatch(GATED)
    assert len(watched(watch, [*gated(), *gated(kernel=0), *gated(kernel=1, gate=0b1000)[1:]])) == 3
    assert watch.pulses == 3


def test_without_setup_a_pulse_may_come_at_once() -> None:
    watch = PulseWatch(dataclasses.replace(GATED, setup=0))
    assert len(watched(watch, [*gated(setup=0, recovery=0), *gated(setup=0, recovery=0)])) == 2


def test_reads_between_pulses_are_not_the_watchs_business() -> None:
    read = Cycle(0b100, modes(0, READ, 0), 0, ALL_GATES)
    assert len(watched(PulseWatch(GATED), [*gated()[:-1], read, read, *gated()])) == 2


def change(cycles: list[Cycle], at: int, **changes: Any) -> list[Cycle]:
    """The same cycles with some pins of one of them changed."""
    return [dataclasses.replace(cycle, **changes) if i == at else cycle for i, cycle in enumerate(cycles)]


# Of gated(): 0 rest, 1 and 2 setup, 3 to 5 pulse, 6 and 7 recovery, 8 rest.
@pytest.mark.parametrize(
    ("cycles", "said"),
    [
        (gated(setup=1), "select, gates and level must stand for 2 cycles before a pulse, not 1"),
        (change(gated(), 1, level=901), "select, gates and level must stand for 2 cycles before a pulse, not 1"),
        (change(gated(), 2, gate=0b0111), "select, gates and level must stand for 2 cycles before a pulse, not 0"),
        (change(gated(), 1, row_mode=modes(READ), level=0), "must stand for 2 cycles before a pulse, not 1"),
        (gated(recovery=1), "select, gates and level must stand for 2 cycles after a pulse, not 1"),
        (gated(recovery=0), "select, gates and level must stand for 2 cycles after a pulse, not 0"),
        (change(gated(), 7, level=0), "select, gates and level must stand for 2 cycles after a pulse, not 1"),
        (change(gated(), 6, row_mode=modes(READ)), "level must be 0 while a row is read, not 900"),
        (gated(width=4), "pulse must last at most 3 cycles at level 900, not 4"),
        (gated(width=2), "pulse must last 3 cycles at level 900, not 2"),
        (gated(width=4, mode=WRITE_N), "pulse must last 3 or 5 cycles at level 900, not 4"),
        (gated(level=901), "level must be one of the steps towards P, not 901"),
        (gated(level=950, width=7, mode=WRITE_N), "level must be one of the steps towards AP, not 950"),
        (change(gated(), 4, gate=0b0010), "pins must be stable during a pulse, not select 0b100"),
        (change(gated(), 4, level=950), "pins must be stable during a pulse"),
        (change(gated(), 4, row_mode=modes(WRITE_P)), "pins must be stable during a pulse"),
        (change(gated(), 4, pulse=0), "lines must be in a write mode, or float, only with pulse"),
        (change(gated(), 2, pulse=1), "select, gates and level must stand for 2 cycles before a pulse, not 1"),
        (change(gated(), 2, row_mode=modes(0, WRITE_P)), "lines must be in a write mode, or float, only with pulse"),
        (change(gated(), 6, row_mode=modes(FLOAT)), "lines must be in a write mode, or float, only with pulse"),
        (change(gated(), 3, row_mode=0), "exactly one row must be in a write mode during a pulse, not 0o0"),
        (change(gated(), 3, row_mode=modes(WRITE_P, WRITE_P)), "exactly one row must be in a write mode"),
        (change(gated(), 3, row_mode=modes(WRITE_P, WRITE_N)), "exactly one row must be in a write mode"),
        (change(gated(), 3, row_mode=modes(WRITE_P, READ)), "no row may be read during a pulse, not 0o12"),
        (change(gated(), 3, row_mode=modes(WRITE_P, FLOAT)), "rows that are not written must be at the reference"),
        (change(gated(), 3, col_mode=modes(WRITE_N)), "columns must be at the reference in a pulse, not 0o3"),
        (change(gated(), 3, col_mode=modes(FLOAT)), "columns that are not written must be at the reference in a pulse"),
        (change(gated(), 1, col_mode=modes(READ)), "column modes must not be read, not 0o1"),
        (change(gated(), 1, row_mode=modes(7)), "row modes must be from 0 to 4, not 0o7"),
        (gated(gate=0), "at least one gate must be on in a pulse, not none"),
        (change(gated(), 1, select=0b101), "select must be one-hot or 0, not 0b101"),
        (change(gated(), 1, select=0), "every line must rest while no kernel is selected, not select 0b0"),
        ([REST, Cycle(gate=1)], "every line must rest while no kernel is selected"),
        ([REST, Cycle(level=1)], "every line must rest while no kernel is selected"),
        ([REST, Cycle(row_mode=READ)], "every line must rest while no kernel is selected"),
    ],
)
def test_pins_that_break_the_protocol_of_gated_pulses_are_named(cycles: list[Cycle], said: str) -> None:
    with pytest.raises(PinError, match=re.escape(said)):
        watched(PulseWatch(GATED), cycles)


# Of passive(): 3 and 4 are the pulse.
@pytest.mark.parametrize(
    ("rules", "cycles", "said"),
    [
        (PASSIVE, change(passive(), 3, gate=0b0111), "must stand for 2 cycles before a pulse, not 0"),
        (PASSIVE, [dataclasses.replace(c, gate=c.gate & 1) for c in passive()], "gates must all be on in a pulse"),
        (PASSIVE, passive(columns=(0, 0, 0, 0)), "written columns must be in the mode opposite to the row's"),
        (PASSIVE, passive(columns=(WRITE_P, 0, 0, 0)), "written columns must be in the mode opposite to the row's"),
        (PASSIVE, passive(columns=(WRITE_N, WRITE_P, 0, 0)), "written columns must be in the mode opposite"),
        (PASSIVE, passive(floating=True), "rows that are not written must be at the reference in a pulse"),
        (FLOATING, passive(), "rows that are not written must float in a pulse, and no others, not 0o2"),
        (PASSIVE, passive(columns=(WRITE_N, FLOAT, 0, 0)), "columns that are not written must be at the reference"),
        (FLOATING, change(passive(floating=True), 3, col_mode=WRITE_N), "columns that are not written must float"),
        (FLOATING, change(passive(floating=True), 3, gate=0), "must stand for 2 cycles before a pulse, not 0"),
    ],
)
def test_pins_that_break_the_protocol_of_passive_pulses_are_named(
    rules: PulseRules, cycles: list[Cycle], said: str
) -> None:
    with pytest.raises(PinError, match=re.escape(said)):
        watched(PulseWatch(rules), cycles)


def test_after_an_abort_a_pulse_may_be_short_and_then_everything_must_rest() -> None:
    watch = PulseWatch(GATED)
    assert watched(watch, gated()[:4]) == []
    watch.interrupt()
    assert watched(watch, [REST]) == [Pulse(2, 1, 0b0110, True, 900, 1)]
    watch.expect_rest()
    assert watched(watch, [REST] * 3) == []
    watch.resume()
    assert len(watched(watch, gated())) == 1


@pytest.mark.parametrize("still", [gated()[3], gated()[1], Cycle(0b100), Cycle(0b100, READ, 0, ALL_GATES)])
def test_a_line_that_stays_driven_after_an_abort_is_refused(still: Cycle) -> None:
    watch = PulseWatch(GATED)
    watched(watch, [*gated()[:3], *([still] if not still.pulse else [gated()[3]])])
    watch.expect_rest()
    with pytest.raises(PinError, match="every line must rest after an abort or a reset, not select 0b100"):
        watched(watch, [still])
