# SPDX-License-Identifier: BSD-3-Clause
"""Compares a batch with the golden record: whole arrays at once; the scoreboard names what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import Record

from ..comparison import Comparison
from ..job import CosimJob
from ..scoreboard import Events, Expected, LayerReads, compare
from .outcome import Outcome

__all__ = ["PERIOD_NS", "compare_batch", "events_of"]

#: Of the clock, as the cocotb bench has it: cycles are told as times.
PERIOD_NS = 10


def compare_batch(
    outcome: Outcome, record: Record, job: CosimJob, die: int, first_index: int, traced: bool = True
) -> Comparison:
    """Compare a batch of one die's images with its golden record.

    Parameters
    ----------
    outcome : Outcome
        What the design showed.
    record : Record
        Of this die and these images alone, all stages.
    job : CosimJob
        Where they come from.
    die : int
        Position of the die in the job.
    first_index : int
        Index in the data set of the first image.
    traced : bool
        Whether the design shows codes, accumulators and activations; else classes alone are compared.
    """
    assert record.codes is not None
    wanted: dict[str, tuple[NDArray[Any], list[NDArray[Any]], NDArray[np.uint32]]] = {
        "classes": (outcome.classes, [record.classes[0]], outcome.class_cycles)
    }
    if traced:
        wanted["codes"] = (outcome.codes, [record.codes[0]], outcome.code_cycles)
        for stage, parts in (("accumulators", record.accumulators), ("activations", record.activations)):
            stamps = outcome.accumulator_cycles if stage == "accumulators" else outcome.activation_cycles
            wanted[stage] = (getattr(outcome, stage), [part[0] for part in parts], stamps)
    sound = not outcome.stray_count and all(_equal(*each) for each in wanted.values())
    if sound and traced:
        sound = bool((outcome.kernels == job.kernels).all())
    if sound:
        result = Comparison()
        result.compared.update({stage: int(each[0].size) for stage, each in wanted.items()})
        return result
    identifier = int(job.image.die_ids[die])
    expected = Expected.of(record, 0, job.kernels, job.layer_reads, identifier, first_index)
    events = events_of(outcome, first_index, [part.shape[2] for part in record.activations], job.layer_reads)
    return compare(expected, events if traced else {"classes": events["classes"]})


def _equal(values: NDArray[Any], parts: list[NDArray[Any]], stamps: NDArray[np.uint32]) -> bool:
    """Whether every event has come, with the values of the golden record, layer after layer."""
    if not stamps.all():
        return False
    if values.ndim == 1:
        return np.array_equal(values, parts[0])
    start = 0
    for part in parts:
        stop = start + part.shape[1]
        if not np.array_equal(values[:, start:stop], part):
            return False
        start = stop
    return start == values.shape[1]


def events_of(
    outcome: Outcome, first_index: int, pooled: Sequence[int], layers: Sequence[LayerReads]
) -> dict[str, Events]:
    """The events of a batch as the scoreboard takes them, those without a place last."""
    ends = np.concatenate(
        [layer.ordinal + (np.arange(layer.emits, dtype=np.int64) + 1) * layer.reads_per_emit - 1 for layer in layers]
    )
    hidden = np.repeat(np.arange(len(pooled)), pooled)
    reads = np.arange(outcome.codes.shape[1])
    one = np.zeros(1, np.int64)
    stages: tuple[tuple[str, NDArray[Any], NDArray[np.uint32], NDArray[Any]], ...] = (
        ("codes", outcome.codes, outcome.code_cycles, reads),
        ("accumulators", outcome.accumulators, outcome.accumulator_cycles, ends),
        ("activations", outcome.activations, outcome.activation_cycles, hidden),
        ("classes", outcome.classes.reshape(-1, 1, 1), outcome.class_cycles.reshape(-1, 1), one),
    )
    found = {}
    for number, (stage, values, stamps, places) in enumerate(stages):
        image, item = np.nonzero(stamps)
        strays = outcome.strays[outcome.strays["stage"] == number]
        width = values.shape[2]
        alien = np.repeat(strays["value"].astype(np.int64)[:, np.newaxis], width, axis=1)
        kernels = None
        if stage == "codes":
            kernels = np.concatenate([outcome.kernels[image, item], strays["kernel"]]).astype(np.int64)
        found[stage] = Events(
            image=np.concatenate([image + first_index, strays["image"]]).astype(np.int64),
            place=np.concatenate([places[item], strays["place"]]).astype(np.int64),
            values=np.concatenate([values[image, item].astype(np.int64), alien]),
            time=np.concatenate([stamps[image, item], strays["cycle"]]).astype(np.float64) * PERIOD_NS,
            kernel=kernels,
        )
    return found
