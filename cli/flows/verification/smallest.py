# SPDX-License-Identifier: BSD-3-Clause
"""After a difference: the smallest image and die that show it, its waveforms, the command that repeats it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...console import Progress
from .campaign import Finding
from .stages import run_job, waves_of
from .units import Unit

__all__ = ["Smallest", "find_smallest"]

#: What is kept of the waveforms before and after the difference [ns]: some reads.
_BEFORE, _AFTER = 2000.0, 200.0


@dataclass(frozen=True)
class Smallest:
    """The least that shows a difference.

    Parameters
    ----------
    case, stage : str
        What runs where.
    die : int
        Number of the die.
    first, images : int
        The images that must run, one after the other; one, if it shows the difference alone.
    message : str
        The first difference of that run.
    command : str
        The command line that repeats it.
    waves : str
        File of the run folder with waveforms around the difference; empty if there are none.
    remark : str
        What is worth knowing besides.
    """

    case: str
    stage: str
    die: int
    first: int
    images: int
    message: str
    command: str
    waves: str = ""
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For report.json."""
        return asdict(self)


def find_smallest(finding: Finding, folder: Path, more: Sequence[str], *, progress: Progress) -> Smallest:
    """Look for the least that shows what a finding found.

    Parameters
    ----------
    finding : Finding
        With a failure.
    folder : Path
        The run folder; waveforms go to ``difference.vcd``.
    more : sequence of str
        Options of the command that all its runs share: chip, seed, data.
    progress : Progress
    """
    task = finding.task
    subject, stage = task.subject, task.stage
    failure = finding.failures[0]
    position = subject.dies.tolist().index(failure["die"])
    verilog, program = task.verilog(), task.program()
    tried: dict[tuple[int, int], str] = {}

    def shows(start: int, stop: int) -> str:
        """What a run of some images on the die alone says; empty if all is well."""
        if (start, stop) not in tried:
            progress("smallest image and die", 0.5, f"die {failure['die']}, {stop - start} images")
            job = task.job(Unit((position,), slice(start, stop)), program)
            result = run_job(stage, job, verilog, seed=task.seed, jobs=1)
            tried[start, stop] = "" if result.passed else result.message
        return tried[start, stop]

    start, stop, message = 0, subject.count, str(failure["message"])
    waves = remark = ""
    if stage.name == "golden":
        place = failure["image"] - subject.images.first
        start, stop = place, place + 1
    else:
        found = _least(shows, failure["image"], subject.images.first, subject.count, len(subject.network.layers))
        if found is None:
            remark = "it does not show again with this die alone"
        else:
            (start, stop), message = found, shows(*found)
            job = task.job(Unit((position,), slice(start, stop)), program)
            waves, remark = _waveforms(finding, job, verilog, folder, progress)
    progress("smallest image and die", 1.0, f"die {failure['die']}, image {subject.images.first + start}")
    first = subject.images.first + start
    words = ["spintile", "verify", *subject.options, *stage.options, *more]
    words += ["--dies", str(failure["die"]), "--first", str(first), "--images", str(stop - start)]
    if task.fault is not None:
        words += ["--fault", task.fault]
    return Smallest(
        subject.name,
        stage.label,
        failure["die"],
        first,
        stop - start,
        message,
        shlex.join(words),
        waves,
        remark,
    )


def _least(
    shows: Callable[[int, int], str], image: int | None, first: int, count: int, layers: int
) -> tuple[int, int] | None:
    """The fewest images that show the difference: one alone if there is one; None if none do.

    Images overlap in the pipeline, one for each layer at most, so that what came first in time may be of a later image.
    """
    if image is None:
        end = _prefix(shows, count)
        if end is None:
            return None
    else:
        end = min(count, image - first + 1)
    for place in range(max(0, end - 1 - layers), end):
        if shows(place, place + 1):
            return place, place + 1
    for start in _further_back(end):
        if shows(start, end):
            return start, end
    return (0, count) if shows(0, count) else None


def _further_back(end: int) -> Iterator[int]:
    """Beginnings of longer and longer runs up to an image."""
    length = 2
    while length < end:
        yield end - length
        length *= 2
    yield 0


def _prefix(shows: Callable[[int, int], str], count: int) -> int | None:
    """Fewest first images that show it; None if not even all of them do."""
    if not shows(0, count):
        return None
    low, high = 0, count
    while high - low > 1:
        middle = (low + high) // 2
        if shows(0, middle):
            high = middle
        else:
            low = middle
    return high


def _waveforms(finding: Finding, job: Any, verilog: str, folder: Path, progress: Progress) -> tuple[str, str]:
    """Run it under cocotb with waveforms and keep those around the difference; their file, and a remark."""
    from spintile.cosim.builds import BuildError
    from spintile.cosim.simulate import SimulationError
    from spintile.cosim.tools import MissingTool
    from spintile.cosim.waves import cut_vcd, last_time

    progress("waveforms", 0.0, "a simulator that writes them is built")
    place = folder / "difference"
    try:
        result = waves_of(finding.task.stage, job, verilog, place, seed=finding.task.seed)
    except (MissingTool, BuildError, SimulationError) as error:
        progress("waveforms", 1.0, "none")
        return "", f"no waveforms: {error}"
    whole = next(place.glob("simulation*/waves.vcd"))
    difference = result.first_difference
    time = None if difference is None else difference["time"]
    at = last_time(whole) if time is None else float(time)
    target = folder / "difference.vcd"
    cut_vcd(whole, target, max(0.0, at - _BEFORE), at + _AFTER)
    shutil.rmtree(place)
    progress("waveforms", 1.0, target.name)
    if result.passed:
        return target.name, "under cocotb the same images and die show no difference: look at the host in C++"
    seen = "" if time is None else f"in the waveforms at {at:g} ns"
    return target.name, seen
