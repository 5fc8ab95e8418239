# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from small_write_chips import dies_of, small
from spintile.model.geometry import REPORT_WORD, Outcome, ReportKind, pack, unpack
from spintile.model.programming import Report, decode_words, encode_words, first_pass, last_pass, make_array, program

CHIP = small(passes=2, levels_p=(1000,), levels_ap=(1100,), widths=(1,))


@pytest.fixture(scope="module")
def report() -> Report:
    return program(make_array(CHIP, dies_of(CHIP), 1), CHIP, "characterise")


def test_words_are_those_of_the_field_table() -> None:
    rng = np.random.default_rng(1)
    fields = {name: rng.integers(*field.limits, 200, endpoint=True) for name, field in REPORT_WORD.items()}
    words = encode_words(**fields)
    for at in range(200):
        one = {name: int(values[at]) for name, values in fields.items()}
        assert int(words[at]) == pack(REPORT_WORD, **one)
        assert unpack(REPORT_WORD, int(words[at])) == one
    decoded = decode_words(words)
    assert all(np.array_equal(decoded[name], fields[name]) for name in fields)


def test_a_bit_that_is_moved_changes_what_is_decoded() -> None:
    word = encode_words(value=-3, col=5)
    for bit in range(61):
        changed = np.atleast_1d(word ^ np.uint64(1 << bit))
        assert decode_words(changed) != decode_words(np.atleast_1d(word))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": 1 << 19}, r"^report word: value must be from -524288 to 524287, not 524288$"),
        ({"row": -1}, r"^report word: row must be from 0 to 63, not -1$"),
        ({"line": 0}, r"^report word: fields must be among value, col, .*, not 'line'$"),
    ],
)
def test_values_that_do_not_fit_are_named(fields: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        encode_words(**fields)


def test_a_report_made_of_its_words_is_the_same_report(report: Report) -> None:
    again = Report.from_words([report.words(die).tolist() for die in range(3)], CHIP)
    assert all(np.array_equal(again.words(die), report.words(die)) for die in range(3))
    assert np.array_equal(again.failed, report.failed)
    assert again.pulses is None
    by_die = Report.from_words({die: report.words(die) for die in (1, 0)}, CHIP)
    assert np.array_equal(by_die.words(1), report.words(1))


def test_words_of_another_chip_are_refused(report: Report) -> None:
    words = report.words(0).copy()
    words[7] |= np.uint64(2 << REPORT_WORD["kernel"].low)
    with pytest.raises(ValueError, match=r"^report: kernel must be from 0 to 1, not \d+ \(die 0, word 7\)$"):
        Report.from_words([words], CHIP)
    with pytest.raises(ValueError, match=r"^report word: bits from 61 up must be 0, not 0x"):
        Report.from_words([[1 << 62]], CHIP)


def test_failed_cells_are_those_of_the_last_pass_of_both_programs(report: Report) -> None:
    for die in range(3):
        expected = 0
        for kernel in range(2):
            for base in (0x00, 0x80):
                words = [unpack(REPORT_WORD, int(word)) for word in report.words(die)]
                here = [w for w in words if w["kernel"] == kernel and w["kind"] == 0 and w["stage"] & 0x80 == base]
                last = max(w["stage"] for w in here)
                expected += sum(w["outcome"] != Outcome.OK for w in here if w["stage"] == last)
        assert report.failed[die] == expected
    assert report.failed.sum() > 0


def test_first_and_last_passes_hold_every_cell_once_per_program(report: Report) -> None:
    table = report.decode()
    cells = 3 * 2 * 2 * 4 * 5
    assert first_pass(table).die.size == last_pass(table).die.size == cells
    assert table.of_kind(ReportKind.READ).die.size == cells
    assert table.of_kind(ReportKind.REFERENCE).die.size == 3 * 2 * 2 * 5


def test_no_words_are_a_report_too() -> None:
    report = Report.from_words([[], []], CHIP)
    assert report.failed.tolist() == [0, 0]
    assert report.decode().die.size == 0
