# SPDX-License-Identifier: BSD-3-Clause
"""Inference in the workload: a job at the pins, and what the golden model says about it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ..job import CosimJob
from ..scoreboard import Expected
from .script import Cells, Script

__all__ = ["Part", "add_inference", "give_die"]


@dataclass(frozen=True, eq=False)
class Part:
    """An inference part: what must be seen of the images from ``first_index`` on."""

    name: str
    first_index: int
    images: int
    expected: Expected


def give_die(script: Script, job: CosimJob) -> int:
    """Give the bench a job's die as it is read, pulses change nothing; returns its number."""
    image = job.image
    q = image.q[0]
    never = np.full(q.shape, 1 << 13)
    cells = Cells(q, q, never, never, image.offset[0], image.lo[0], image.hi[0], np.zeros(q.shape, np.bool_))
    return script.die(cells)


def add_inference(
    script: Script, name: str, job: CosimJob, die: int, first: int, pauses: tuple[int, ...] = (0, 0, 0, 0, 0)
) -> Part:
    """Load a job, run it with its images counted from ``first``, read the counters.

    Parameters
    ----------
    script : Script
    name : str
        Of the part.
    job : CosimJob
        One die.
    die : int
        Its number in the script.
    first : int
        Index of the first image, below 2^32 with all of them.
    pauses : five int
        As the operation of that name takes them.
    """
    bench_job = job.bench_job(job.golden(), [0])
    script.do("pauses", *pauses)
    script.do("die", die)
    script.load(bench_job)
    script.write("IMAGE_INDEX", first)
    script.control("enable", "clear_counters")
    script.images(bench_job.stream.tolist())
    script.do("results", len(bench_job.stream))
    script.do("idle", 20)
    script.read("STATUS", "CYCLES", "READS", "IMAGES", "CONVERTING", "FIRST_RESULT", "LAST_RESULT")
    script.control()
    script.do("pauses", 0, 0, 0, 0, 0)
    return Part(name, first, len(bench_job.stream), dataclasses.replace(bench_job.expected(0), first_index=first))
