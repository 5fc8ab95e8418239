# SPDX-License-Identifier: BSD-3-Clause
"""The run: a sweep over trainings, a sweep over dies through the RTL, and what they found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spintile.model.sweep import source_version

from ....console import Progress
from ....options import EngineName
from ..claims import MedianInterval
from ..sweeps import Sweeps
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


def run_drolet(
    settings: DroletSettings, folder: Path, *, jobs: int, cluster: str | None = None, progress: Progress
) -> DroletRun:
    """Do what has no result yet; killed and run again it ends with the same files.

    With the address of a dask scheduler, trainings and transfers run on its workers, the RTL on this machine.

    Raises
    ------
    SweepFailed
        If a task failed.
    """
    sweeps = Sweeps(folder / "sweeps", source_version(*_MODEL, cases.__name__), jobs, cluster, progress)
    found = sweeps.results(f"{cases.__name__}:run_case", cases.case_settings(settings), "networks")
    results: dict[str, list[dict[str, Any]]] = {}
    for index, method in enumerate(cases.methods(settings)):
        results[method.key] = found[index * settings.seeds : (index + 1) * settings.seeds]
    ended = DroletRun(settings, results, [])
    if settings.engine == "model":
        return ended
    _prepare(settings.engine, progress)
    chosen = results["hardware_aware"][ended.typical("hardware_aware")]
    tasks = cases.rtl_settings(settings, chosen)
    local = Sweeps(folder / "sweeps", source_version(*_MODEL, *_RTL, cases.__name__), jobs, None, progress)
    return DroletRun(settings, results, local.results(f"{cases.__name__}:run_die", tasks, "dies through the RTL"))


def _prepare(engine: EngineName, progress: Progress) -> None:
    """Build the simulator before processes want it at once."""
    from spintile.model.chip import Chip
    from spintile.model.training.moons import ON_CHIP

    from ...cosimulation import prepare_simulator

    progress("simulator", 0.0, f"{engine}, built once and kept")
    prepare_simulator(Chip.preset(ON_CHIP).geometry, engine)
    progress("simulator", 1.0, engine)
