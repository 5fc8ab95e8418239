# SPDX-License-Identifier: BSD-3-Clause
"""One layer of some images on one die, as the coverage looks at it: every read, every accumulation, every decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import Record
from spintile.model.mapping import LayerSchedule
from spintile.model.mapping.compile import CompiledLayer
from spintile.model.network import Layer

from ..job import CosimJob

__all__ = ["LayerView", "layer_views"]

IntArray = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LayerView:
    """A layer of some images on one die.

    Parameters
    ----------
    job : CosimJob
    die : int
        Position of the die in the job.
    number : int
        Number of the layer.
    inputs : int array (images, inputs)
        What it reads: images, or activations of the layer before.
    codes : int array (images, reads, cols)
    accumulators : int array (images, emits, pairs)
    activations : int array (images, pooled emits, pairs) or None
        None: the output layer.
    classes : int array (images,)
    """

    job: CosimJob
    die: int
    number: int
    inputs: IntArray
    codes: IntArray
    accumulators: IntArray
    activations: IntArray | None
    classes: IntArray

    @property
    def layer(self) -> Layer:
        return self.job.compiled.network.layers[self.number]

    @property
    def schedule(self) -> LayerSchedule:
        return self.job.compiled.schedule.layers[self.number]

    @property
    def constants(self) -> CompiledLayer:
        return self.job.compiled.layers[self.number]

    @cached_property
    def driven(self) -> IntArray:
        """Driven rows of each read (images, reads)."""
        schedule = self.schedule
        sources = schedule.row_sources()
        values = np.where(sources >= 0, self.inputs[:, np.maximum(sources, 0)], 0)
        planes = schedule.shape[5]
        counts = np.stack([((values >> plane) & 1).sum(axis=3) for plane in range(planes)], axis=3)
        position = schedule.emit_position[schedule.read_emit]
        return np.asarray(counts[:, position, schedule.read_slice, schedule.read_plane])


def layer_views(job: CosimJob, record: Record, die: int, inputs: IntArray) -> Iterator[LayerView]:
    """The layers of some images on one die.

    Parameters
    ----------
    job : CosimJob
    record : Record
        All stages, of that die and those images alone.
    die : int
        Position of the die in the job.
    inputs : int array (images, ...)
    """
    assert record.codes is not None
    flat = np.asarray(inputs).reshape(len(inputs), -1)
    codes = record.codes[0]
    first = 0
    for number, schedule in enumerate(job.compiled.schedule.layers):
        hidden = number < len(record.activations)
        activations = record.activations[number][0] if hidden else None
        yield LayerView(
            job=job,
            die=die,
            number=number,
            inputs=flat,
            codes=codes[:, first : first + schedule.reads],
            accumulators=record.accumulators[number][0],
            activations=activations,
            classes=record.classes[0],
        )
        first += schedule.reads
        if activations is not None:
            flat = _flattened(schedule, activations)


def _flattened(schedule: LayerSchedule, activations: IntArray) -> IntArray:
    """Activations (images, pooled emits, pairs) as the next layer's inputs (images, inputs)."""
    images, groups = len(activations), schedule.shape[0]
    by_group = activations.reshape(images, groups, -1, activations.shape[2])
    group, lane = np.nonzero(schedule.lane_neurons >= 0)
    neuron = schedule.lane_neurons[group, lane]
    flat = np.zeros((images, by_group.shape[2], int(neuron.max()) + 1), activations.dtype)
    flat[:, :, neuron] = by_group[:, group, :, lane].transpose(1, 2, 0)
    return flat.reshape(images, -1)
