# SPDX-License-Identifier: BSD-3-Clause
"""What mapping gains on characterised dies, without training: a task of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...evaluation import compile_for, die_image_for, evaluate_on_dies
from ...mapping import Placement
from ...network import Network, software_classes
from ...programming import self_test_reads
from ...remapping import ordered_inputs, random_placement, remap, remap_by_flags
from .conditions import Conditions
from .experiment import digits, fresh_images
from .packing import unpack_network

#: Mappings that are compared, and what each knows of a die.
MAPPINGS = {
    "identity": "neurons, inputs and blocks in their own order: nothing",
    "random": "by chance: nothing",
    "flags_only": "chosen by the flags of self-test alone",
    "remapped": "chosen from what self-test reads of every cell in both states",
}


def mapping_task(
    network: dict[str, Any],
    conditions: Mapping[str, Any],
    dies: int | Sequence[int],
    data: str,
    images: int | None,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Ask one network on dies, mapped in every way of ``MAPPINGS``.

    Parameters
    ----------
    network : packed network
    conditions : mapping
        Fields of the ``Conditions`` of the dies.
    dies : int or sequence of int
        Number of dies, or their identifiers.
    data : str
        As ``experiment.digits``.
    images : int or None
        Only the first test images; None: all.
    seed : int
        Of random placements, and of the choice among training images.

    Returns
    -------
    dict
        An array (dies,) of accuracies [%] for each of ``MAPPINGS``; ``before`` and ``after`` (dies,), the expected
        damage of the first and the last of them [weights squared]; ``same`` (dies,), whether the remapped network
        answers all images as the given one does, without an array.

    Raises
    ------
    ValueError
        If a setting is out of range.
    """
    asked, given = Conditions(**conditions), unpack_network(network)
    chip, population = asked.chip(), asked.dies(dies)
    side = round(float(np.prod(given.input_shape)) ** 0.5)
    learned = ordered_inputs(given, digits(data, side).inputs(given.input_bits)[0])
    inputs, labels = fresh_images(given, data, images)
    ideal = software_classes(given, inputs)
    flagged = die_image_for(compile_for(given, chip), chip, population, 0, flags=True).flags
    assert flagged is not None
    found: dict[str, list[float]] = {name: [] for name in (*MAPPINGS, "before", "after", "same")}
    for position, number in enumerate(population.die_ids):
        die = population.select([position])
        known = remap(given, chip, self_test_reads(die, chip), learned, flags=asked.flags, seed=seed)
        by_flags = remap_by_flags(given, chip, flagged[position], learned, seed=seed)
        mapped: dict[str, tuple[Network, Placement | None]] = {
            "identity": (given, None),
            "random": (given, random_placement(given, chip.geometry, seed * 100_003 + int(number))),
            "flags_only": (by_flags.network, by_flags.placement),
            "remapped": (known.network, known.placement),
        }
        for name, (network_there, placement) in mapped.items():
            answers = evaluate_on_dies(network_there, chip, die, inputs, labels, placement=placement, flags=asked.flags)
            found[name].append(float(answers.accuracies[0]))
        found["before"].append(known.before)
        found["after"].append(known.after)
        found["same"].append(float(np.array_equal(software_classes(known.network, inputs), ideal)))
    return {name: np.array(values, np.float64) for name, values in found.items()}
