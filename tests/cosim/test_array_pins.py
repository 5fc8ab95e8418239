# SPDX-License-Identifier: BSD-3-Clause
"""The analog side of the pins without a simulator: comparators against the contract, and what the pins must not do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spintile.cosim.array_pins import AnalogSide, Comparators, PinError
from spintile.model.geometry import Geometry
from spintile.model.golden import comparator, convert

GEOMETRY = Geometry(name="pins", rows=3, cols=4, kernels=3, adc_bits=4, columns_per_adc=2)


def packed(fields: Any, bits: int) -> int:
    return sum(int(value) << (i * bits) for i, value in enumerate(fields))


@given(
    bits=st.integers(1, 12),
    fraction=st.integers(1, 12),
    data=st.data(),
)
@settings(max_examples=200, deadline=None)
def test_comparators_answer_like_the_contract(bits: int, fraction: int, data: Any) -> None:
    columns = data.draw(st.integers(1, 9))
    reach = 1 << (bits + fraction)
    sums = np.array(data.draw(st.lists(st.integers(-reach, 3 * reach), min_size=columns, max_size=columns)), np.int64)
    trials = data.draw(st.lists(st.integers(1, (1 << bits) - 1), min_size=columns, max_size=columns))
    under_test = Comparators(columns, bits, fraction)
    under_test.latch(sums)
    expected = comparator(sums, np.array(trials), fraction)
    assert under_test.answer(packed(trials, bits)) == packed(expected, 1)


@pytest.mark.parametrize("fraction", [1, 3])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_successive_approximation_gives_the_contracts_code_for_every_sum(bits: int, fraction: int) -> None:
    sums = np.arange(-3 << fraction, (1 << (bits + fraction)) + (3 << fraction), dtype=np.int64)
    under_test = Comparators(len(sums), bits, fraction)
    under_test.latch(sums)
    codes = np.zeros(len(sums), np.int64)
    for bit in reversed(range(bits)):
        answer = under_test.answer(packed(codes | (1 << bit), bits))
        codes |= np.array([answer >> i & 1 for i in range(len(sums))]) << bit
    if bits > 1:
        assert np.array_equal(codes, convert(sums, bits, fraction))
    else:
        assert np.array_equal(codes, (sums + (1 << (fraction - 1))) >> fraction >= 1)


def test_sense_amplifiers_compare_the_columns_of_a_pair() -> None:
    under_test = Comparators(5, 4, 8)
    under_test.latch(np.array([5, 5, -3, 2, 9], np.int64))
    assert under_test.answer_differential() == 0b00001


class Pin:
    def __init__(self, value: int = 0) -> None:
        self.value = value


class Pins:
    """Stands in for a design whose pins a test sets by hand; quiet at first."""

    def __init__(self) -> None:
        self.by_name: dict[str, Pin] = {}

    def __getattr__(self, name: str) -> Pin:
        return self.by_name.setdefault(name.removeprefix("array__"), Pin())

    def set(self, **levels: int) -> None:
        for name, level in levels.items():
            getattr(self, f"array__{name}").value = level


class Fixed:
    def __init__(self) -> None:
        self.seen: list[tuple[int, list[bool], int, int]] = []

    def sample(self, kernel: int, rows: np.ndarray, image: int, ordinal: int) -> np.ndarray:
        self.seen.append((kernel, rows.tolist(), image, ordinal))
        return np.array([3, 5, 900, 1], np.int64) << GEOMETRY.fraction_bits


def sampling(**changes: int) -> tuple[Pins, Fixed, AnalogSide]:
    """A design in the middle of a proper read of kernel 2 with rows 0 and 2, but for ``changes``."""
    pins, model = Pins(), Fixed()
    side = AnalogSide(pins, GEOMETRY, model, settle=1)
    side.start()
    drive = {"kernel": 2, "select": 0b100, "row_mode": 0b001_000_001, "gate": 0b1111, "tag_image": 8, "tag_ordinal": 9}
    pins.set(**(drive | {name: level for name, level in changes.items() if name in drive or name == "pulse"}))
    side.drive()
    side.observe()
    pins.set(sample=1, **{name: level for name, level in changes.items() if name not in drive})
    return pins, model, side


def test_a_sample_reaches_the_model_with_its_tags() -> None:
    _, model, side = sampling()
    side.drive()
    side.observe()
    assert model.seen == [(2, [True, False, True], 8, 9)]
    assert side.samples == 1


def test_answers_come_in_the_cycle_after_the_trial_and_then_go() -> None:
    pins, _, side = sampling()
    side.drive()
    side.observe()
    pins.set(sample=0, strobe=1, phase=0, trial=packed([4, 0, 4, 0], 4))
    side.drive()
    side.observe()
    pins.set(strobe=0)
    side.drive()
    assert pins.by_name["comparator"].value & 0b0101 == 0b0100
    side.observe()
    levels = set()
    for _ in range(40):
        pins.set(strobe=0)
        side.drive()
        levels.add(pins.by_name["comparator"].value)
        side.observe()
        side._due = True
    assert len(levels) > 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"select": 0b101}, "select must be one-hot or 0, not 0b101"),
        ({"select": 0b010}, "select must be one-hot for kernel 2 at a sample, not 0b10"),
        ({"row_mode": 0b010_000_001}, "row modes must be reference or read, not 0b10000001"),
        ({"select": 0}, "rows must be at the reference while no kernel is selected, not 0b1000001"),
        ({"col_mode": 1}, "column modes must be reference at a sample, not 0b1"),
        ({"gate": 0b0111}, "gates must all be on at a sample, not 0b111"),
        ({"pulse": 1}, "pulse must be 0 while the chip infers"),
        ({"strobe": 1, "phase": 1, "trial": 1}, "trial must be 0 for columns of other phases, not 0x1"),
    ],
)
def test_pins_that_break_the_protocol_are_named(changes: dict[str, int], sentence: str) -> None:
    with pytest.raises(PinError, match=f"^{sentence}$"):  # noqa: PT012 (the first cycle may be the wrong one)
        _, _, side = sampling(**changes)
        side.drive()
        side.observe()


def test_a_pulse_at_a_sample_is_refused() -> None:
    pins, _, side = sampling()
    pins.set(pulse=1)
    side.drive()
    with pytest.raises(PinError, match="pulse must be 0 at a sample"):
        side.observe()


def test_rows_that_have_not_settled_are_refused() -> None:
    _, _, side = sampling()
    side.settle = 3
    side.drive()
    with pytest.raises(PinError, match="rows must be driven for 3 cycles before a sample, not 1"):
        side.observe()


def test_a_sample_while_not_ready_is_refused() -> None:
    pins = Pins()
    side = AnalogSide(pins, GEOMETRY, Fixed(), stall=0.9999)
    pins.set(kernel=0, select=1, gate=0b1111, sample=1)
    side.drive()
    assert pins.by_name["ready"].value == 0
    with pytest.raises(PinError, match="sample must wait for ready"):
        side.observe()
