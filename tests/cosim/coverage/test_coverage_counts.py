# SPDX-License-Identifier: BSD-3-Clause
"""What is counted of a record is what happened in it, and one code less is not counted. No simulator."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pytest
from cosim_cases import SHARED, WIDE, chip, job
from spintile.cosim.coverage import count_record, count_run
from spintile.cosim.coverage.collect import sampled
from spintile.cosim.coverage.layer_view import LayerView, layer_views
from spintile.cosim.coverage.repairs import note_repairs
from spintile.cosim.job import CosimJob
from spintile.model.mapping.interpret import ExpandedRead, interpret
from spintile.model.sensing import Repair

#: K 20, P 12, D 4 and a margin of 2 codes for each driven row: with two rows a sum of 40, 4 above and below, columns
#: up to 28, differences up to 8.
_CONSTANTS: dict[str, Any] = {"K": 640, "P": 384, "D": 128, "m1": 64}


def view_of(wanted: CosimJob, number: int = 0) -> LayerView:
    """A layer of a job's first die."""
    return list(layer_views(wanted, wanted.golden(), 0, wanted.images))[number]


@pytest.mark.parametrize("name", ["two", "conv", "median", "output"])
def test_driven_rows_are_those_of_the_program(name: str) -> None:
    wanted = job(chip(WIDE, 6), name, dies=1)
    program, record = wanted.compiled.program, wanted.golden()
    reads = [step for step in interpret(program, WIDE) if isinstance(step, ExpandedRead)]
    first = view_of(wanted)
    memory = np.zeros((len(wanted.images), program.beats * program.word_bits), np.int64)
    for beat in range(program.beats):
        words = wanted.stream(wanted.images)[:, beat]
        for bit in range(program.word_bits):
            memory[:, beat * program.word_bits + bit] = (words >> np.uint64(bit)) & np.uint64(1)
    for ordinal in range(first.schedule.reads):
        rows = [row for row in reads[ordinal].rows if row >= 0]
        assert np.array_equal(first.driven[:, ordinal], memory[:, rows].sum(axis=1))
    assert record.codes is not None
    later = view_of(wanted, len(wanted.compiled.schedule.layers) - 1)
    assert later.inputs.shape[1] == later.layer.inputs
    assert later.driven.max() <= WIDE.rows


def hits(repair: Repair, plus: int, minus: int, flags: tuple[bool, bool] | None = None) -> set[str]:
    """Bins that one pair with those codes hits, in reads of two driven rows; all other pairs are healthy."""
    wanted = job(chip(WIDE, 12), "output", dies=1, images=1, flags=flags is not None)
    layer = view_of(wanted)
    image = wanted.image.replace(adc_bits=8, column_offset=np.zeros(WIDE.cols, np.int64))
    if flags is not None:
        image = image.replace(flags=np.tile(np.resize(flags, WIDE.cols), (1, WIDE.kernels, 1)))
    codes = np.tile(np.resize([plus, minus], WIDE.cols), (1, 1, 1))
    schedule = layer.schedule
    one = dataclasses.replace(schedule, read_kernel=schedule.read_kernel[:1])
    found: Counter[str] = Counter()

    class Pair(LayerView):
        """The first read alone, with the codes of the test."""

        driven = np.full((1, 1), 2)  # type: ignore[assignment]  # a property in LayerView

        @property
        def schedule(self) -> Any:
            return dataclasses.replace(one, read_emit=schedule.read_emit[:1])

    changed = wanted.replace(image=image, repair=repair)
    note_repairs(Pair(changed, 0, 0, layer.inputs, codes, layer.accumulators, None, layer.classes), found)
    return {name.partition(".")[2] for name, count in found.items() if count}


@pytest.mark.parametrize(
    ("mode", "plus", "minus", "wanted"),
    [
        ("none", 3, 5, {"negative"}),
        ("none", 4, 4, {"zero"}),
        ("range_guard", 28, 3, {"just_not"}),
        ("range_guard", 29, 3, {"just", "plus"}),
        ("range_guard", 28, 29, {"just", "minus"}),
        ("range_guard", 60, 60, {"both"}),
        ("pair_check", 22, 22, {"just_not", "one"}),
        ("pair_check", 23, 22, {"just", "plus", "none_high", "one"}),
        ("pair_check", 22, 23, {"just", "minus", "none_high", "one"}),
        ("pair_check", 30, 30, {"both_high", "one"}),
        ("pair_check", 24, 24, {"tie", "none_high", "limit_just_not", "one"}),
        ("pair_check", 28, 20, {"plus", "none_high", "high_just_not", "one"}),
        ("pair_check", 29, 20, {"plus", "high_just", "one"}),
        ("pair_check", 40, 15, {"plus", "limit_above", "one"}),
        ("pair_check", 15, 40, {"minus", "limit_below", "one"}),
        ("pair_check", 25, 15, {"limit_healthy", "one"}),
        ("pair_check", 24, 16, {"limit_just_not", "one"}),
        ("check", 18, 18, {"low_just_not", "one"}),
        ("check", 18, 17, {"low_just", "possible_both", "one"}),
        ("check", 22, 22, {"high_just_not", "one"}),
        ("check", 22, 23, {"high_just", "possible_both", "one"}),
        ("check", 40, 20, {"possible_plus", "one"}),
        ("check", 20, 2, {"possible_minus", "one"}),
        ("check", 60, 60, {"possible_none", "one"}),
        ("check", 40, 14, {"possible_plus", "reach_just", "limit_above", "one"}),
        ("check", 80, 13, {"possible_none", "one"}),
    ],
)
def test_a_pair_hits_just_the_bins_that_it_shows(mode: Any, plus: int, minus: int, wanted: set[str]) -> None:
    repair = Repair(mode, **({} if mode == "none" else _CONSTANTS))
    assert hits(repair, plus, minus) == wanted


def test_a_difference_one_code_beyond_what_is_possible_is_told_apart() -> None:
    odd = Repair("check", **(_CONSTANTS | {"K": 656}))  # an expected sum of 41
    assert hits(odd, 80, 14) == {"possible_none", "reach_just_not", "one"}
    assert hits(odd, 80, 15) == {"possible_plus", "limit_above", "one"}


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ((False, False), {"flag_none"}),
        ((True, False), {"flag_plus"}),
        ((False, True), {"flag_minus", "limit_above"}),
        ((True, True), {"flag_both", "possible_plus"}),
    ],
)
def test_flags_of_a_faulty_pair_are_told_apart(flags: tuple[bool, bool], wanted: set[str]) -> None:
    found = hits(Repair("check", **_CONSTANTS), 40, 20, flags)
    assert found - {"limit_above"} == wanted - {"limit_above"} | {"one"}
    assert "flag_healthy" not in found
    assert ("flag_healthy" in hits(Repair("check", **_CONSTANTS), 20, 20, flags)) == any(flags)


def test_a_strict_check_is_told_apart() -> None:
    strict = Repair("pair_check", strict=True, **_CONSTANTS)
    assert hits(strict, 24, 24) == {"strict_none_high", "one"}
    assert hits(strict, 29, 20) == {"plus", "high_just", "strict_one_high", "one"}


def test_dies_and_sampled_images_add_up() -> None:
    wanted = job(chip(SHARED, 6), "two", dies=2, images=9)
    record = wanted.golden()
    reads = wanted.compiled.reads_per_image
    both = count_run(wanted, record)
    assert sum(count for name, count in both.items() if name.startswith("kernel.")) == 2 * 9 * reads
    each = [count_record(wanted, record, die, wanted.images) for die in range(2)]
    assert each[0]["code.between"] + each[1]["code.between"] == both["code.between"]
    assert both["layers.2"] == 1
    assert list(both) == sorted(both)


def test_of_many_images_few_are_looked_at_and_the_same_each_time() -> None:
    wanted = job(chip(WIDE, 6), "conv", dies=1, images=1)
    assert sampled(wanted, 3).tolist() == [0, 1, 2]
    many = sampled(wanted, 100_000)
    assert len(many) * wanted.compiled.reads_per_image * WIDE.cols <= 1 << 16
    assert many[0] == 0
    assert (np.diff(many) > 0).all()
    assert many[-1] < 100_000
