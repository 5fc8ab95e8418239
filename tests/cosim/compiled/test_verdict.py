# SPDX-License-Identifier: BSD-3-Clause
"""A batch is compared whole; whatever is changed, missing or too much is named with its place. No simulator."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from cosim_cases import WIDE, chip, job
from spintile.cosim.compiled import Outcome
from spintile.cosim.compiled.interface import STRAY
from spintile.cosim.compiled.verdict import compare_batch
from spintile.cosim.job import CosimJob
from spintile.model.golden import Record

FIRST = 100


def sound(name: str = "three") -> tuple[CosimJob, Record, Outcome]:
    """A job of one die, its golden record, and an outcome that shows just that."""
    wanted = job(chip(WIDE, 6), name, dies=1, first_index=FIRST)
    record = wanted.golden()
    assert record.codes is not None
    codes, classes = record.codes[0], record.classes[0]
    accumulators = np.concatenate([part[0] for part in record.accumulators], axis=1)
    hidden = [part[0] for part in record.activations] or [np.zeros((len(classes), 0, WIDE.pairs), np.int16)]
    activations = np.concatenate(hidden, axis=1)
    stamps = iter(range(1, 100_000))

    def stamped(shape: tuple[int, ...]) -> np.ndarray:
        return np.array([next(stamps) for _ in range(int(np.prod(shape)))], np.uint32).reshape(shape)

    outcome = Outcome(
        codes=codes.astype(np.int16),
        kernels=np.tile(wanted.kernels.astype(np.uint8), (len(classes), 1)),
        accumulators=accumulators.astype(np.int32),
        activations=activations.astype(np.uint8),
        classes=classes.astype(np.int32),
        code_cycles=stamped(codes.shape[:2]),
        accumulator_cycles=stamped(accumulators.shape[:2]),
        activation_cycles=stamped(activations.shape[:2]),
        class_cycles=stamped(classes.shape),
        words=np.zeros(len(classes), np.uint32),
        results=len(classes),
        strays=np.zeros(0, STRAY),
        stray_count=0,
        samples=codes.shape[0] * codes.shape[1],
        cycles=100_000,
        error="",
    )
    return wanted, record, outcome


@pytest.mark.parametrize("name", ["three", "conv", "output"])
def test_an_equal_batch_is_counted_and_nothing_differs(name: str) -> None:
    wanted, record, outcome = sound(name)
    found = compare_batch(outcome, record, wanted, 0, FIRST)
    assert found.first is None
    assert found.total_mismatches == 0
    assert found.compared == {
        stage: getattr(outcome, stage).size for stage in ("codes", "accumulators", "activations", "classes")
    }


@pytest.mark.parametrize(
    ("stage", "place", "named"),
    [
        ("codes", (2, 4, 7), {"image": FIRST + 2, "read": 4, "index": 7, "what": "column"}),
        ("kernels", (1, 3), {"image": FIRST + 1, "read": 3, "what": "kernel", "stage": "codes"}),
        ("accumulators", (3, 1, 2), {"image": FIRST + 3, "index": 2, "what": "lane"}),
        ("activations", (0, 1, 4), {"image": FIRST, "index": 4, "what": "lane"}),
        ("classes", (4,), {"image": FIRST + 4, "what": "class"}),
    ],
)
@pytest.mark.parametrize("name", ["three", "conv"])
def test_one_wrong_value_is_named(stage: str, place: tuple[int, ...], named: dict[str, Any], name: str) -> None:
    wanted, record, outcome = sound(name)
    values = getattr(outcome, stage).copy()
    values[place] += 1
    found = compare_batch(dataclasses.replace(outcome, **{stage: values}), record, wanted, 0, FIRST)
    assert found.total_mismatches == 1
    assert found.first is not None
    shown = found.first.as_dict()
    assert {key: shown[key] for key in named} == named
    assert shown["got"] == shown["expected"] + 1
    cycles = {"kernels": "code", "codes": "code", "accumulators": "accumulator", "activations": "activation"}
    stamp = getattr(outcome, f"{cycles.get(stage, 'class')}_cycles")[place[:2]]
    assert shown["time"] == 10 * int(np.ravel(stamp)[0])


@pytest.mark.parametrize("stage", ["code", "accumulator", "activation", "class"])
def test_an_event_that_never_came_is_missing(stage: str) -> None:
    wanted, record, outcome = sound()
    stamps = getattr(outcome, f"{stage}_cycles").copy()
    stamps[(1, -1)[: stamps.ndim]] = 0  # the last of its image: those before keep their place
    found = compare_batch(dataclasses.replace(outcome, **{f"{stage}_cycles": stamps}), record, wanted, 0, FIRST)
    assert found.total_mismatches > 0
    assert found.first is not None
    assert (found.first.image, found.first.got, found.first.what) == (FIRST + 1, None, "event")


@pytest.mark.parametrize("stage", range(4))
def test_an_event_too_many_is_not_expected(stage: int) -> None:
    wanted, record, outcome = sound()
    strays = np.zeros(1, STRAY)
    strays[0] = (stage, FIRST + 2, 1, 3, 77, 5)
    found = compare_batch(dataclasses.replace(outcome, strays=strays, stray_count=1), record, wanted, 0, FIRST)
    assert found.total_mismatches > 0
    assert found.first is not None
    assert (found.first.image, found.first.got, found.first.expected, found.first.time) == (FIRST + 2, 5, None, 770)


def test_a_design_without_trace_is_held_by_its_classes_alone() -> None:
    wanted, record, outcome = sound()
    blind = dataclasses.replace(outcome, code_cycles=np.zeros_like(outcome.code_cycles))
    found = compare_batch(blind, record, wanted, 0, FIRST, traced=False)
    assert found.compared == {"codes": 0, "accumulators": 0, "activations": 0, "classes": len(outcome.classes)}
    wrong = dataclasses.replace(blind, classes=outcome.classes + 1)
    assert compare_batch(wrong, record, wanted, 0, FIRST, traced=False).mismatches["classes"] == len(outcome.classes)
