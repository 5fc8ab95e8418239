# SPDX-License-Identifier: BSD-3-Clause
"""Units of a verification: some images on some dies at one stage. Each is kept in a file when it is finished."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..steps import read_record, write_record
from .reference import check_reference
from .stages import Stage, run_job

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spintile.cosim.job import CosimJob
    from spintile.cosim.result import CosimResult

    from .subjects import Subject

__all__ = ["Unit", "UnitResult", "added", "divide", "keep", "kept", "run_unit", "unit_key"]

#: Dies of a unit: enough that processes or threads have something to share.
_DIES = 4


@dataclass(frozen=True)
class Unit:
    """Some images on the dies at some positions of a population."""

    positions: tuple[int, ...]
    images: slice

    @property
    def amount(self) -> int:
        """Images, each on one die."""
        return len(self.positions) * (self.images.stop - self.images.start)

    def name(self, subject: Subject) -> str:
        """For its file: dies and images by their numbers."""
        dies = subject.dies[list(self.positions)]
        first, last = (subject.images.first + place for place in (self.images.start, self.images.stop - 1))
        return f"dies-{dies[0]}-{dies[-1]}-images-{first}-{last}"


@dataclass
class UnitResult:
    """What a unit showed.

    Parameters
    ----------
    images : int
        Images, each on one die.
    compared, mismatches : dict of int
        Values by point of comparison.
    failures : list of dict
        For each die that has any: ``die``, ``image`` (None: a hang or a broken protocol) and ``message``.
    cycles_per_image : float or None
        At saturation, mean over the dies.
    cycles_bound : int
        What the converters alone take.
    correct : int or None
        Images answered as their labels say; None: not known.
    coverage : dict of int
        Hits of functional coverage.
    seconds, processor : float
        Wall-clock time with everything, and processor time of the images.
    """

    images: int
    compared: dict[str, int]
    mismatches: dict[str, int]
    failures: list[dict[str, Any]]
    cycles_per_image: float | None = None
    cycles_bound: int = 0
    correct: int | None = None
    coverage: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    processor: float = 0.0


def divide(dies: int, images: int, stage: Stage) -> Iterator[Unit]:
    """The units of a stage, in order; they do not depend on how many processes there are."""
    for start in range(0, images, stage.images_at_once):
        part = slice(start, min(start + stage.images_at_once, images))
        for first in range(0, dies, _DIES):
            yield Unit(tuple(range(first, min(first + _DIES, dies))), part)


def run_unit(
    stage: Stage,
    job: CosimJob,
    verilog: str,
    *,
    seed: int,
    jobs: int,
    labels: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> UnitResult:
    """Run a unit's job; where something differs, each of its dies alone, so that all of them are named.

    Parameters
    ----------
    stage, job, verilog, seed, jobs, progress
        As of ``stages.run_job``.
    labels : int array (images,) or None
        True classes.
    """
    began = time.monotonic()
    if stage.name == "golden":
        found = _reference(job, jobs, labels, progress)
    else:
        result = run_job(stage, job, verilog, seed=seed, jobs=jobs, progress=progress)
        if result.passed or job.dies == 1:
            results = [result]
        else:
            alone = (job.replace(**_die(job, position)) for position in range(job.dies))
            results = [run_job(stage, each, verilog, seed=seed, jobs=jobs) for each in alone]
        found = _merged(job, results)
    found.seconds = time.monotonic() - began
    return found


def _die(job: CosimJob, position: int) -> dict[str, Any]:
    """The fields of a job that make it one of one die."""
    at_pins = None if job.array_image is None else job.array_image.select([position])
    return {"image": job.image.select([position]), "array_image": at_pins}


def _reference(
    job: CosimJob, jobs: int, labels: NDArray[np.int64] | None, progress: Callable[[int, int], None] | None
) -> UnitResult:
    check = check_reference(job, jobs=jobs, progress=progress)
    return UnitResult(
        images=check.together.size,
        compared={"classes": check.together.size},
        mismatches={"classes": int(np.count_nonzero(check.together != check.recorded))},
        failures=[{"die": die, "image": image, "message": said} for die, image, said in check.differences()],
        cycles_bound=job.compiled.cycles_bound(job.image.adc_bits),
        correct=None if labels is None else int(np.count_nonzero(check.together == labels)),
    )


def _merged(job: CosimJob, results: list[CosimResult]) -> UnitResult:
    """Results of a unit's dies as one."""
    points = [point for point in results[0].compared if point != "total"]
    rates = [result.cycles_per_image for result in results if result.cycles_per_image is not None]
    failures = []
    for position, result in enumerate(results):
        if not result.passed:
            first = result.first_difference
            die = int(job.image.die_ids[position]) if first is None else int(first["die"])
            image = None if first is None else int(first["image"])
            failures.append({"die": die, "image": image, "message": result.message})
    return UnitResult(
        images=job.dies * len(job.images),
        compared={point: sum(result.compared[point] for result in results) for point in points},
        mismatches={point: sum(result.mismatches[point] for result in results) for point in points},
        failures=failures,
        cycles_per_image=float(np.mean(rates)) if rates else None,
        cycles_bound=results[0].cycles_bound,
        coverage=added(result.coverage for result in results),
        processor=sum(result.seconds.get("processor", 0.0) for result in results),
    )


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts by name, added; names in the order in which they come."""
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total


def unit_key(stage: Stage, job: CosimJob, verilog: str, seed: int, source: str) -> str:
    """Hash of all that a unit's result follows from: what runs, on what, by which code."""
    plain = {
        "stage": stage.key,
        "seed": seed,
        "source": source,
        "geometry": job.geometry.as_dict(),
        "repair": dataclasses.asdict(job.repair),
        "first": job.first_index,
        "settle": job.settle_cycles,
        "disturbance": dataclasses.asdict(job.disturbance),
        "array": job.array,
    }
    state = hashlib.sha256(json.dumps(plain, sort_keys=True).encode() + verilog.encode())
    for part in (job.compiled.program, job.loaded, job.image, job.at_pins):
        for name, value in sorted(vars(part).items()):
            state.update(f"\0{name}\0{getattr(value, 'shape', value)}\0".encode())
            if isinstance(value, np.ndarray):
                state.update(np.ascontiguousarray(value).tobytes())
    state.update(np.ascontiguousarray(job.images).tobytes())
    return state.hexdigest()


def kept(path: Path, key: str) -> UnitResult | None:
    """What an earlier run left of a unit, if nothing that it followed from has changed."""
    record = read_record(path) if path.is_file() else None
    if record is None or record.get("key") != key:
        return None
    try:
        return UnitResult(**record["result"])
    except (KeyError, TypeError):
        return None


def keep(path: Path, key: str, result: UnitResult) -> None:
    """Keep a finished unit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(path, {"key": key, "result": dataclasses.asdict(result)})
