# SPDX-License-Identifier: BSD-3-Clause
"""The run: a sweep over trainings, a sweep over dies through the RTL, and what they found."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spintile.model.sweep import Progress as SweepProgress
from spintile.model.sweep import Setting, Sweep, collect, run, source_version
from spintile.model.sweep.plan import canonical

from ....console import Progress
from ....options import EngineName
from ..claims import MedianInterval
from . import cases
from .settings import DroletSettings

if TYPE_CHECKING:
    from spintile.model.training.moons import Written

#: Code that the tasks' results follow from.
_MODEL = tuple(
    f"spintile.model.{name}"
    for name in ("training.moons", "array", "chip", "chip_presets", "geometry", "golden", "mapping", "sensing")
)
_RTL = ("spintile.rtl", "spintile.cosim")


@dataclass(frozen=True)
class DroletRun:
    """What was found.

    Parameters
    ----------
    settings : DroletSettings
    results : dict
        By method, what ``run_case`` gave for each seed.
    dies : list of dict
        What ``run_die`` gave for each die; empty if nothing went through the RTL.
    """

    settings: DroletSettings
    results: dict[str, list[dict[str, Any]]]
    dies: list[dict[str, Any]]

    def spread(self, method: str, figure: str = "share", where: str = "ideal") -> MedianInterval:
        """Median over the seeds of a figure, and its range."""
        return MedianInterval.of([result[where][figure] for result in self.results[method]])

    def typical(self, method: str) -> int:
        """The seed whose share is the median; the lower of two."""
        shares = [result["ideal"]["share"] for result in self.results[method]]
        order = sorted(range(len(shares)), key=lambda seed: (shares[seed], seed))
        return order[(len(order) - 1) // 2]

    def written(self, method: str) -> Written:
        """The network of the typical seed, in arrays of 8 x 8."""
        return as_written(self.results[method][self.typical(method)])


def as_written(result: dict[str, Any]) -> Written:
    """A network from what ``run_case`` gave, in arrays of 8 x 8."""
    from spintile.model.training.moons import LayerArrays, Written

    return Written(tuple(result["targets"]), tuple(result["scales"]), LayerArrays())


def run_drolet(settings: DroletSettings, folder: Path, *, jobs: int, progress: Progress) -> DroletRun:
    """Do what has no result yet; killed and run again it ends with the same files.

    Raises
    ------
    SweepFailed
        If a task failed.
    """
    found = _sweep(cases.run_case, cases.case_settings(settings), _MODEL, folder / "cases", jobs, progress, "networks")
    results: dict[str, list[dict[str, Any]]] = {}
    for index, method in enumerate(cases.methods(settings)):
        results[method.key] = found[index * settings.seeds : (index + 1) * settings.seeds]
    ended = DroletRun(settings, results, [])
    if settings.engine == "model":
        return ended
    _prepare(settings.engine, progress)
    chosen = results["hardware_aware"][ended.typical("hardware_aware")]
    tasks = cases.rtl_settings(settings, chosen)
    return DroletRun(
        settings,
        results,
        _sweep(cases.run_die, tasks, (*_MODEL, *_RTL), folder / "rtl", jobs, progress, "dies through the RTL"),
    )


def _prepare(engine: EngineName, progress: Progress) -> None:
    """Build the simulator before processes want it at once."""
    from spintile.model.chip import Chip
    from spintile.model.training.moons import ON_CHIP

    from ...cosimulation import prepare_simulator

    progress("simulator", 0.0, f"{engine}, built once and kept")
    prepare_simulator(Chip.preset(ON_CHIP).geometry, engine)
    progress("simulator", 1.0, engine)


def _sweep(
    function: Any,
    settings: Sequence[Setting],
    sources: Sequence[str],
    folder: Path,
    jobs: int,
    progress: Progress,
    title: str,
) -> list[dict[str, Any]]:
    """Results of a sweep in a folder of its own: another code or other settings never meet an older run's files."""
    sweep = Sweep.of(function, settings, source_version(*sources, cases.__name__))
    name = hashlib.sha256(canonical([sweep.version, list(sweep.settings)]).encode()).hexdigest()[:12]

    def tell(state: SweepProgress) -> None:
        left = "" if state.seconds_left is None else f", about {state.seconds_left:.0f} s left"
        over = state.done + state.failed
        progress(title, over / state.total, f"{over} of {state.total}{left if over < state.total else ''}")

    run(sweep, folder / name, jobs=jobs, progress=tell)
    found: list[Any] = collect(sweep, folder / name)
    return found
