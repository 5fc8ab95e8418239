# SPDX-License-Identifier: BSD-3-Clause
"""What mutants are run on: registers, inference of several kinds, random programs, writing, errors and aborts.

All of it is one script. Its inference parts are held against the golden model: ``Part`` keeps what that says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from spintile.model.geometry import Geometry

from .commands import add_commands
from .errors import add_accesses, add_errors
from .hooks import add_hooks
from .illegal import add_illegal
from .inference import Part, add_inference, give_die
from .networks import all_kinds, make_job
from .programs import add_long_loop, add_many_segments, add_programs, add_scores
from .repairs import add_edges, add_repairs
from .script import Cells, Script
from .writing import add_long_pulses, add_writing, fill_targets, program_the_chip

__all__ = ["Part", "Workload", "make_workload"]

#: Image indices of the parts of a workload lie at least so far apart: events tell which part they belong to.
_APART = 1 << 16
#: Runs with repairs of their own, of these at the limit, random programs, output layers, random commands of the write
#: controller.
_REPAIRS, _EDGES, _PROGRAMS, _SCORES, _COMMANDS = 64, 56, 24, 40, 40


@dataclass(frozen=True, eq=False)
class Workload:
    """A script of the bench, and what the golden model says of its inference parts."""

    geometry: Geometry
    script: str
    parts: tuple[Part, ...]


def make_workload(geometry: Geometry, seed: int = 0) -> Workload:
    """Everything that mutants are run on, for a chip.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip, of at least 8 kernels and 3 pairs.
    seed : int
        Of networks, dies, images, programs and states.
    """
    generator = np.random.default_rng(seed)
    script = Script(geometry)
    kinds = all_kinds(geometry, generator)
    jobs = [make_job(kind, geometry, generator, 0) for kind in kinds]
    dies = [give_die(script, job) for job in jobs]
    writable, any_codes = (script.die(cells(geometry, generator)) for cells in (_writable, _any_codes))
    firsts = _first_indices(generator, len(kinds) + _REPAIRS + _EDGES)
    script.do("die", dies[0])
    script.do("reset", 4)
    add_accesses(script, generator)
    script.do("reset", 4)
    script.read("IDENTITY", "VERSION", "GEOMETRY", "STATUS", "ADC_BITS", "SETTLE", "CONTROL", "WRITE_STATUS")
    fill_targets(script, generator)
    parts = [
        add_inference(script, kind.name, job, die, first, kind.pauses)
        for kind, job, die, first in zip(kinds, jobs, dies, firsts, strict=False)
    ]
    parts += add_repairs(script, generator, firsts[len(kinds) + _EDGES :])
    parts += add_edges(script, generator, firsts[len(kinds) : len(kinds) + _EDGES])
    add_programs(script, (*dies, any_codes), generator, _PROGRAMS)
    add_scores(script, (any_codes, *dies), generator, _SCORES)
    add_long_loop(script)
    add_many_segments(script, any_codes, generator)
    # What was written to other memories in between must have left the targets as they were.
    program_the_chip(script, any_codes)
    add_writing(script, writable, generator)
    add_long_pulses(script, writable)
    add_commands(script, (writable, any_codes), generator, _COMMANDS)
    add_illegal(script)
    # What was written in between must not disturb inference, and neither must what went wrong.
    job = jobs[0]
    bench_job = job.bench_job(job.golden(), [0])
    add_hooks(script, bench_job, dies[0], generator)
    add_errors(script, bench_job, dies[0])
    return Workload(geometry, script.text, tuple(parts))


def _first_indices(generator: np.random.Generator, count: int) -> list[int]:
    """Indices of 32 bits in no order, so far apart that no run reaches the next."""
    places = generator.choice((1 << 32) // _APART, count, replace=False).tolist()
    return [place * _APART + int(generator.integers(_APART // 2)) for place in places]


def _writable(geometry: Geometry, generator: np.random.Generator) -> Cells:
    """Cells of about 20 codes in P and 10 in AP; some switch late or never, some are shorted, some open."""
    shape = (geometry.kernels, geometry.rows, geometry.cols)
    one = 1 << geometry.fraction_bits
    draw = generator.random(shape)
    p = np.where(draw < 0.05, 60, np.where(draw < 0.1, 1, np.where(draw < 0.15, 15, 20))) * one
    ap = np.where(draw < 0.05, 60, np.where(draw < 0.1, 1, np.where(draw < 0.15, 15, 10))) * one
    spread = generator.integers(-one, one + 1, shape)
    needs = [np.where(generator.random(shape) < 0.05, 1 << 13, generator.integers(200, 2600, shape)) for _ in range(2)]
    lines = (geometry.kernels, geometry.cols)
    top = np.full(lines, (1 << (geometry.adc_bits + geometry.fraction_bits + 3)) - 1)
    offset = generator.integers(0, 6 * one, lines)
    return Cells(p + spread, ap + spread, needs[0], needs[1], offset, 0 * top, top, generator.random(shape) < 0.5)


def _any_codes(geometry: Geometry, generator: np.random.Generator) -> Cells:
    """Cells and offsets of any code, that switch at any level or not at all."""
    shape, lines = (geometry.kernels, geometry.rows, geometry.cols), (geometry.kernels, geometry.cols)
    full = 1 << (geometry.adc_bits + geometry.fraction_bits)
    p, ap = (generator.integers(0, full, shape) >> generator.integers(0, 5, shape) for _ in range(2))
    needs = [generator.integers(0, 4500, shape) for _ in range(2)]
    offset = generator.integers(-full // 8, full // 2, lines) >> generator.integers(0, 6, lines)
    high = generator.integers(full // 2, 2 * full, lines)
    return Cells(p, ap, needs[0], needs[1], offset, np.full(lines, -full), high, generator.random(shape) < 0.5)
