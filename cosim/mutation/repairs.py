# SPDX-License-Identifier: BSD-3-Clause
"""The part of the workload that tries out the column repair: codes of any size against constants of any size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from spintile.model.geometry import Geometry
from spintile.model.golden import DieImage
from spintile.model.sensing import Repair, RepairMode

from ..job import CosimJob
from .inference import Part, add_inference, give_die
from .networks import Kind, make_job, random_constants
from .script import Script

__all__ = ["add_edges", "add_repairs"]

#: Draws a repair's constants.
Draw = Callable[[np.random.Generator, Geometry, Repair], Repair]

#: Modes in turn: each comes to a network whose reads look at flags, and to one whose reads do not.
_MODES: tuple[RepairMode, ...] = ("check", "pair_check", "check", "range_guard", "check", "pair_check", "check", "none")


def add_repairs(script: Script, generator: np.random.Generator, firsts: list[int]) -> list[Part]:
    """A run of a few images for each of these first indices, each with constants, offsets and converter of its own.

    Parameters
    ----------
    script : Script
    generator : numpy Generator
    firsts : list of int
        Indices of the first image of each run.
    """
    return _add_runs(script, generator, firsts, (random_constants, _near, _large, _near), (0.5,))


def add_edges(script: Script, generator: np.random.Generator, firsts: list[int]) -> list[Part]:
    """The same with sums and limits close to each other: what one column says lies at the limit of what is possible.

    Every other run drives nearly all rows: limits with every bit need that.
    """
    return _add_runs(script, generator, firsts, (_at_the_limit,), (0.97, 0.5))


def _add_runs(
    script: Script, generator: np.random.Generator, firsts: list[int], draws: Sequence[Draw], driven: Sequence[float]
) -> list[Part]:
    """Runs whose constants and shares of driven rows come from these in turn."""
    geometry = script.geometry
    kinds = [
        Kind("flagged", (geometry.rows + 2,), (), geometry.pairs, 3, repair="check", flags=True, images=10),
        Kind("unflagged", (geometry.rows * 2 - 1,), (), geometry.pairs, 1, repair="check", images=10),
    ]
    widest = geometry.adc_bits
    jobs = [make_job(dataclasses.replace(kind, adc_bits=widest), geometry, generator, 0) for kind in kinds]
    parts: list[Part] = []
    dies: dict[int, int] = {}
    for number, first in enumerate(firsts):
        place = number % len(jobs)
        if number % 8 < len(jobs):
            jobs[place] = jobs[place].replace(image=_any_die(jobs[place].image, geometry, generator))
            dies[place] = give_die(script, jobs[place])
        draw, share = draws[number % 8 // 2 % len(draws)], driven[number % len(driven)]
        job = _changed(jobs[place], geometry, generator, number, draw, share)
        parts.append(add_inference(script, f"{kinds[place].name} {number}", job, dies[place], first))
    return parts


def _any_die(image: DieImage, geometry: Geometry, generator: np.random.Generator) -> DieImage:
    """Columns anywhere between far below and far above the converter's range, any flags."""
    full = 1 << (geometry.adc_bits + geometry.fraction_bits)
    lines = image.offset.shape
    scale = generator.uniform(0.1, 4.0, (*lines[:2], 1, lines[2])) * full / geometry.rows
    return image.replace(
        q=(generator.random(image.q.shape) * scale).astype(np.int32),
        offset=generator.integers(-full // 4, full // 4, lines),
        lo=np.full(lines, -full),
        hi=np.full(lines, 2 * full),
        flags=None if image.flags is None else generator.random(lines) < 0.4,
    )


def _changed(
    job: CosimJob, geometry: Geometry, generator: np.random.Generator, number: int, draw: Draw, driven: float
) -> CosimJob:
    """The job with another repair, offset registers of any size and other images, of which a share is ones."""
    mode = _MODES[(number // 2 + number // 16) % len(_MODES)]
    repair = dataclasses.replace(job.repair, mode=mode, strict=bool(generator.integers(2)))
    repair = draw(generator, geometry, repair)
    reach = 1 << (geometry.adc_bits if number % 4 == 0 else geometry.adc_bits - 3)
    offsets = generator.integers(-reach, reach, geometry.cols)
    images = (generator.random(job.images.shape) < driven).astype(np.uint8)
    return job.replace(repair=repair, image=job.image.replace(column_offset=offsets), images=images)


def _near(generator: np.random.Generator, geometry: Geometry, repair: Repair) -> Repair:
    """Constants of the size that a row adds to a column of such a die: every limit is met now and then."""
    row = (1 << (geometry.adc_bits + geometry.fraction_bits)) / geometry.rows
    peak, difference, base, margin = (int(row * most * generator.random()) for most in (4, 3, 8, 0.5))
    sums = tuple((row * generator.uniform(0.5, 4, geometry.pairs)).astype(int).tolist())
    return dataclasses.replace(repair, P=peak, D=difference, m0=base, m1=margin, K=sums)


def _at_the_limit(generator: np.random.Generator, geometry: Geometry, repair: Repair) -> Repair:
    """Sums that differ from the limit of a difference by less than a column's codes, whatever the size of both."""
    top = 1 << (geometry.adc_bits + geometry.fraction_bits + 5)
    # What gives half of the rows as many codes as a converter has.
    codes = (2 << (geometry.adc_bits + geometry.fraction_bits)) / geometry.rows
    largest = top - 1 - 2.5 * codes
    difference = int(largest * 2.0 ** generator.choice([0.0, generator.uniform(-6, 0)]))
    sums = difference + generator.uniform(-1.5, 2.5, geometry.pairs) * codes
    kept = tuple(np.clip(sums, 0, top - 1).astype(int).tolist())
    peak, base, low = (int(generator.integers(difference)) >> int(generator.integers(8)) for _ in range(3))
    # Now and then the margin is as large as the sums: an excess lies at its edge too.
    high = int(np.clip(difference + generator.uniform(-1.5, 1.5) * codes, 0, top - 1))
    if generator.integers(2):
        return dataclasses.replace(repair, P=peak, D=difference, m0=int(codes) >> 3, m1=high, K=kept)
    return dataclasses.replace(repair, P=peak, D=difference, m0=base, m1=low, K=kept)


def _large(generator: np.random.Generator, geometry: Geometry, repair: Repair) -> Repair:
    """Sums with high bits, and limits that let what one column says pass."""
    top = 1 << (geometry.adc_bits + geometry.fraction_bits + 5)
    difference = int((top - 1) * 2.0 ** generator.uniform(-5, 0))
    sums = tuple((difference * generator.uniform(0.1, 1.0, geometry.pairs)).astype(int).tolist())
    peak, base, margin = (int(generator.integers(difference)) >> int(generator.integers(8)) for _ in range(3))
    return dataclasses.replace(repair, P=peak, D=difference, m0=base, m1=margin, K=sums)
