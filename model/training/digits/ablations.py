# SPDX-License-Identifier: BSD-3-Clause
"""What each ingredient of statistics-aware training is worth: what was chosen, and one change at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..fitting import Regime
from .conditions import Conditions
from .dense import train_dense
from .experiment import ask_on_dies, digits
from .packing import pack_network, unpack_network
from .recipes import Recipe


@dataclass(frozen=True)
class Ablation:
    """One way to train.

    Parameters
    ----------
    words : str
        What is done, for tables.
    recipe : Recipe
        How.
    started : bool
        Whether it starts from the network that was trained in software.
    regime : Regime
    """

    words: str
    recipe: Recipe
    started: bool = True
    regime: Regime = "statistics_aware"


_CHOSEN = Recipe.default("statistics_aware", repaired=False, started=True)
#: One short course of it, so that a table of many ways stays cheap.
_SHORT = dataclasses.replace(_CHOSEN, rounds=1, epochs=30)


def _changed(words: str, **changes: Any) -> Ablation:
    """The short course, with one change."""
    return Ablation(words, dataclasses.replace(_SHORT, **changes))


#: Ways to train, by name.
ABLATIONS: Mapping[str, Ablation] = {
    "unaware-again": Ablation("software, as long again, without any die", _SHORT, regime="software"),
    "one-die": _changed("plain fault injection: one die a step", dies=1),
    "four-dies": _changed("four dies a step", dies=4),
    "ten-dies": _changed("ten dies a step", dies=10),
    "many-dies": Ablation("25 dies a step", _SHORT),
    "rates": _changed("25 dies, rates drawn from 0 up", least_rate=0.0),
    "tail": _changed("25 dies, worse ones count more", tail=3.0),
    "fast": _changed("25 dies, five times the learning rate", learning_rate=0.02),
    "thresholds": _changed("25 dies, thresholds and biases alone", weights=False),
    "ideal-wires": _changed("25 dies, as if wires were ideal", wires=False),
    "scratch": Ablation("25 dies, from random weights", Recipe(dies=25), started=False),
    "summed": _changed("25 dies, output placed three times and summed", summed=True),
    "chosen": Ablation("the best of eight courses of 25 dies: what was chosen", _CHOSEN),
}


def ablation_task(
    name: str,
    seed: int,
    conditions: Mapping[str, Any],
    data: str,
    start: dict[str, Any],
    dies: int | Sequence[int],
    images: int | None = None,
    epochs: int | None = None,
) -> dict[str, Any]:
    """Train in one of ``ABLATIONS`` and ask the network on dies: a task of a sweep.

    Parameters
    ----------
    name : str
        Of the ablation.
    seed : int
        Of training.
    conditions : mapping
        Fields of the ``Conditions`` that are trained for and asked under, without repair.
    data : str
        As ``experiment.digits``.
    start : packed network
        Trained in software from the same seed; only what says so starts from it.
    dies, images
        As ``experiment.ask_on_dies``.
    epochs : int or None
        Instead of the recipe's.

    Returns
    -------
    dict
        ``software``, accuracy without an array, and ``accuracies`` float64 array (dies,) [%].

    Raises
    ------
    ValueError
        If there is no such ablation, or reads are repaired.
    """
    if name not in ABLATIONS:
        raise ValueError(f"ablation must be one of {', '.join(ABLATIONS)}, not {name!r}")
    ablation, asked = ABLATIONS[name], Conditions(**conditions)
    if asked.repair != "none":
        raise ValueError(f"ablation: reads must not be repaired, not {asked.repair!r}")
    network = train_dense(
        seed,
        ablation.regime,
        asked.chip(),
        data=digits(data),
        start=unpack_network(start) if ablation.started else None,
        epochs=epochs,
        recipe=ablation.recipe,
    )
    found = ask_on_dies(pack_network(network), conditions, dies, data, images)
    return {"software": float(network.metadata["software_accuracy"]), **found}
