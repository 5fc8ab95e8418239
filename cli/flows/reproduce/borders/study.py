# SPDX-License-Identifier: BSD-3-Clause
"""The run: sweeps over trainings, questions and further studies, and what they found."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spintile.model.sweep import source_version

from ....console import Progress
from ..sweeps import Sweeps
from . import cases
from .cases import Question, Training
from .settings import BordersSettings

Floats = NDArray[np.float64]

_TASKS = "spintile.model.training.digits"
#: Code that results follow from: all of the model but other reproductions.
_SOURCES = tuple(
    f"spintile.model.{name}"
    for name in (
        "array",
        "chip",
        "chip_presets",
        "data",
        "device",
        "dies",
        "evaluation",
        "geometry",
        "golden",
        "mapping",
        "network",
        "programming",
        "sensing",
        "remapping",
        *(f"training.{name}" for name in ("accumulate", "array_torch", "devices", "digits", "drawing", "effective")),
        *(f"training.{name}" for name in ("fitting", "fold", "model", "reads", "spec", "whole_dies", "wiring")),
    )
)


@dataclass(frozen=True, eq=False)
class BordersRun:
    """What was found.

    Parameters
    ----------
    settings : BordersSettings
    networks : dict
        What ``train_network`` gave, by kind of network and seed.
    answers : dict
        Accuracies [%] of each question, float64 arrays (seeds, dies).
    landscape : dict
        By name of network, what ``loss_around`` gave for each seed.
    studies : dict
        Results of the further studies by name, as ``studies`` describes them.
    rtl : dict or None
        What the RTL answered.
    """

    settings: BordersSettings
    networks: dict[tuple[Training, int], dict[str, Any]]
    answers: dict[Question, Floats]
    landscape: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    studies: dict[str, Any] = field(default_factory=dict)
    rtl: dict[str, Any] | None = None

    def software(self, training: Training = cases.UNAWARE) -> Floats:
        """Accuracy without an array of a kind of network [%], (seeds,)."""
        return np.array([self.networks[training, seed]["software"] for seed in range(self.settings.seeds)])


def run_borders(
    settings: BordersSettings, folder: Path, *, jobs: int, cluster: str | None = None, progress: Progress
) -> BordersRun:
    """Do what has no result yet, but for the RTL; killed and run again it ends with the same results.

    Raises
    ------
    SweepFailed
        If a task failed.
    """
    from .studies import run_studies

    version = source_version(*_SOURCES) + data_digest(settings.data)
    sweeps = Sweeps(folder / "sweeps", version, jobs, cluster, progress)
    asked = cases.questions(settings)
    networks = _train(asked, settings, sweeps)
    answers = _ask(asked, networks, settings, sweeps)
    run = BordersRun(settings, networks, answers, _landscape(networks, settings, sweeps))
    return dataclasses.replace(run, studies=run_studies(run, sweeps))


def with_rtl(run: BordersRun, folder: Path, *, jobs: int, progress: Progress) -> BordersRun:
    """The run with what the RTL answers, if a simulator was asked for."""
    from .rtl import verify_on_rtl

    if run.settings.engine == "model":
        return run
    found = verify_on_rtl(run, folder / "rtl", engine=run.settings.engine, jobs=jobs, progress=progress)
    return dataclasses.replace(run, rtl=found)


def data_digest(source: str) -> str:
    """Hash of the IDX files of a folder; empty for the bundled images, which are part of the sources."""
    if source == "mnist":
        return ""
    digest = hashlib.sha256()
    for path in sorted(Path(source).iterdir()):
        if "idx" in path.name:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _train(
    asked: list[Question], settings: BordersSettings, sweeps: Sweeps
) -> dict[tuple[Training, int], dict[str, Any]]:
    """First what others start from, then those."""
    task = f"{_TASKS}.experiment:train_network"
    wanted = cases.trainings(asked, settings)
    found: dict[tuple[Training, int], dict[str, Any]] = {}
    for step, further in (("networks to start from", False), ("networks", True)):
        keys = [(kind, seed) for kind, seed in wanted if kind.further == further]
        given = []
        for kind, seed in keys:
            start = found[cases.START, seed]["network"] if further else None
            given.append(cases.training_setting(kind, seed, settings, start))
        found.update(zip(keys, sweeps.results(task, given, step), strict=True))
    return found


def _ask(
    asked: list[Question],
    networks: dict[tuple[Training, int], dict[str, Any]],
    settings: BordersSettings,
    sweeps: Sweeps,
) -> dict[Question, Floats]:
    keys = [(question, seed) for question in asked for seed in question.seeds(settings)]
    given = [
        cases.question_setting(question, networks[question.training, seed]["network"], settings)
        for question, seed in keys
    ]
    answers: dict[Question, list[Floats]] = {}
    found = sweeps.results(f"{_TASKS}.experiment:ask_on_dies", given, "networks on dies")
    for (question, _), result in zip(keys, found, strict=True):
        answers.setdefault(question, []).append(result["accuracies"])
    return {question: np.stack(rows) for question, rows in answers.items()}


def _landscape(
    networks: dict[tuple[Training, int], dict[str, Any]], settings: BordersSettings, sweeps: Sweeps
) -> dict[str, list[dict[str, Any]]]:
    kinds = cases.landscape_trainings(settings)
    keys = [(name, seed) for name, kind in kinds.items() for seed in range(settings.seeds) if (kind, seed) in networks]
    given = [
        {
            "network": networks[kinds[name], seed]["network"],
            "conditions": cases.conditions(cases.STUDIED_RATE).as_dict(),
            "shares": settings.flips,
            "draws": settings.draws,
            "dies": settings.dies,
            "data": settings.data,
            "images": settings.landscape_images,
            "seed": seed,
        }
        for name, seed in keys
    ]
    found: dict[str, list[dict[str, Any]]] = {}
    for (name, _), result in zip(keys, sweeps.results(f"{_TASKS}.landscape:loss_around", given, "loss"), strict=True):
        found.setdefault(name, []).append(result)
    return found
