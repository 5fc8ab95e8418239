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


def _changed(words: str, **changes: Any) -> Ablation:
    """What was chosen, with one change."""
    return Ablation(words, dataclasses.replace(_CHOSEN, **changes))


#: Ways to train, by name.
ABLATIONS: Mapping[str, Ablation] = {
    "unaware-again": Ablation("software, as long again, without any die", _CHOSEN, regime="software"),
    "one-die": _changed("plain fault injection: one die a step", dies=1),
    "chosen": Ablation("four dies a step: what was chosen", _CHOSEN),
    "ten-dies": _changed("ten dies a step", dies=10),
    "rates": _changed("four dies, rates drawn from 0 up", least_rate=0.0),
    "tail": _changed("ten dies, worse ones count more", dies=10, tail=3.0),
    "fast": _changed("four dies, three times the learning rate", learning_rate=0.03),
    "thresholds": _changed("four dies, thresholds and biases alone", weights=False),
    "ideal-wires": _changed("four dies, as if wires were ideal", wires=False),
    "scratch": Ablation("four dies, from random weights", Recipe(), started=False),
    "summed": _changed("four dies, output placed three times and summed", summed=True),
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
