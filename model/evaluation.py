# SPDX-License-Identifier: BSD-3-Clause
"""Golden inference of a network on every die of a population."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .chip import Chip
from .dies import Population
from .golden import DieImage, calibrate_offsets, infer, make_die_image
from .mapping import Compiled, Placement, compile_network, place
from .network import Network
from .programming import chosen_flags, self_test_flags, self_test_reads


@dataclass(frozen=True)
class Evaluation:
    """How a network does on the dies of a population.

    Parameters
    ----------
    accuracies : float array (dies,)
        Share of images answered correctly [%].
    confusion : int array (classes, classes)
        Images by true class (row) and answered class (column), summed over the dies.
    saturations : int
        Entries of the die images that had to be clipped.
    images : int
        Images answered on each die.
    """

    accuracies: NDArray[np.float64]
    confusion: NDArray[np.int64]
    saturations: int
    images: int

    def as_dict(self) -> dict[str, float | int]:
        """Summary for reports; accuracies in percent."""
        return {
            "mean": float(self.accuracies.mean()),
            "min": float(self.accuracies.min()),
            "max": float(self.accuracies.max()),
            "std": float(self.accuracies.std()),
        }


def compile_for(
    network: Network,
    chip: Chip,
    *,
    placement: Placement | None = None,
    calibrate: bool = False,
    flags: bool = False,
) -> Compiled:
    """A network placed on a chip and made ready for every engine.

    Parameters
    ----------
    network, chip
        What runs on what.
    placement : Placement or None
        Where its weights sit; None: the plain placement.
    calibrate : bool
        Make room in the accumulators for offset registers that each die's reference reads will give.
    flags : bool
        Let the repair of every read look at the flags of self-test.

    Raises
    ------
    DoesNotFit
        If it does not fit; the message says what and by how much.
    """
    largest = max(abs(code) for code in chip.sensing.registers(chip.geometry.cols))
    if calibrate:  # no more than six standard deviations
        largest = max(largest, math.ceil(chip.sensing.pedestal + 6 * chip.sensing.offset_sigma))
    return compile_network(
        network,
        place(network, chip.geometry) if placement is None else placement,
        codes_per_weight=chip.codes_per_weight,
        adc_bits=chip.adc_bits,
        largest_offset=largest,
        flagged=flags,
    )


def die_image_for(
    compiled: Compiled,
    chip: Chip,
    population: Population,
    seed: int,
    *,
    states: NDArray[np.bool_] | None = None,
    calibrate: bool = False,
    flags: bool = False,
    examples: NDArray[np.integer] | None = None,
) -> DieImage:
    """The dies as integers, with the chip's wires.

    Parameters
    ----------
    compiled, chip, population, seed
        What runs on what.
    states : bool array (dies, kernels, rows, cols) or None
        What the dies hold; None: all of them what the network asks for.
    calibrate : bool
        Set every die's offset registers from its own reference reads.
    flags : bool
        Flag every die's columns by self-test.
    examples : int array (images, ...) or None
        Inputs such as training images, by whose reads the flags are chosen (``chosen_flags``); None: by a rule that
        knows no network (``self_test_flags``).
    """
    held = compiled.states if states is None else states
    image = make_die_image(
        population,
        held,
        chip.geometry,
        chip.cell,
        chip.sensing,
        seed,
        wires=chip.wires,
    )
    if flags:
        found = self_test_reads(population, chip, seed)
        image = image.replace(
            flags=self_test_flags(found, held, chip)
            if examples is None
            else chosen_flags(found, compiled, chip, examples, states=held)
        )
    return image.replace(column_offset=calibrate_offsets(image)) if calibrate else image


def evaluate_on_dies(
    network: Network,
    chip: Chip,
    population: Population,
    images: NDArray[np.integer],
    labels: NDArray[np.integer],
    *,
    placement: Placement | None = None,
    seed: int = 0,
    jobs: int = 1,
    states: NDArray[np.bool_] | None = None,
    calibrate: bool = False,
    flags: bool = False,
    examples: NDArray[np.integer] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Answer all images on all dies.

    Parameters
    ----------
    network, chip
        What runs on what; the chip's column repair is used.
    population : Population
        The dies.
    images : int array (images, inputs or height, width, channels)
        Already quantised to the network's input bits.
    labels : int array (images,)
        True classes.
    placement : Placement or None
        Where the weights sit on all of the dies; None: the plain placement.
    seed : int
        Of column errors and read noise.
    jobs : int
        Threads.
    states : bool array (dies, kernels, rows, cols) or None
        What the dies hold; None: all of them what the network asks for.
    calibrate : bool
        Set every die's offset registers from its own reference reads.
    flags : bool
        Flag every die's columns by self-test.
    examples : int array (images, ...) or None
        As of ``die_image_for``.
    progress : function (images done, images in all), optional
        Called now and then.
    """
    compiled = compile_for(network, chip, placement=placement, calibrate=calibrate, flags=flags)
    image = die_image_for(
        compiled, chip, population, seed, states=states, calibrate=calibrate, flags=flags, examples=examples
    )
    record = infer(image, compiled, images, repair=chip.repair, progress=progress, jobs=jobs)
    classes = max(network.classes, int(labels.max()) + 1)
    pairs = np.asarray(labels, np.int64) * classes + record.classes
    confusion = np.bincount(pairs.ravel(), minlength=classes * classes).reshape(classes, classes)
    return Evaluation(
        accuracies=record.accuracy(labels) * 100,
        confusion=confusion.astype(np.int64),
        saturations=int(image.saturations.sum()),
        images=len(labels),
    )
