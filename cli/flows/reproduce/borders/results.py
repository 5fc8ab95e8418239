# SPDX-License-Identifier: BSD-3-Clause
"""Figures from what was found. Nothing in them depends on time, machine load or the folder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..claims import MeanInterval
from . import cases
from .cases import Question, Training
from .settings import MAIN, BordersSettings
from .study import BordersRun

Floats = NDArray[np.float64]

#: How far the mean over the dies may lie below software, as the paper has it [points].
WITHIN = 2.0
#: Names of the report's figures and what each network knows and what repairs its reads.
KINDS = ("unaware", "statistics_aware", "unaware_blind", "blind", "unaware_flagged", "flagged")
_REPAIRS = {"blind": "blind", "unaware_blind": "blind", "flagged": "flags", "unaware_flagged": "flags"}


def question_of(kind: str, rate: float, setting: tuple[float, bool], settings: BordersSettings) -> Question:
    """The question behind one of ``KINDS``."""
    repair: Any = _REPAIRS.get(kind, "none")
    given = cases.conditions(rate, setting, repair)
    if kind.startswith("unaware"):
        return Question(cases.UNAWARE, given, settings.dies)
    return Question(cases.network_for(given, settings), given, settings.dies)


def accuracies(run: BordersRun, kind: str, rate: float, setting: tuple[float, bool] = MAIN) -> Floats:
    """Accuracies [%] of one of ``KINDS``, (seeds, dies)."""
    return run.answers[question_of(kind, rate, setting, run.settings)]


def best_software(run: BordersRun) -> float:
    """Accuracy without an array of the best network that was trained without one, trained on or not [%]."""
    return float(max(run.software(training).max() for training in (cases.START, cases.UNAWARE)))


def figure(values: Floats) -> dict[str, float]:
    """Of accuracies (seeds, dies): mean with its interval, least of all, and the worst die's mean over seeds."""
    over_seeds = MeanInterval.of(values.mean(axis=1))
    worst = MeanInterval.of(values.min(axis=1))
    return {
        **over_seeds.as_dict(),
        "min": float(values.min()),
        "worst_die": worst.mean,
        "worst_die_low": worst.low,
        "worst_die_high": worst.high,
    }


def software_figure(run: BordersRun, training: Training = cases.UNAWARE) -> dict[str, float]:
    """Of the same seeds' accuracies without an array."""
    values = run.software(training)
    return {**MeanInterval.of(values).as_dict(), "min": float(values.min()), "max": float(values.max())}


def gain(run: BordersRun, rate: float, setting: tuple[float, bool] = MAIN) -> MeanInterval:
    """Statistics-aware less unaware without repair [points]: paired by seed and die, mean over the dies."""
    pairs = accuracies(run, "statistics_aware", rate, setting) - accuracies(run, "unaware", rate, setting)
    return MeanInterval.of(pairs.mean(axis=1))


def loss(run: BordersRun, kind: str, rate: float, setting: tuple[float, bool] = MAIN) -> MeanInterval:
    """Points that the mean over the dies lies below the best software network."""
    return MeanInterval.of(best_software(run) - accuracies(run, kind, rate, setting).mean(axis=1))


def software_loss(run: BordersRun, kind: str, rate: float, setting: tuple[float, bool] = MAIN) -> MeanInterval:
    """Points that the mean over the dies lies below the same seed's network that knows of no device, in software."""
    return MeanInterval.of(run.software() - accuracies(run, kind, rate, setting).mean(axis=1))


def worst_loss(run: BordersRun, kind: str, rate: float, setting: tuple[float, bool] = MAIN) -> MeanInterval:
    """Points that the worst die lies below the best software network."""
    return MeanInterval.of(best_software(run) - accuracies(run, kind, rate, setting).min(axis=1))


def largest_rate(run: BordersRun, kind: str, setting: tuple[float, bool], within: float = WITHIN) -> dict[str, Any]:
    """Up to which rate the mean stays within some points of software.

    Returns
    -------
    dict
        ``swept``: largest swept rate up to which every one does [%], None if none does. ``between``: where the loss,
        linear between swept rates, crosses the bound [%]; None if it never does.
    """
    rates = sorted(run.settings.swept)
    losses = [software_loss(run, kind, rate, setting).mean for rate in rates]
    swept: float | None = None
    between: float | None = None
    for place, (rate, found) in enumerate(zip(rates, losses, strict=True)):
        if found > within:
            if place:
                before = losses[place - 1]
                between = rates[place - 1] + (within - before) / (found - before) * (rate - rates[place - 1])
            break
        swept = rate
    return {"within": within, "swept": swept, "between": between}


def known(run: BordersRun, rate: float, setting: tuple[float, bool] = MAIN) -> dict[str, Floats]:
    """What knowing a die is worth, without repair.

    Returns
    -------
    dict
        Accuracies [%] (seeds, known dies) on the dies that die-aware networks know: of themselves (``die_aware``), and
        of the two others on the same dies.
    """
    given = cases.conditions(rate, setting)
    dies = range(run.settings.known_dies)
    own = [run.answers[Question(Training("die_aware", given, die), given, (die,))][:, 0] for die in dies]
    others = {kind: accuracies(run, kind, rate, setting)[:, : len(dies)] for kind in ("unaware", "statistics_aware")}
    return {"die_aware": np.stack(own, axis=1), **others}


def transfer_matrix(run: BordersRun) -> Floats:
    """Accuracies [%] of networks made for one die each (rows) on every die (columns)."""
    rows = [run.answers[cases.transfer_question(die, run.settings)][0] for die in range(run.settings.transfer_dies)]
    return np.stack(rows)


def transfer_figures(run: BordersRun) -> dict[str, Any]:
    """The matrix, its diagonal and the rest, beside networks that know no die, on the same dies."""
    matrix = transfer_matrix(run)
    own = np.eye(len(matrix), dtype=np.bool_)
    given = cases.conditions(cases.STUDIED_RATE)
    beside = {
        name: run.answers[Question(training, given, run.settings.dies)][0, : len(matrix)]
        for name, training in cases.landscape_trainings(run.settings).items()
        if name != "die_aware"
    }
    return {
        "rate": cases.STUDIED_RATE,
        "dies": len(matrix),
        "own": _plain(matrix[own]),
        "others": _plain(matrix[~own]),
        **{name: _plain(values) for name, values in beside.items()},
        "matrix": np.round(matrix, 3).tolist(),
    }


def fitted_figures(run: BordersRun) -> dict[str, Any]:
    """Networks trained on statistics fitted to some dies, by the number of dies; and on the true statistics."""
    rate = run.settings.trained_rate
    table = {
        str(count): figure(run.answers[cases.fitted_question(count, run.settings)]) for count in run.settings.fitted
    }
    table["true"] = figure(run.answers[cases.fitted_question(None, run.settings)])
    table["unaware"] = figure(run.answers[Question(cases.UNAWARE, cases.conditions(rate), run.settings.dies)])
    return {"rate": rate, "by_dies": table}


def mismatch_figures(run: BordersRun) -> dict[str, Any]:
    """Mean accuracy without repair, by trained rate (0: unaware) and true rate."""
    table: dict[str, dict[str, Any]] = {}
    for trained in (0.0, *run.settings.trained):
        training = cases.briefly_aware(trained, run.settings) if trained else cases.UNAWARE
        table[f"{trained:g}"] = {
            f"{rate:g}": figure(run.answers[Question(training, cases.conditions(rate), run.settings.dies)])
            for rate in run.settings.swept
        }
    return table


def landscape_figures(run: BordersRun) -> dict[str, Any]:
    """By network: loss at rest, and its rise [nat] for each share of flipped weights, and from die to die."""
    table: dict[str, Any] = {}
    for name, results in run.landscape.items():
        rest = np.array([found["rest"] for found in results])
        flips = np.stack([found["flips"] for found in results]) - rest[:, np.newaxis, np.newaxis]
        dies = np.stack([found["dies"] for found in results])
        table[name] = {
            "rest": MeanInterval.of(rest).as_dict(),
            "flips": {
                f"{share:g}": MeanInterval.of(flips[:, place].mean(axis=1)).as_dict()
                for place, share in enumerate(run.settings.flips)
            },
            "dies": MeanInterval.of(dies.mean(axis=1) - rest).as_dict(),
        }
    return table


def _plain(values: Floats) -> dict[str, float]:
    return {"mean": float(values.mean()), "min": float(values.min()), "max": float(values.max())}
