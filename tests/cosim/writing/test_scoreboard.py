# SPDX-License-Identifier: BSD-3-Clause
"""Comparison of report words: counts, and the first difference told with its place and its field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spintile.cosim.writing.scoreboard import Comparison, Difference
from spintile.model.geometry import REPORT_WORD, pack


def word(**fields: int) -> int:
    zero = dict.fromkeys(REPORT_WORD, 0)
    return pack(REPORT_WORD, **(zero | {"kernel": 3, "row": 4, "col": 5, "stage": 0x81, "value": -7} | fields))


def stream(*words: int) -> np.ndarray:
    return np.array(words, np.uint64)


def test_equal_streams_are_counted_and_nothing_is_told() -> None:
    found = Comparison()
    found.words(2, 1, stream(word(), word(col=6)), stream(word(), word(col=6)))
    assert (found.total, found.total_mismatches, found.first) == (2, 0, None)


@pytest.mark.parametrize(
    ("changes", "field", "expected", "got"),
    [
        ({"value": 9}, "value", -7, 9),
        ({"outcome": 3}, "outcome", 0, 3),
        ({"first_ok": 1}, "first_ok", 0, 1),
        ({"pulses": 2, "outcome": 1}, "outcome", 0, 1),
        ({"pulses": 2}, "pulses", 0, 2),
        ({"target": 1, "value": 0}, "target", 0, 1),
        ({"col": 6, "value": 1}, "col", 5, 6),
        ({"kind": 2, "stage": 0}, "kind", 0, 2),
    ],
)
def test_the_field_that_differs_is_told(changes: dict[str, int], field: str, expected: int, got: int) -> None:
    found = Comparison()
    times = np.array([10.0, 20.0])
    found.words(9, 1, stream(word(row=1), word()), stream(word(row=1), word(**changes)), times)
    assert found.first == Difference(9, 1, 3, 4, 5, 0x81, field, expected, got, 1, 20.0)
    assert found.mismatches["words"] == 1


def test_the_message_names_everything() -> None:
    found = Comparison()
    found.words(9, 1, stream(word()), stream(word(outcome=2)), [40.0])
    told = "report: die 9, command 1, kernel 3, row 4, column 5, stage 0x81: outcome must be 0, not 2 at 40 ns"
    assert str(found.first) == told
    assert found.first is not None
    assert found.first.as_dict()["message"] == told


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (stream(word(), word(col=6)), stream(word()), "stage 0x81: word 1 is missing"),
        (stream(word()), stream(word(), word(col=6)), "stage 0x81: word 1 was not expected at 2 ns"),
        (stream(word()), stream(), "stage 0x81: word 0 is missing"),
    ],
)
def test_words_that_are_missing_or_too_many_are_told(expected: Any, got: Any, said: str) -> None:
    found = Comparison()
    found.words(0, 0, expected, got, [1.0, 2.0][: len(got)])
    assert found.mismatches["words"] == 1
    assert str(found.first).endswith(said)


def test_bits_that_belong_to_no_field_are_compared_too() -> None:
    found = Comparison()
    found.words(0, 0, stream(word()), stream(word() | 1 << 63))
    assert found.first is not None
    assert found.first.field == "bits"


def test_only_the_first_difference_is_kept_and_all_are_counted() -> None:
    found = Comparison()
    found.words(0, 0, stream(word(), word(), word()), stream(word(value=1), word(), word(value=2), word()))
    found.counter(0, 0, "failed", 3, 4)
    found.counter(0, 0, "pulses", 5, 5)
    assert found.first is not None
    assert (found.first.field, found.first.word) == ("value", 0)
    assert found.mismatches == {"words": 3, "counters": 1, "states": 0}
    assert found.compared == {"words": 3, "counters": 2, "states": 0}


def test_a_counter_that_differs_is_told() -> None:
    found = Comparison()
    found.counter(7, 2, "pulses", 5, 6)
    assert str(found.first) == "report: die 7, command 2: pulses must be 5, not 6"


def test_a_state_that_differs_is_told_with_its_cell() -> None:
    found = Comparison()
    expected = np.zeros((2, 3, 4), np.bool_)
    got = expected.copy()
    got[1, 2, 3] = got[1, 2, 2] = True
    found.states(7, 2, expected, got)
    assert str(found.first) == "report: die 7, command 2, kernel 1, row 2, column 2: state must be 0, not 1"
    assert found.mismatches["states"] == 2
    assert found.compared["states"] == 24
