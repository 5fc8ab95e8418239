# SPDX-License-Identifier: BSD-3-Clause
"""The analog side under pulses, without a simulator: what a pulse does depends on the pins alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from pin_levels import ALL_GATES, GEOMETRY, READ, REST, WRITE_N, Cycle, gated, modes, passive
from spintile.cosim.array_pins import PinError
from spintile.cosim.writing.analog_side import WritingSide
from spintile.cosim.writing.pulses import PulseRules
from test_array_pins import Pins

RULES = PulseRules(GEOMETRY, setup=2)
READING = Cycle(0b100, modes(0, READ, 0), 0, ALL_GATES)


class Listed:
    """Keeps what it is asked and given."""

    def __init__(self) -> None:
        self.pulses: list[tuple[Any, ...]] = []
        self.samples: list[tuple[Any, ...]] = []

    def pulse(
        self, kernel: int, rows: np.ndarray, cols: np.ndarray, toward_p: bool, volts: float, width_ns: float
    ) -> None:
        self.pulses.append((kernel, rows.tolist(), cols.tolist(), toward_p, volts, width_ns))

    def sample(self, kernel: int, rows: np.ndarray, image: int, ordinal: int) -> np.ndarray:
        self.samples.append((kernel, rows.tolist(), image, ordinal, len(self.pulses)))
        return np.array([5, 900, 3, 1], np.int64) << GEOMETRY.fraction_bits


def side(rules: PulseRules = RULES, **settings: Any) -> tuple[Pins, Listed, WritingSide]:
    pins, model = Pins(), Listed()
    return pins, model, WritingSide(pins, GEOMETRY, model, rules, dac_step=2.0**-10, clock_period=10.0, **settings)


def run(pins: Pins, under_test: WritingSide, cycles: list[Cycle], **others: int) -> None:
    for cycle in cycles:
        under_test.drive()
        names = ("select", "row_mode", "col_mode", "gate", "level", "pulse")
        pins.set(**dict(zip(names, cycle.pins, strict=True)), kernel=max(0, cycle.select.bit_length() - 1), **others)
        under_test.observe()


def test_a_pulse_reaches_the_array_when_it_has_ended() -> None:
    pins, model, under_test = side()
    run(pins, under_test, gated(level=900, width=3)[:6])
    assert model.pulses == []
    run(pins, under_test, gated(level=900, width=3)[6:])
    assert model.pulses == [(2, [False, True, False], [False, True, True, False], True, 900 / 1024, 30.0)]
    assert under_test.pulses == 1


def test_volts_and_width_are_those_of_the_pins() -> None:
    pins, model, under_test = side()
    run(pins, under_test, gated(level=1234, width=7, row=0, gate=1, kernel=0, mode=WRITE_N))
    assert model.pulses == [(0, [True, False, False], [True, False, False, False], False, 1234 / 1024, 70.0)]


def test_columns_of_a_passive_pulse_are_those_in_the_opposite_mode() -> None:
    pins, model, under_test = side(PulseRules(GEOMETRY, setup=2, passive=True))
    run(pins, under_test, passive())
    assert model.pulses == [(0, [True, False, False], [True, False, True, False], True, 700 / 1024, 20.0)]


def test_reads_see_what_came_before_them() -> None:
    pins, model, under_test = side(settle=1)
    run(pins, under_test, [*gated(), READING, READING])
    run(pins, under_test, [READING], sample=1, tag_image=77, tag_ordinal=88)
    assert model.samples == [(2, [False, True, False], 77, 88, 1)]
    assert under_test.samples == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row_mode": modes(READ, READ)}, "at most one row may be read while the host does not infer, not 0o11"),
        ({"gate": 0b0111}, "gates must all be on at a sample, not 0b111"),
        ({"select": 0b010}, "select must be one-hot for kernel 2 at a sample, not 0b10"),
    ],
)
def test_a_maintenance_read_that_breaks_the_protocol_is_named(changes: dict[str, int], said: str) -> None:
    pins, _, under_test = side()
    pins.set(select=0b100, row_mode=modes(0, READ), gate=ALL_GATES, kernel=2, sample=1)
    pins.set(**changes)
    under_test.drive()
    with pytest.raises(PinError, match=re.escape(said)):
        under_test.observe()


def test_a_read_must_settle_after_a_pulse_too() -> None:
    pins, _, under_test = side(settle=2)
    run(pins, under_test, gated())
    with pytest.raises(PinError, match="rows must be driven for 2 cycles before a sample, not 0"):
        run(pins, under_test, [READING], sample=1)


def test_the_rules_of_pulses_are_watched() -> None:
    pins, model, under_test = side()
    with pytest.raises(PinError, match="must stand for 2 cycles before a pulse, not 1"):
        run(pins, under_test, gated(setup=1))
    assert model.pulses == []


@pytest.mark.parametrize("level", [0, 1])
def test_a_stuck_comparator_answers_the_same_whatever_the_trial(level: int) -> None:
    pins, _, under_test = side()
    under_test.stuck = (1 - level, level)  # of column 1, far above every trial, or of column 0, far below
    run(pins, under_test, [READING])
    run(pins, under_test, [READING], sample=1)
    run(pins, under_test, [READING], sample=0, strobe=1, trial=sum(8 << (4 * col) for col in range(4)))
    under_test.drive()
    answer = pins.by_name["comparator"].value
    assert answer == (0b0011 if level else 0b0000)


def test_an_array_without_pulses_is_left_alone() -> None:
    pins, model, under_test = side()
    under_test.model = type("Sampled", (), {"sample": model.sample})()
    run(pins, under_test, gated())
    assert under_test.pulses == 1


def test_pins_are_read_only_when_a_change_is_told_of() -> None:
    pins, model, under_test = side(settle=1)
    under_test.told = True
    for cycle in gated():
        under_test.changed = True
        run(pins, under_test, [cycle])
    run(pins, under_test, [READING])
    assert model.pulses
    assert under_test.watch._last == REST.pins
    under_test.changed = True
    run(pins, under_test, [READING, READING])
    assert under_test.watch._last == READING.pins


def test_a_change_that_nobody_told_of_is_an_error_at_the_next_sample() -> None:
    pins, _, under_test = side()
    under_test.told = True
    run(pins, under_test, [REST])
    with pytest.raises(RuntimeError, match="the simulator must tell of every change of the array's pins, and has not"):
        run(pins, under_test, [READING], sample=1)
