# SPDX-License-Identifier: BSD-3-Clause
"""What a campaign on the link runs: a random network on a die with faults, and what the golden model says of it."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spintile.model.chip import Chip
from spintile.model.dies import DefectStatistics, sample_population
from spintile.model.evaluation import compile_for, die_image_for
from spintile.model.geometry import Geometry
from spintile.model.golden import infer
from spintile.model.network import Layer, Network

from ..host.contents import Contents

__all__ = ["LinkCase", "make_case"]

_IMAGES = 256


@dataclass(frozen=True, eq=False)
class LinkCase:
    """What is loaded, asked and answered.

    Parameters
    ----------
    library : Path
        The board, from :func:`~spintile.fpga.virtual.library.build_board`.
    geometry : Geometry
        Its chip.
    contents : Contents
        What is loaded.
    images : int array (images, inputs)
        What is asked.
    classes : int array (images,)
        What the golden model answers.
    """

    library: Path
    geometry: Geometry
    contents: Contents
    images: NDArray[np.uint8]
    classes: NDArray[np.int32]


def make_case(library: Path, chip: Chip, layers: tuple[int, ...], seed: int = 0) -> LinkCase:
    """A case for a chip: random binary weights, thresholds and images; the die has many defects.

    Parameters
    ----------
    library : Path
        The board.
    chip : Chip
        Its chip.
    layers : tuple of int
        Inputs, neurons, ..., classes.
    seed : int

    Raises
    ------
    DoesNotFit
        If such a network does not fit the chip.
    """
    random = np.random.default_rng(seed)
    made = []
    for number, (inputs, neurons) in enumerate(itertools.pairwise(layers)):
        weights = random.choice(np.array([-1, 1], np.int8), (neurons, inputs))
        if number == len(layers) - 2:
            made.append(Layer("dense", weights, (inputs,), 1, bias=random.integers(-3, 4, neurons)))
        else:
            thresholds = random.integers(-3, 4, (neurons, 1))
            made.append(
                Layer("dense", weights, (inputs,), 1, thresholds=thresholds, invert=random.random(neurons) < 0.5)
            )
    network = Network(tuple(made))
    defects = dataclasses.replace(DefectStatistics.demo(), short=0.02, open=0.01, stuck_p=0.02, stuck_ap=0.02)
    compiled = compile_for(network, chip)
    die = sample_population(chip.geometry, chip.cell, defects, [0], seed)
    image = die_image_for(compiled, chip, die, seed).replace(noise_sigma=0)
    repair = chip.repair_for(network)
    images = random.integers(0, 2, (_IMAGES, layers[0])).astype(np.uint8)
    classes = infer(image, compiled, images, repair=repair).classes[0]
    return LinkCase(library, chip.geometry, Contents.of(compiled, image, 0, repair), images, classes)
