# SPDX-License-Identifier: BSD-3-Clause
"""Batches of images, one after the other through engines in threads: run, compared, forgotten.

A batch is some images on one die. Batches do not depend on each other, nor on who runs them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spintile.model.golden import Record, infer
from threadpoolctl import threadpool_limits

from ..comparison import Comparison
from ..coverage import add_counts, count_handshakes, count_record
from ..job import CosimJob
from ..limits import cycle_limits
from ..loading import flag_writes, offset_write
from .engine import CompiledEngine, EngineError
from .library import Library
from .outcome import Outcome, Pauses
from .session import host_counters, load_engine, run_shape
from .verdict import compare_batch

__all__ = ["Batch", "BatchWork", "Connect", "Found", "divide"]

#: Puts the die at a position of the job where the design reads it.
Connect = Callable[[CompiledEngine, int], None]
#: Largest record of a batch [bytes], and most images in one.
_BATCH_BYTES, _BATCH_IMAGES = 1 << 24, 1000


@dataclass(frozen=True)
class Batch:
    """Some images on one die; ``number`` in the order in which they are told."""

    number: int
    die: int
    images: slice


@dataclass
class Found:
    """What one batch showed."""

    comparison: Comparison
    outcome: Outcome
    counters: dict[str, int] = field(default_factory=dict)
    coverage: dict[str, int] = field(default_factory=dict)
    error: str = ""


def divide(job: CosimJob, size: int | None = None) -> Iterator[Batch]:
    """The batches of a job, die after die; so many images each, or as many as their record may have bytes."""
    images = len(job.images)
    if size is None:
        each = 2 * job.compiled.reads_per_image * job.geometry.cols
        size = max(8, min(_BATCH_IMAGES, _BATCH_BYTES // each))
    if size < 1:
        raise ValueError(f"batch must be at least 1, not {size}")
    number = 0
    for die in range(job.dies):
        for start in range(0, images, size):
            yield Batch(number, die, slice(start, min(start + size, images)))
            number += 1


class BatchWork:
    """Threads that take one batch after the other, each with an engine of its own.

    After an error no later batch is begun, and what was found of those does not count: with any number of threads the
    same batches are told.
    """

    def __init__(
        self,
        job: CosimJob,
        library: Library,
        seed: int,
        record: Record | None,
        connect: Connect | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.inside = 0.0
        self.processor = 0.0
        self._job, self._library = job, library
        self._seed, self._record, self._connect, self._progress = seed, record, connect, progress
        self._lock = threading.Lock()
        self._found: dict[int, Found] = {}
        self._images = 0
        self._last = 0

    def all(self, batches: list[Batch], jobs: int) -> dict[int, Found]:
        """What each batch showed, by number."""
        self._last = len(batches)
        queue = iter(batches)
        threads = min(jobs, len(batches))
        # One BLAS thread: the threads are the dies'.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            running = [pool.submit(self._take, queue) for _ in range(threads)]
            try:
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                if not all(each.done() for each in running):
                    self._last = -1
            for each in running:
                each.result()
        return {number: found for number, found in self._found.items() if number <= self._last}

    def _take(self, queue: Iterator[Batch]) -> None:
        engine: CompiledEngine | None = None
        inside = processor = 0.0
        while True:
            with self._lock:
                batch = next(queue, None)
            if batch is None or batch.number > self._last:
                break
            try:
                if engine is None:
                    engine = load_engine(self._library, self._job)
                began = time.thread_time()
                found, seconds = _run_batch(engine, self._job, batch, self._seed, self._record, self._connect)
                inside, processor = inside + seconds, processor + time.thread_time() - began
            except EngineError as error:
                found = Found(Comparison(), _nothing(), error=str(error))
            with self._lock:
                self._note(batch, found)
        with self._lock:
            self.inside = max(self.inside, inside)
            self.processor += processor

    def _note(self, batch: Batch, found: Found) -> None:
        self._found[batch.number] = found
        if found.error:
            self._last = min(self._last, batch.number)
        self._images += batch.images.stop - batch.images.start
        if self._progress is not None:
            self._progress(self._images, self._job.dies * len(self._job.images))


def _run_batch(
    engine: CompiledEngine,
    job: CosimJob,
    batch: Batch,
    seed: int,
    record: Record | None,
    connect: Connect | None,
) -> tuple[Found, float]:
    images = job.images[batch.images]
    first = job.first_index + batch.images.start
    engine.handshakes(clear=True)
    if connect is not None:
        connect(engine, batch.die)
    else:
        engine.set_die(job.at_pins, batch.die)
    engine.write_all([offset_write(job.at_pins, batch.die), *flag_writes(job.at_pins, batch.die)])
    engine.write("IMAGE_INDEX", first)
    engine.control("enable", "clear_counters")
    disturbance, stream = job.disturbance, job.stream(images)
    reads = job.compiled.reads_per_image
    patience, deadline = cycle_limits(
        job.geometry, job.image.adc_bits, job.settle_cycles, stream.shape[1], len(images), reads, disturbance
    )
    started = time.monotonic()
    outcome = engine.run(
        stream,
        run_shape(job),
        first_index=first,
        patience=patience,
        deadline=deadline,
        pauses=Pauses(disturbance.image_pause, disturbance.result_pause, disturbance.stall),
        seed=(seed * 1_000_003 + int(job.image.die_ids[batch.die])) * 1_000_003 + batch.images.start & (1 << 62) - 1,
    )
    seconds = time.monotonic() - started
    golden = _golden(job, batch, record)
    comparison = compare_batch(outcome, golden, job, batch.die, first, engine.library.has_trace)
    found = Found(comparison, outcome, error=outcome.error)
    if not outcome.error:
        try:
            found.counters = host_counters(engine, outcome, first, reads * len(images))
        except EngineError as error:
            found.error = str(error)
    if not found.error and not comparison.total_mismatches:
        # Of a design without trace ports only classes were compared: its record proves nothing of the rest.
        seen = count_record(job, golden, batch.die, images) if engine.library.has_trace else {}
        found.coverage = add_counts([seen, count_handshakes(engine.handshakes())])
    # What is told of a batch are counts and stamps of its classes: the rest may go.
    found.outcome = _kept(outcome)
    return found, seconds


def _golden(job: CosimJob, batch: Batch, record: Record | None) -> Record:
    die, part = slice(batch.die, batch.die + 1), batch.images
    if record is not None:
        assert record.codes is not None
        return Record(
            record.classes[die, part],
            record.codes[die, part],
            [each[die, part] for each in record.accumulators],
            [each[die, part] for each in record.activations],
        )
    return infer(
        job.answering.select([batch.die]),
        job.compiled,
        job.images[part],
        repair=job.repair,
        first_index=job.first_index + part.start,
        record=True,
    )


def _kept(outcome: Outcome) -> Outcome:
    values = vars(outcome)
    big = ("codes", "kernels", "accumulators", "activations", "code_cycles", "accumulator_cycles", "activation_cycles")
    # Copies: a view would keep all of the array.
    return Outcome(**{name: value[:0].copy() if name in big else value for name, value in values.items()})


def _nothing() -> Outcome:
    none: dict[str, Any] = dict.fromkeys(Outcome.__dataclass_fields__, np.zeros(0, np.int64))
    return Outcome(**none | dict.fromkeys(("results", "stray_count", "samples", "cycles"), 0) | {"error": ""})
