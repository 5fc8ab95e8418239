# SPDX-License-Identifier: BSD-3-Clause
"""The receiver of the report stream: every word once, and a stream that breaks its rules is refused."""

from __future__ import annotations

from typing import Any

import pytest
from spintile.cosim.host import BenchError
from spintile.cosim.writing import report_sink
from spintile.cosim.writing.report_sink import ReportSink
from test_array_pins import Pin


class Stream:
    """Ports of a report stream that a test sets by hand."""

    def __init__(self) -> None:
        self.report__tvalid, self.report__tdata, self.report__tlast = Pin(), Pin(), Pin()
        self.report__tready = Pin()

    def offer(self, word: int | None, last: int = 0) -> None:
        self.report__tvalid.value = int(word is not None)
        self.report__tdata.value, self.report__tlast.value = word or 0, last


@pytest.fixture(autouse=True)
def _no_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_sink, "get_sim_time", lambda unit: 5.0)


def cycle(sink: ReportSink, stream: Stream, word: int | None, last: int = 0, ready: bool = True) -> None:
    sink.drive()
    sink._ready = ready
    stream.offer(word, last)
    sink.observe()


def test_words_are_taken_once_each_until_the_last() -> None:
    stream = Stream()
    sink = ReportSink(stream)
    sink.start()
    assert stream.report__tready.value == 1
    for word, last in ((None, 0), (7, 0), (7, 0), (None, 0), (8, 1), (None, 0)):
        cycle(sink, stream, word, last)
    assert sink.words == [7, 7, 8]
    assert sink.times == [5.0] * 3
    assert sink.ended


def test_a_word_waits_while_it_is_not_taken() -> None:
    stream = Stream()
    sink = ReportSink(stream)
    cycle(sink, stream, 7, ready=False)
    cycle(sink, stream, 7, ready=False)
    assert sink.words == []
    cycle(sink, stream, 7)
    cycle(sink, stream, 8)
    assert sink.words == [7, 8]


def test_pauses_are_random_and_repeat_with_the_seed() -> None:
    def pattern(seed: int) -> list[int]:
        stream = Stream()
        sink = ReportSink(stream, 0.5, seed)
        levels = []
        for _ in range(64):
            sink.drive()
            levels.append(stream.report__tready.value)
        return levels

    assert pattern(1) == pattern(1) != pattern(2)
    assert 16 < sum(pattern(1)) < 48


@pytest.mark.parametrize(
    ("cycles", "said"),
    [
        ([(7, 0, False), (None, 0, False)], "report word 0x7 must be offered until it is taken, and is not"),
        ([(7, 0, False), (9, 0, True)], "report word 0x7 must stay until it is taken, not become 0x9"),
        ([(7, 1, True), (8, 0, True)], "report must end with tlast, and word 0x8 comes after it"),
    ],
)
def test_a_stream_that_breaks_its_rules_is_refused(cycles: list[Any], said: str) -> None:
    stream = Stream()
    sink = ReportSink(stream)
    for given in cycles[:-1]:
        cycle(sink, stream, *given)
    with pytest.raises(BenchError, match=said):
        cycle(sink, stream, *cycles[-1])


def test_a_reset_may_take_a_word_back() -> None:
    stream = Stream()
    sink = ReportSink(stream)
    cycle(sink, stream, 7, ready=False)
    sink.interrupt()
    cycle(sink, stream, None)
    sink.clear()
    cycle(sink, stream, 8, 1)
    assert sink.words == [8]
