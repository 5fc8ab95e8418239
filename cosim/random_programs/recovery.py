# SPDX-License-Identifier: BSD-3-Clause
"""What endings share: the way back to a chip that works, and how far a chip in a fault may go."""

from __future__ import annotations

from spintile.model.golden import Record

from ..compiled import Outcome
from ..job import CosimJob
from ..loading import RegisterWrite
from .case import Program
from .host import Host, Wrong

__all__ = ["ARRAY_ERROR", "BUSY", "DEADLINE", "PATIENCE", "come_back", "enough_cycles", "only_hangs", "run_again"]

#: STATUS.busy and STATUS.array_error.
BUSY, ARRAY_ERROR = 1, 32
#: Cycles without progress after which a host gives up, and those that a broken program may run.
PATIENCE, DEADLINE = 5_000, 40_000


def come_back(host: Host, job: CosimJob, program: Program, record: Record, *, load: bool = False) -> None:
    """Soft reset; the same images again, if wanted, with the program as it must still be there."""
    host.soft_reset()
    if program.ending.again:
        if load:
            host.load(job)
        host.run(job, program, record)


def run_again(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """The same images again, if wanted; nobody resets the chip."""
    if program.ending.again:
        host.write_all([RegisterWrite("IMAGE_INDEX", [job.first_index])])
        host.run(job, program, record)


def only_hangs(outcome: Outcome) -> None:
    """Whatever a chip may do in a fault, it keeps the protocol of its pins and answers on its bus."""
    if outcome.error and not outcome.error.startswith(("design must go on reading", "design must be done")):
        raise Wrong(outcome.error)


def enough_cycles(job: CosimJob) -> int:
    """Cycles that are enough for all images of a job without pauses."""
    geometry = job.geometry
    read = max(geometry.conversion_cycles(job.image.adc_bits), job.settle_cycles + 1) + 20
    beats = job.stream(job.images[:1]).shape[1]
    return 2_000 + len(job.images) * (2 * beats + 3 * job.compiled.reads_per_image * read)
