# SPDX-License-Identifier: BSD-3-Clause
"""Further studies: ingredients of training, mapping that repairs, copies of layers, the best network on one die.

Each is a list of records, one a task's result beside what was asked, so that figures follow from records alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import cases
from .settings import BordersSettings

if TYPE_CHECKING:
    from ..sweeps import Sweeps
    from .study import BordersRun

_TASKS = "spintile.model.training.digits"
#: Dies of one task, where a die takes seconds.
_CHUNK = 6
#: Rates at which the best network is asked [%].
BEST_RATES = (0.2, 0.5)


def run_studies(run: BordersRun, sweeps: Sweeps) -> dict[str, list[dict[str, Any]]]:
    """Records of every study that the settings ask for."""
    return {
        "ablations": _ablations(run, sweeps),
        "mapping": _mapping(run, sweeps),
        "ensemble": _ensemble(run.settings, sweeps),
        "best": _best(run.settings, sweeps),
    }


def _chunks(dies: int) -> list[list[int]]:
    return [list(range(first, min(first + _CHUNK, dies))) for first in range(0, dies, _CHUNK)]


def _records(
    sweeps: Sweeps, task: str, keys: Sequence[dict[str, Any]], settings: Sequence[dict[str, Any]], step: str
) -> list[dict[str, Any]]:
    """What was asked, joined with what was found."""
    found = sweeps.results(f"{_TASKS}.{task}", settings, step)
    return [{**key, **result} for key, result in zip(keys, found, strict=True)]


def _ablations(run: BordersRun, sweeps: Sweeps) -> list[dict[str, Any]]:
    """Ways of training without repair, each with every seed: ``name``, ``seed``, ``software``, ``accuracies``."""
    from spintile.model.training.digits.ablations import ABLATIONS

    settings = run.settings
    keys: list[dict[str, Any]] = [
        {"name": name, "seed": seed} for name in ABLATIONS for seed in range(settings.ablation_seeds)
    ]
    given = [
        {
            **key,
            "conditions": cases.conditions(cases.STUDIED_RATE).as_dict(),
            "data": settings.data,
            "start": run.networks[cases.START, key["seed"]]["network"],
            "dies": settings.dies,
            "images": settings.images,
            "epochs": settings.epochs,
        }
        for key in keys
    ]
    return _records(sweeps, "ablations:ablation_task", keys, given, "ingredients of training")


def _mapping(run: BordersRun, sweeps: Sweeps) -> list[dict[str, Any]]:
    """Mappings of the unaware network without repair, of the repaired one with flags; a record for some dies each."""
    settings = run.settings
    keys: list[dict[str, Any]] = []
    given: list[dict[str, Any]] = []
    for strength in settings.mapping_strengths:
        for rate in settings.mapping_rates:
            for repair in ("none", "flags"):
                asked = cases.Conditions(rate, strength, True, repair)
                kind = cases.UNAWARE if repair == "none" else cases.network_for(asked, settings)
                for seed in range(settings.mapping_seeds):
                    network = cases.placed_for(run.networks[kind, seed]["network"], asked)
                    for dies in _chunks(settings.mapping_dies):
                        keys.append({"strength": strength, "rate": rate, "repair": repair, "seed": seed})
                        given.append(
                            {
                                "network": network,
                                "conditions": asked.as_dict(),
                                "dies": dies,
                                "data": settings.data,
                                "images": settings.images,
                                "seed": seed,
                            }
                        )
    return _records(sweeps, "mapping:mapping_task", keys, given, "mapping that repairs")


def _ensemble(settings: BordersSettings, sweeps: Sweeps) -> list[dict[str, Any]]:
    """Copies of layers at rates of stuck devices: ``method``, ``rate``, ``seed``, ``software``, ``accuracies``."""
    if not settings.ensemble_rates:
        return []
    from spintile.model.training.digits.ensemble import ENSEMBLE_METHODS

    keys = [
        {"method": method, "rate": rate, "seed": seed}
        for method in ENSEMBLE_METHODS
        for rate in settings.ensemble_rates
        for seed in range(settings.ensemble_seeds)
    ]
    common = {
        "data": settings.data,
        "dies": settings.ensemble_dies,
        "images": settings.images,
        "epochs": settings.epochs,
    }
    given = [{**key, **common} for key in keys]
    return _records(sweeps, "ensemble:ensemble_task", keys, given, "copies of layers")


def _best(settings: BordersSettings, sweeps: Sweeps) -> list[dict[str, Any]]:
    """The best network: ``seed``, ``strength``, ``wires``, ``rate``, and ``accuracies`` of some dies.

    ``software`` and ``start`` are of all test images, ``asked`` is ``software`` of the images that the dies are asked;
    ``devices`` carry its weights.
    """
    given = [
        {"seed": seed, "data": settings.data, "plan": dict(settings.best), "device": settings.device}
        for seed in range(settings.best_seeds)
    ]
    networks = sweeps.results(f"{_TASKS}.best:train_best_task", given, "the best network")
    keys: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []
    for seed, network in enumerate(networks):
        for strength, wires in settings.best_combinations:
            for rate in BEST_RATES:
                for dies in _chunks(settings.dies):
                    keys.append({**_known(seed, network), "strength": strength, "wires": wires, "rate": rate})
                    asked.append(
                        {
                            "network": network["network"],
                            "conditions": cases.Conditions(rate, strength, wires, "flags").as_dict(),
                            "dies": dies,
                            "data": settings.data,
                            "images": settings.best_images,
                            "software": True,
                        }
                    )
    found = sweeps.results(f"{_TASKS}.experiment:ask_on_dies", asked, "the best network on dies")
    return [
        {**key, "asked": result["software"], "accuracies": result["accuracies"]}
        for key, result in zip(keys, found, strict=True)
    ]


def _known(seed: int, network: dict[str, Any]) -> dict[str, Any]:
    """What is the same for every die: two devices carry a weight."""
    from spintile.model.training.digits import unpack_network

    layers = unpack_network(network["network"]).layers
    return {
        "seed": seed,
        "software": network["software"],
        "start": network["start"],
        "devices": sum(2 * layer.copies * layer.weights.size for layer in layers),
    }
