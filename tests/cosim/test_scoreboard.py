# SPDX-License-Identifier: BSD-3-Clause
"""The scoreboard: equal events pass, and each kind of difference is counted and named at its place."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from spintile.cosim.comparison import STAGES, Comparison, Difference
from spintile.cosim.scoreboard import Events, Expected, LayerReads, compare
from spintile.model.golden import Record

IMAGES, COLS, PAIRS, FIRST = 3, 5, 2, 40
#: Two layers: 4 emits of 2 reads, then 1 emit of 3 reads; the first is pooled by two.
LAYERS = (LayerReads(0, 2, 4), LayerReads(8, 3, 1))
KERNELS = np.array([0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 4])


def expected() -> Expected:
    rng = np.random.default_rng(0)
    return Expected(
        die=6,
        first_index=FIRST,
        codes=rng.integers(0, 256, (IMAGES, 11, COLS)),
        accumulators=[rng.integers(-99, 99, (IMAGES, 4, PAIRS)), rng.integers(-99, 99, (IMAGES, 1, PAIRS))],
        activations=[rng.integers(0, 4, (IMAGES, 2, PAIRS))],
        classes=rng.integers(0, 10, IMAGES),
        kernels=KERNELS,
        layers=LAYERS,
    )


def events_of(wanted: Expected) -> dict[str, Events]:
    """What a sound design shows: layers of different images interleaved, time going on."""
    rows: dict[str, list[tuple[int, int, Any, float, int]]] = {stage: [] for stage in STAGES}
    now = 0.0
    for iteration in range(IMAGES + 1):
        for layer, image in enumerate((iteration, iteration - 1)):
            if not 0 <= image < IMAGES:
                continue
            reads = LAYERS[layer]
            for emit in range(reads.emits):
                for read in range(reads.reads_per_emit):
                    now += 10
                    ordinal = reads.ordinal + emit * reads.reads_per_emit + read
                    codes = wanted.codes[image, ordinal]
                    rows["codes"].append((image, ordinal, codes, now, int(KERNELS[ordinal])))
                rows["accumulators"].append((image, ordinal, wanted.accumulators[layer][image, emit], now + 1, 0))
                if layer == 0 and emit % 2:
                    rows["activations"].append((image, 0, wanted.activations[0][image, emit // 2], now + 2, 0))
            if layer == 1:
                rows["classes"].append((image, 0, [wanted.classes[image]], now + 3, 0))
    return {
        stage: Events(
            image=np.array([row[0] for row in found]) + FIRST,
            place=np.array([row[1] for row in found]),
            values=np.array([row[2] for row in found]),
            time=np.array([row[3] for row in found]),
            kernel=np.array([row[4] for row in found]),
        )
        for stage, found in rows.items()
    }


def changed(events: Events, event: int, **fields: Any) -> Events:
    """Events with one of them changed."""
    arrays = {name: np.array(getattr(events, name)) for name in ("image", "place", "values", "time", "kernel")}
    for name, value in fields.items():
        arrays[name][event] = value
    return Events(**arrays)


def without(events: Events, event: int) -> Events:
    return Events(*(np.delete(getattr(events, f.name), event, axis=0) for f in dataclasses.fields(events)))


def twice(events: Events, event: int) -> Events:
    return Events(
        *(
            np.insert(getattr(events, f.name), event, getattr(events, f.name)[event], axis=0)
            for f in dataclasses.fields(events)
        )
    )


def test_equal_events_pass_and_every_value_is_counted() -> None:
    wanted = expected()
    result = compare(wanted, events_of(wanted))
    assert result.first is None
    assert result.total_mismatches == 0
    assert result.compared == {
        "codes": IMAGES * 11 * COLS,
        "accumulators": IMAGES * 5 * PAIRS,
        "activations": IMAGES * 2 * PAIRS,
        "classes": IMAGES,
    }
    assert result.total == sum(result.compared.values())


def difference_of(stage: str, **fields: Any) -> tuple[Comparison, Difference]:
    """Change one value of the eighth event of a stage."""
    wanted = expected()
    events = events_of(wanted)
    events[stage] = changed(events[stage], min(7, len(events[stage].image) - 1), **fields)
    result = compare(wanted, events)
    assert result.first is not None
    return result, result.first


def test_a_code_is_named_with_kernel_read_and_column() -> None:
    values = expected().codes[0, 7].copy()
    values[3] += 2
    result, first = difference_of("codes", values=values)
    was = int(values[3])
    assert str(first) == (
        f"codes: die 6, image 40, layer 0, kernel 1, read 7, column 3: must be {was - 2}, not {was} at 80 ns"
    )
    assert result.mismatches == {"codes": 1, "accumulators": 0, "activations": 0, "classes": 0}


def test_a_wrong_kernel_is_named_even_if_the_codes_are_right() -> None:
    _, first = difference_of("codes", kernel=4)
    assert str(first) == "codes: die 6, image 40, layer 0, kernel 1, read 7: must be kernel 1, not 4 at 80 ns"


def test_an_accumulator_is_named_with_emit_and_lane() -> None:
    result, first = difference_of("accumulators", values=[1000, 1000])
    assert (first.stage, first.image, first.layer, first.kernel, first.read) == ("accumulators", 41, 0, 1, 7)
    assert (first.what, first.index, first.emit, first.got) == ("lane", 0, 3, 1000)
    assert result.mismatches["accumulators"] == 2


def test_an_activation_is_named_with_layer_and_pooled_emit() -> None:
    _, first = difference_of("activations", values=[9, 9])
    assert (first.stage, first.image, first.layer, first.emit, first.got) == ("activations", 42, 0, 1, 9)


def test_a_class_is_named_with_its_image() -> None:
    _, first = difference_of("classes", values=[77])
    assert str(first).startswith("classes: die 6, image 42: must be ")
    assert first.got == 77


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_event_is_a_mismatch_of_all_its_values(stage: str) -> None:
    wanted = expected()
    events = events_of(wanted)
    events[stage] = without(events[stage], 0 if stage != "activations" else 5)
    result = compare(wanted, events)
    assert result.mismatches[stage] == wanted_width(stage)
    assert result.first is not None
    assert str(result.first).endswith("missing")
    assert result.first.stage == stage


@pytest.mark.parametrize("stage", STAGES)
def test_an_event_that_comes_twice_is_not_expected(stage: str) -> None:
    wanted = expected()
    events = events_of(wanted)
    events[stage] = twice(events[stage], len(events[stage].image) - 1)
    result = compare(wanted, events)
    assert result.mismatches[stage] == wanted_width(stage)
    assert result.first is not None
    assert " not expected at " in str(result.first)


@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        ("codes", {"image": FIRST + IMAGES}),
        ("codes", {"image": FIRST - 1}),
        ("codes", {"place": 11}),
        ("accumulators", {"place": 6}),
        ("activations", {"place": 1}),
        ("classes", {"image": 0}),
    ],
)
def test_an_event_of_nothing_known_is_not_expected(stage: str, fields: dict[str, int]) -> None:
    result, first = difference_of(stage, **fields)
    assert "not expected" in str(first)
    # The one that it should have been is missing besides.
    assert result.mismatches[stage] == 2 * wanted_width(stage)


def test_of_two_differences_the_earlier_is_told() -> None:
    wanted = expected()
    events = events_of(wanted)
    events["codes"] = changed(events["codes"], 20, values=[999] * COLS)
    events["accumulators"] = changed(events["accumulators"], 2, values=[999] * PAIRS)
    first = compare(wanted, events).first
    assert first is not None
    assert first.stage == "accumulators"


def test_no_events_at_all_is_no_success() -> None:
    wanted = expected()
    nothing = {stage: Events.none(wanted_width(stage)) for stage in STAGES}
    result = compare(wanted, nothing)
    assert result.total == 0
    assert result.total_mismatches == IMAGES * (11 * COLS + 5 * PAIRS + 2 * PAIRS + 1)


def test_a_comparison_goes_into_json_with_its_message() -> None:
    _, first = difference_of("classes", values=[77])
    result = Comparison()
    result.note("classes", 1, first)
    assert result.as_dict()["first_difference"]["message"] == str(first)
    assert Comparison().as_dict()["first_difference"] is None


def test_a_record_of_classes_only_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"golden record must hold codes, accumulators and activations \(record=True\)"
    ):
        Expected.of(Record(np.zeros((1, 1), np.int64)), 0, KERNELS, LAYERS)


def wanted_width(stage: str) -> int:
    return {"codes": COLS, "accumulators": PAIRS, "activations": PAIRS, "classes": 1}[stage]
