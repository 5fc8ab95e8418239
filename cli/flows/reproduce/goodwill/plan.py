# SPDX-License-Identifier: BSD-3-Clause
"""What is run: training, writing and asking, metrics, each as a resumable sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spintile.model.sweep import source_version
from spintile.model.sweep.plan import canonical

from ....console import Progress
from ..sweeps import Sweeps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spintile.model.training.wine import Solutions

#: Solutions that one task writes: they share solves, so that a few together cost less than each alone.
CHUNK = 60
HEADLINE = ("mtj-50nm", "one-pulse")
_TASKS = "spintile.model.training.wine.experiment"
#: What results follow from, but for the shape of the chip.
_SOURCES = (
    "array",
    "chip_presets",
    "data",
    "device",
    "dies",
    "programming",
    "sensing.sensing",
    *(f"training.wine.{name}" for name in ("experiment", "on_array", "samples", "solutions", "train")),
    "writing",
)
_EVERY = tuple(
    (device, write) for device in ("mtj-50nm", "mtj-40nm", "mtj-11nm") for write in ("verified", "one-pulse")
)


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Parameters
    ----------
    solutions : int
        Trained for each seed.
    seeds : tuple of int
        Of splits, training, dies and pulses; each is the whole experiment again.
    steps : int
        Of training.
    arrays : tuple of (device, way of writing)
        What solutions are written to, and how.
    rtl_samples, rtl_dies : int
        What the chosen network is asked on the RTL; 0 samples: nothing.
    """

    solutions: int = 300
    seeds: tuple[int, ...] = (1,)
    steps: int = 1500
    arrays: tuple[tuple[str, str], ...] = (*_EVERY, ("mtj-50nm", "first-pulse"), ("mtj-50nm", "defects"))
    rtl_samples: int = 200
    rtl_dies: int = 4

    def __post_init__(self) -> None:
        for name in ("solutions", "steps", "rtl_dies"):
            if getattr(self, name) < 1:
                raise ValueError(f"plan: {name} must be at least 1, not {getattr(self, name)}")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"plan: seeds must be different non-negative integers, at least one, not {self.seeds}")
        if HEADLINE not in self.arrays:
            raise ValueError(f"plan: arrays must hold {HEADLINE}, whose median is the claim, not only {self.arrays}")


QUICK = Plan(
    solutions=20,
    steps=400,
    rtl_samples=40,
    rtl_dies=2,
    arrays=(("mtj-50nm", "verified"), ("mtj-50nm", "one-pulse"), ("mtj-11nm", "one-pulse")),
)
FULL = Plan(
    seeds=(1, 2, 3, 4, 5),
    arrays=tuple(
        (device, write)
        for device in ("mtj-50nm", "mtj-40nm", "mtj-11nm")
        for write in ("verified", "one-pulse", "first-pulse", "defects")
    ),
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was found.

    Parameters
    ----------
    plan : Plan
    solutions : list of Solutions
        By seed.
    training : list of (bool array (solutions, samples) or None)
        What each solution was trained on, by seed; None where that is not known.
    arrays : dict
        By (device, way of writing), and by seed: arrays over all solutions, as ``array_results`` gives them.
    metrics : list of dict
        By seed: what is known of the solutions before they are written.
    tuned : float
        Scale at which the metrics and the headline are.
    """

    plan: Plan
    solutions: list[Solutions]
    training: list[NDArray[np.bool_] | None]
    arrays: dict[tuple[str, str], list[dict[str, NDArray[Any]]]]
    metrics: list[dict[str, NDArray[Any]]]
    tuned: float


def run_plan(
    plan: Plan,
    folder: Path,
    *,
    external: Solutions | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress,
) -> Outcome:
    """Do everything that has no result yet.

    Parameters
    ----------
    plan : Plan
    folder : Path
        The run's; sweeps go into ``sweeps`` below it.
    external : Solutions or None
        Solutions trained elsewhere, in place of training.
    jobs : int
        Worker processes.
    cluster : str or None
        Address of a dask scheduler whose workers are used instead.
    progress : Progress
    """
    from spintile.model.training.wine import SCALES, load_samples, pack, splits, unpack

    version = source_version(*(f"spintile.model.{name}" for name in _SOURCES))
    place = Sweeps(folder / "sweeps", version, jobs, cluster, progress)
    training: list[NDArray[np.bool_] | None]
    if external is None:
        settings = [
            {"seed": seed, "solutions": plan.solutions, "settings": {"steps": plan.steps}} for seed in plan.seeds
        ]
        solutions = [
            unpack(found)
            for found in place.results(f"{_TASKS}:train_task", settings, f"training {plan.solutions} solutions")
        ]
        training = [splits(group.numbers, seed) for seed, group in zip(plan.seeds, solutions, strict=True)]
    else:
        solutions, training = [external] * len(plan.seeds), [None] * len(plan.seeds)
    chunks = [
        [pack(group.select(range(start, min(start + CHUNK, len(group))))) for start in range(0, len(group), CHUNK)]
        for group in solutions
    ]
    tasks = [
        {"seed": seed, "device": device, "write": write, "scales": list(SCALES), "solutions": chunk}
        for device, write in plan.arrays
        for seed, parts in zip(plan.seeds, chunks, strict=True)
        for chunk in parts
    ]
    found = iter(place.results(f"{_TASKS}:array_results", tasks, "writing and asking arrays"))
    arrays = {
        key: [_joined([next(found) for _ in parts], {"correct": 1, "score_error": 1}) for parts in chunks]
        for key in plan.arrays
    }
    tuned = tuned_scale(arrays[HEADLINE], training)
    known = iter(
        place.results(
            f"{_TASKS}:solution_metrics",
            [{"scale": tuned, "solutions": chunk} for chunk in _different(chunks)],
            "metrics of the solutions",
        )
    )
    by_chunk = {canonical(chunk): next(known) for chunk in _different(chunks)}
    metrics = [_joined([by_chunk[canonical(chunk)] for chunk in parts], {}) for parts in chunks]
    assert len(load_samples().labels) == arrays[HEADLINE][0]["correct"].shape[2]
    return Outcome(plan, solutions, training, arrays, metrics, tuned)


def tuned_scale(results: Sequence[Mapping[str, Any]], training: Sequence[NDArray[np.bool_] | None]) -> float:
    """The swept scale with the largest mean accuracy on the samples that solutions were trained on; all, if unknown."""
    import numpy as np
    from spintile.model.training.wine import SCALES

    total = np.zeros(len(SCALES))
    for found, chosen in zip(results, training, strict=True):
        correct = found["correct"].astype(np.float64)
        weight = np.ones(correct.shape[1:]) if chosen is None else chosen
        total += (correct * weight).sum(axis=(1, 2)) / weight.sum()
    return SCALES[int(total.argmax())]


def _different(chunks: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Each chunk once: seeds share solutions that come from elsewhere."""
    seen: dict[str, dict[str, Any]] = {}
    for parts in chunks:
        for chunk in parts:
            seen.setdefault(canonical(chunk), chunk)
    return list(seen.values())


def _joined(parts: Sequence[Mapping[str, Any]], axes: Mapping[str, int]) -> dict[str, Any]:
    import numpy as np

    return {name: np.concatenate([part[name] for part in parts], axis=axes.get(name, 0)) for name in parts[0]}
