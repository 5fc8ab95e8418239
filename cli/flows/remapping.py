# SPDX-License-Identifier: BSD-3-Clause
"""Mapping of a network for every die of a population: files for each, and what it gains."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..console import Progress

if TYPE_CHECKING:
    from spintile.model.chip import Chip
    from spintile.model.dies import Population
    from spintile.model.network import Network
    from spintile.model.remapping import Remapping


@dataclass(frozen=True)
class RemappedDie:
    """One die.

    Parameters
    ----------
    number : int
        Its identifier.
    plain, remapped : float
        Accuracy as the network is placed plainly, and as it is mapped for the die [%].
    before, after : float
        Expected damage of both, as ``Remapping`` has it.
    """

    number: int
    plain: float
    remapped: float
    before: float
    after: float


@dataclass(frozen=True)
class RemappedDies:
    """All dies, and the network's accuracy without an array [%]."""

    dies: tuple[RemappedDie, ...]
    software: float

    def summary(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {"software": self.software}
        for name in ("plain", "remapped"):
            values = [getattr(die, name) for die in self.dies]
            found[name] = {"mean": float(np.mean(values)), "min": min(values), "max": max(values)}
        found["dies"] = [dataclasses.asdict(die) for die in self.dies]
        return found


def remap_dies(
    network: Network,
    chip: Chip,
    population: Population,
    learned: NDArray[np.uint8],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    *,
    folder: Path,
    knowledge: str,
    on_host: bool,
    flags: bool,
    examples: NDArray[np.uint8] | None,
    seed: int,
    progress: Progress,
) -> RemappedDies:
    """Map a network for every die, write each one's files, and ask the images plainly and mapped.

    Parameters
    ----------
    network, chip, population
        What runs on what.
    learned : uint8 array (images, ...)
        Training images, which say how often inputs are driven.
    images, labels
        What is asked.
    folder : Path
        For ``die-N.safetensors`` and ``die-N.json``.
    knowledge : {"self-test", "population", "flags"}
        What is known of a die.
    on_host : bool
        Whether the host sends inputs in the order of their rows.
    flags : bool
        Whether the repair looks at flags of self-test.
    examples : uint8 array (images, ...) or None
        Training images that these flags are chosen by; None: by the devices alone.
    seed : int
        Of the choice among training images, and of column errors and noise.
    progress : Progress
    """
    from spintile.model.evaluation import evaluate_on_dies
    from spintile.model.mapping import save_placement
    from spintile.model.network import save_network, software_classes
    from spintile.model.remapping import host_order, ordered_inputs

    flat = images.reshape(len(images), -1)
    plain = evaluate_on_dies(
        network, chip, population, flat, labels, seed=seed, flags=flags, examples=examples
    ).accuracies
    found = []
    for position, number in enumerate(int(die) for die in population.die_ids):
        progress("remapping", position / population.dies, f"die {number}")
        die = population.select([position])
        mapped = _mapped(network, chip, die, learned, knowledge, flags, seed)
        net, placement, inputs, shown = mapped.network, mapped.placement, flat, examples
        if on_host:
            # The images at hand are in the order that the given network asks for, if it asks for one.
            here = dataclasses.replace(net, metadata={})
            sent = host_order(here, placement)[0]
            inputs = ordered_inputs(sent, flat)
            shown = None if examples is None else ordered_inputs(sent, examples)
            net, placement = host_order(net, placement)
        save_network(net, folder / f"die-{number}.safetensors")
        save_placement(placement, net, folder / f"die-{number}.json")
        answers = evaluate_on_dies(
            net, chip, die, inputs, labels, placement=placement, seed=seed, flags=flags, examples=shown
        )
        found.append(
            RemappedDie(
                number, float(plain[position]), float(answers.accuracies[0]), float(mapped.before), float(mapped.after)
            )
        )
    progress("remapping", 1.0, f"{population.dies} dies")
    return RemappedDies(tuple(found), float(np.mean(software_classes(network, flat) == labels) * 100))


def _mapped(
    network: Network,
    chip: Chip,
    die: Population,
    learned: NDArray[np.uint8],
    knowledge: str,
    flags: bool,
    seed: int,
) -> Remapping:
    from spintile.model.evaluation import compile_for, die_image_for
    from spintile.model.programming import self_test_reads
    from spintile.model.remapping import remap, remap_by_flags

    if knowledge == "flags":
        seen = die_image_for(compile_for(network, chip), chip, die, seed, flags=True).flags
        assert seen is not None
        return remap_by_flags(network, chip, seen[0], learned, seed=seed)
    known = self_test_reads(die, chip, seed) if knowledge == "self-test" else die
    return remap(network, chip, known, learned, flags=flags, seed=seed)
