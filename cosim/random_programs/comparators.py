# SPDX-License-Identifier: BSD-3-Clause
"""Comparators that always answer the same, or answer anything."""

from __future__ import annotations

import numpy as np
from spintile.model.golden import Record

from ..compiled import Outcome
from ..compiled.session import host_counters
from ..job import CosimJob
from ..loading import RegisterWrite
from .case import Program
from .host import Host, Wrong
from .recovery import run_again

__all__ = ["loose", "stuck"]


def stuck(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """Comparators that always answer the same: codes are at an end of the scale, and all else follows from them."""
    low, high = _columns(job, program)
    host.engine.set_comparators(low=low, high=high)
    far = 1 << 39
    image = job.image
    arrays = {name: getattr(image, name).copy() for name in ("offset", "lo", "hi")}
    for columns, value in ((high, far), (low, -far)):
        # With one bit a pair has one comparator, the plus column's.
        deciding = columns if image.adc_bits > 1 else [col for col in columns if col % 2 == 0]
        for name in arrays:
            arrays[name][:, :, deciding] = value
    there = job.replace(image=image.replace(**arrays), array_image=image)
    host.control("enable", "clear_counters")
    host.check(host.stream(job, program), there, there.golden())
    host.engine.set_comparators()
    run_again(host, job, program, record)


def loose(host: Host, job: CosimJob, program: Program, record: Record) -> None:
    """Comparators that answer anything: every image comes through, its class is anybody's guess, nothing waits."""
    columns, more = _columns(job, program)
    columns = sorted({*columns, *more})
    host.engine.set_comparators(loose=columns)
    host.control("enable", "clear_counters")
    outcome = host.stream(job, program)
    host.expect(outcome.error)
    if outcome.stray_count or not all(stamps.all() for stamps in _stamps(outcome)):
        raise Wrong("every event must come exactly once with comparators that answer anything, and does not")
    assert record.codes is not None
    first = slice(job.layer_reads[0].ordinal, job.layer_reads[0].end)
    sound = np.setdiff1d(np.arange(job.geometry.cols), columns)
    if job.image.adc_bits == 1:
        sound = sound[~np.isin(sound // 2, np.asarray(columns, int) // 2)]
    if not np.array_equal(outcome.codes[:, first][..., sound], record.codes[0][:, first][..., sound]):
        raise Wrong("codes of sound columns must be right beside comparators that answer anything, and are not")
    host_counters(host.engine, outcome, job.first_index, job.compiled.reads_per_image * len(job.images))
    host.registers.write_all([RegisterWrite("CONTROL", [0])])
    host.engine.set_comparators()
    run_again(host, job, program, record)


def _columns(job: CosimJob, program: Program) -> tuple[list[int], list[int]]:
    """Columns of two kinds, at least one of them."""
    cols, ending = job.geometry.cols, program.ending
    low = [col for col in range(cols) if ending.data >> 2 * col & 3 == 1]
    high = [col for col in range(cols) if ending.data >> 2 * col & 3 == 2]
    return (low, high) if low or high else ([], [ending.place % cols])


def _stamps(outcome: Outcome) -> tuple[np.ndarray, ...]:
    return outcome.code_cycles, outcome.accumulator_cycles, outcome.activation_cycles, outcome.class_cycles
