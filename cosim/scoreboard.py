# SPDX-License-Identifier: BSD-3-Clause
"""Compares what the RTL did with the golden record, stage by stage, and names the first difference.

Pure: events in, verdict out. Layers of several images are under way at once in the RTL, so events are matched by
their tags (image and ordinal of the read) and not by their order; activations carry image and layer, and come in
order within those. Every expected event must come exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import Record

from .comparison import STAGES, Comparison, Difference

__all__ = ["Events", "Expected", "LayerReads", "compare"]


@dataclass(frozen=True)
class LayerReads:
    """How the reads of one layer are numbered.

    Parameters
    ----------
    ordinal : int
        Ordinal of its first read within an image.
    reads_per_emit : int
        Reads that are added into one accumulation.
    emits : int
        Accumulations of one image.
    """

    ordinal: int
    reads_per_emit: int
    emits: int

    @property
    def end(self) -> int:
        """Ordinal after its last read."""
        return self.ordinal + self.reads_per_emit * self.emits


@dataclass(frozen=True, eq=False)
class Expected:
    """What one die must show.

    Parameters
    ----------
    die : int
        Its identifier.
    first_index : int
        Index in the data set of the first image.
    codes : int array (images, reads, cols)
    accumulators : sequence of int arrays (images, emits, pairs), one per layer
    activations : sequence of int arrays (images, pooled emits, pairs), one per hidden layer
    classes : int array (images,)
    kernels : int array (reads,)
        Kernel of each read.
    layers : sequence of LayerReads
    """

    die: int
    first_index: int
    codes: NDArray[Any]
    accumulators: Sequence[NDArray[Any]]
    activations: Sequence[NDArray[Any]]
    classes: NDArray[Any]
    kernels: NDArray[Any]
    layers: Sequence[LayerReads]

    @classmethod
    def of(
        cls,
        record: Record,
        position: int,
        kernels: NDArray[Any],
        layers: Sequence[LayerReads],
        die: int = 0,
        first_index: int = 0,
    ) -> Expected:
        """The part of a golden record that belongs to the die at ``position``; it must hold all stages."""
        if record.codes is None:
            raise ValueError(
                "golden record must hold codes, accumulators and activations (record=True), not classes only"
            )
        return cls(
            die=die,
            first_index=first_index,
            codes=record.codes[position],
            accumulators=[values[position] for values in record.accumulators],
            activations=[values[position] for values in record.activations],
            classes=record.classes[position],
            kernels=kernels,
            layers=layers,
        )

    def layer_of(self, ordinal: int) -> int:
        """The layer to which a read belongs, -1 if there is no such read."""
        return next((i for i, layer in enumerate(self.layers) if layer.ordinal <= ordinal < layer.end), -1)


@dataclass(frozen=True, eq=False)
class Events:
    """Events of one stage, in the order in which they happened.

    Parameters
    ----------
    image : int array (events,)
        Index of the image in its data set.
    place : int array (events,)
        Codes and accumulators: ordinal of the (last) read. Activations: the layer. Classes: unused.
    values : int array (events, columns or lanes or 1)
    time : float array (events,)
        Simulation time [ns].
    kernel : int array (events,) or None
        Codes only: the kernel read.
    """

    image: NDArray[np.int64]
    place: NDArray[np.int64]
    values: NDArray[np.int64]
    time: NDArray[np.float64]
    kernel: NDArray[np.int64] | None = None

    @classmethod
    def none(cls, width: int) -> Events:
        """No events."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, np.zeros((0, width), np.int64), np.zeros(0), nothing)


def compare(expected: Expected, events: dict[str, Events]) -> Comparison:
    """Compare all events of one die with what was expected.

    Parameters
    ----------
    expected : Expected
        One die of the golden record.
    events : dict of Events
        By stage; a stage that is missing is not compared.
    """
    result = Comparison()
    for stage in STAGES:
        if stage in events:
            _compare_stage(stage, expected, events[stage], result)
    return result


def _compare_stage(stage: str, expected: Expected, events: Events, result: Comparison) -> None:
    reference, shape = _reference(stage, expected)
    item = _items(stage, expected, events)
    known = item >= 0
    for event in np.flatnonzero(~known)[:1]:
        result.note(
            stage,
            int(np.count_nonzero(~known)) * reference.shape[1],
            Difference(
                stage,
                expected.die,
                int(events.image[event]),
                read=int(events.place[event]) if stage in ("codes", "accumulators") else -1,
                layer=int(events.place[event]) if stage == "activations" else -1,
                got=int(events.values[event][0]),
                time=float(events.time[event]),
            ),
        )
    rows, got, times = item[known], events.values[known], events.time[known]
    kernels = events.kernel[known] if stage == "codes" and events.kernel is not None else None
    wrong = got != reference[rows]
    result.compared[stage] += int(wrong.size)
    differing = np.flatnonzero(wrong.any(axis=1))
    if kernels is not None:
        wrong_kernel = kernels != expected.kernels[rows % shape[1]]
        if wrong_kernel.any():
            event = int(np.argmax(wrong_kernel))
            place = _place(stage, expected, int(rows[event]), shape)
            wanted, found = place["kernel"], int(kernels[event])
            difference = Difference(
                stage, expected.die, what="kernel", expected=wanted, got=found, time=float(times[event]), **place
            )
            result.note(stage, int(np.count_nonzero(wrong_kernel)), difference)
    if differing.size:
        event = int(differing[0])
        index = int(np.argmax(wrong[event]))
        what = {"codes": "column", "classes": "class"}.get(stage, "lane")
        difference = Difference(
            stage,
            expected.die,
            what=what,
            index=-1 if what == "class" else index,
            expected=int(reference[rows[event], index]),
            got=int(got[event, index]),
            time=float(times[event]),
            **_place(stage, expected, int(rows[event]), shape),
        )
        result.note(stage, int(np.count_nonzero(wrong)), difference)
    missing = np.setdiff1d(np.arange(len(reference)), rows)
    if missing.size:
        place = _place(stage, expected, int(missing[0]), shape)
        result.note(stage, missing.size * reference.shape[1], Difference(stage, expected.die, **place))


def _reference(stage: str, expected: Expected) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """Expected values (items, width), and how many images and items per image they are."""
    if stage == "codes":
        values = np.asarray(expected.codes, np.int64)
    elif stage == "classes":
        values = np.asarray(expected.classes, np.int64).reshape(-1, 1, 1)
    else:
        parts = expected.accumulators if stage == "accumulators" else expected.activations
        images = len(expected.classes)
        if parts:
            values = np.concatenate([np.asarray(part, np.int64) for part in parts], axis=1)
        else:
            values = np.zeros((images, 0, 1), np.int64)
    images, items, width = values.shape
    return values.reshape(images * items, width), (images, items)


def _items(stage: str, expected: Expected, events: Events) -> NDArray[np.int64]:
    """Row of the reference that each event belongs to; -1 for one that was not expected or has come before."""
    images = len(expected.classes)
    image = events.image - expected.first_index
    if stage == "codes":
        count, within = expected.codes.shape[1], events.place
    elif stage == "accumulators":
        count, within = sum(layer.emits for layer in expected.layers), np.full(len(image), -1, np.int64)
        start = 0
        for layer in expected.layers:
            inside = (events.place >= layer.ordinal) & (events.place < layer.end)
            step, rest = np.divmod(events.place - layer.ordinal + 1, layer.reads_per_emit)
            within = np.where(inside & (rest == 0), start + step - 1, within)
            start += layer.emits
    elif stage == "activations":
        sizes = [part.shape[1] for part in expected.activations]
        count, within = sum(sizes), np.full(len(image), -1, np.int64)
        starts = np.cumsum([0, *sizes])
        seen: dict[tuple[int, int], int] = {}
        for event, key in enumerate(zip(image.tolist(), events.place.tolist(), strict=True)):
            number = seen.get(key, 0)
            seen[key] = number + 1
            if 0 <= key[1] < len(sizes) and number < sizes[key[1]]:
                within[event] = starts[key[1]] + number
    else:
        count, within = 1, np.zeros(len(image), np.int64)
    valid = (image >= 0) & (image < images) & (within >= 0) & (within < count)
    item = np.where(valid, image * count + within, -1)
    _, first = np.unique(item, return_index=True)
    again = np.ones(len(item), np.bool_)
    again[first] = False
    return np.where(again, -1, item)


def _place(stage: str, expected: Expected, row: int, shape: tuple[int, int]) -> dict[str, Any]:
    """Image, layer, kernel, read, emit of a row of the reference."""
    image, within = divmod(row, max(1, shape[1]))
    place: dict[str, Any] = {"image": image + expected.first_index}
    if stage == "codes":
        return place | {"layer": expected.layer_of(within), "kernel": int(expected.kernels[within]), "read": within}
    if stage == "accumulators":
        for number, layer in enumerate(expected.layers):
            if within < layer.emits:
                read = layer.ordinal + (within + 1) * layer.reads_per_emit - 1
                return place | {"layer": number, "kernel": int(expected.kernels[read]), "read": read, "emit": within}
            within -= layer.emits
    if stage == "activations":
        for number, part in enumerate(expected.activations):
            if within < part.shape[1]:
                return place | {"layer": number, "emit": within}
            within -= part.shape[1]
    return place
