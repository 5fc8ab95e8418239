# SPDX-License-Identifier: BSD-3-Clause
"""The dense network on 14 x 14 digits, trained in each regime with the recipe that measured best."""

from __future__ import annotations

import copy
import dataclasses
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from ...array import Wires
from ...chip import Chip
from ...data import Dataset
from ...dies import Population
from ...network import Network, software_classes
from ...sweep.compute import one_thread
from ..devices import Devices
from ..effective import EffectiveReads, plain_weights
from ..fitting import Regime
from ..model import ArrayNetwork
from .choosing import share_read
from .distillation import Lessons, Weights, learn
from .recipes import Recipe, dense_spec, with_outputs

#: Images whose sums a trained network is taken over with.
_SHOWN = 20_000
#: Added to the seed of training for the dies by which the best round is chosen; how many are drawn at a time.
_ASKED = 1 << 32
_ASKED_DIES = 10
#: How often every training image is read for that, on other dies each time.
_ASKED_PASSES = 3


def train_dense(
    seed: int,
    regime: Regime,
    chip: Chip,
    *,
    data: Dataset,
    flags: bool = False,
    population: Population | None = None,
    die: int = 0,
    start: Network | None = None,
    epochs: int | None = None,
    recipe: Recipe | None = None,
) -> Network:
    """Train one network.

    Parameters
    ----------
    seed : int
        Of first weights, order of images and drawn dies.
    regime : {"software", "statistics_aware", "die_aware"}
        Unaware of any device; for dies drawn from the chip's statistics; or for one given die.
    chip : Chip
        Statistics, wires and repair that are trained for.
    data : Dataset
        14 x 14 digits; the test images only give the software accuracy of the metadata.
    flags : bool
        Whether the repair looks at the flags of self-test.
    population, die : Population and int
        The given die of die-aware training, by its position.
    start : Network or None
        A trained dense network to start from, whatever its copies; None: random weights.
    epochs : int or None
        Passes over the training images, in one round; None: the recipe's.
    recipe : Recipe or None
        How; None: ``Recipe.default``.

    Returns
    -------
    Network
        Its output layer placed three times if the chip repairs its reads. Metadata: regime, dataset, seed, epochs,
        repair, software accuracy [%] and, if there is one, the die.

    Raises
    ------
    ValueError
        If the regime is unknown, or a die is given or lacking against it.
    """
    if regime not in get_args(Regime):
        raise ValueError(f"regime must be one of {', '.join(get_args(Regime))}, not {regime!r}")
    if (population is not None) != (regime == "die_aware"):
        raise ValueError(
            f"population must {'be given' if regime == 'die_aware' else 'not be given'} for regime {regime!r}"
        )
    repaired = chip.repair_mode != "none"
    chosen = Recipe.default(regime, repaired, start is not None) if recipe is None else recipe
    if epochs is not None:
        chosen = dataclasses.replace(chosen, epochs=epochs, rounds=1)
    inputs = torch.from_numpy(data.inputs(1)[0].reshape(1, len(data.train_labels), -1))
    lessons = Lessons(inputs, torch.from_numpy(data.train_labels))
    generator = torch.Generator().manual_seed(seed)
    with one_thread():
        spec = dense_spec(repaired, chosen.summed)
        model = ArrayNetwork(spec, data.shape, chip, through_array=regime != "software", seed=seed)
        if start is not None:
            model.adopt(with_outputs(start, repaired, chosen.summed), inputs[0, :_SHOWN].float())
        for layer in model.binary_layers:
            layer.latent.requires_grad_(chosen.weights)
        one = None if population is None else population.select([die])
        weights = _weights(model, regime, chip, flags, one, chosen, generator)
        best = -1.0
        for _ in range(chosen.rounds):
            learn(model, lessons, chosen.course, weights, generator, torch.device("cpu"))
            if chosen.rounds > 1:
                asked = torch.Generator().manual_seed(seed + _ASKED)
                at_full_rate = dataclasses.replace(chosen, least_rate=1.0, dies=_ASKED_DIES)
                of_dies = _weights(model, regime, chip, flags, one, at_full_rate, asked)
                found = share_read(model, lessons, of_dies, 1 if regime == "software" else _ASKED_PASSES)
                if found > best:
                    best, kept = found, copy.deepcopy(model.state_dict())
        if chosen.rounds > 1:
            model.load_state_dict(kept)
    network = model.export()
    classes = software_classes(network, data.inputs(1)[1])
    metadata = {
        "regime": regime,
        "dataset": data.name,
        "seed": str(seed),
        "epochs": str(chosen.epochs * chosen.rounds),
        "repair": "none" if regime == "software" else chip.repair_mode,
        "software_accuracy": f"{100 * float(np.mean(classes == data.test_labels)):.2f}",
    }
    if population is not None:
        metadata["die"] = str(int(population.die_ids[die]))
    return dataclasses.replace(network, metadata=metadata)


def _weights(
    model: ArrayNetwork,
    regime: Regime,
    chip: Chip,
    flags: bool,
    one: Population | None,
    recipe: Recipe,
    generator: torch.Generator,
) -> Weights:
    """What gives the weights of every step; ``one`` is the given die of die-aware training."""
    if regime == "software":
        return lambda: plain_weights(model)
    ideal = chip.replace(wires=Wires())
    # A check that looks at no flags finds most of what they would tell it.
    flagged = flags or chip.repair_mode == "check"
    reads = EffectiveReads(chip if recipe.wires else ideal, model.wirings, flags=flagged, generator=generator)
    if one is not None:
        devices = Devices.of_population(one, ideal, model.wirings, 0)
        return lambda: reads.of(model, devices)

    def drawn() -> list[Tensor]:
        share = 1.0 if recipe.least_rate == 1 else float(torch.rand((), generator=generator))
        return reads.draw(model, recipe.dies, recipe.least_rate + share * (1 - recipe.least_rate))

    return drawn
