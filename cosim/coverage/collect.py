# SPDX-License-Identifier: BSD-3-Clause
"""Which bins a run has hit: from the record in which RTL and golden model agree, a sample of its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.golden import Record

from ..job import CosimJob
from .decisions import note_decisions
from .handshakes import note_handshakes
from .layer_view import layer_views
from .programs import note_program
from .reads import note_reads
from .repairs import note_repairs

__all__ = ["add_counts", "count_handshakes", "count_program", "count_record", "count_run", "sampled"]

#: Codes of a die's images that are looked at, at most; but so many images at least.
_CODES, _IMAGES = 1 << 16, 4


def sampled(job: CosimJob, images: int) -> NDArray[np.int64]:
    """Positions of the images that are looked at, evenly spread: as many as are cheap beside their simulation."""
    each = job.compiled.reads_per_image * job.geometry.cols
    count = min(images, max(_IMAGES, _CODES // each))
    return np.arange(count, dtype=np.int64) * images // count


def count_record(job: CosimJob, record: Record, die: int, inputs: NDArray[Any]) -> dict[str, int]:
    """Hits of one die's images.

    Parameters
    ----------
    job : CosimJob
    record : Record
        All stages, of the whole job or of that die alone; what RTL and golden model agree on.
    die : int
        Position of the die in the job.
    inputs : int array (images, ...)
        The images of the record.
    """
    found: Counter[str] = Counter()
    assert record.codes is not None
    if job.loop_back:  # its codes say nothing of an array, and its sums may be any
        kind = "one_bit" if job.image.adc_bits == 1 else "codes"
        return {f"test.{kind}": len(inputs) * job.compiled.reads_per_image}
    chosen = sampled(job, len(inputs))
    place = die if record.codes.shape[0] > 1 else 0
    part = Record(
        record.classes[place : place + 1, chosen],
        record.codes[place : place + 1, chosen],
        [each[place : place + 1, chosen] for each in record.accumulators],
        [each[place : place + 1, chosen] for each in record.activations],
    )
    for view in layer_views(job, part, die, inputs[chosen]):
        note_reads(view, found)
        note_repairs(view, found)
        note_decisions(view, found)
    return _hit(found)


def count_program(job: CosimJob) -> dict[str, int]:
    """Hits of a job's program, once for each run."""
    found: Counter[str] = Counter()
    note_program(job, found)
    return _hit(found)


def count_handshakes(counts: Mapping[str, int]) -> dict[str, int]:
    """Hits of handshakes that ``CompiledEngine.handshakes`` counted."""
    found: Counter[str] = Counter()
    note_handshakes(counts, found)
    return _hit(found)


def count_run(job: CosimJob, record: Record) -> dict[str, int]:
    """Hits of a whole job that passed: its program, and the images on every die."""
    return add_counts([count_program(job), *(count_record(job, record, die, job.images) for die in range(job.dies))])


def add_counts(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Hits of several runs, by name in order."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return _hit(total)


def _hit(found: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(found.items()) if count}
