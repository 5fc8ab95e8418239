# SPDX-License-Identifier: BSD-3-Clause
"""Mapping that repairs: where a trained network's weights sit on one known die, so that its defects hurt least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..chip import Chip
from ..dies import Population
from ..geometry import Geometry
from ..mapping import Placement, place
from ..network import Network
from ..programming import Characterisation
from .activity import Activity, activities
from .assignment import assign_kernels, assign_lanes
from .damage import Price, prices, squared_error
from .equivalent import turn_signs
from .knowledge import KnownDie, known_die
from .layout import LayerLayout, follow, free_layers, layouts_of, placement_of, share_kernels
from .reads import sums_on_die
from .rows import assign_rows

Floats = NDArray[np.float64]

#: What may be chosen, in the order in which each round chooses it.
CHOICES = ("kernels", "rows", "lanes")


@dataclass(frozen=True)
class Remapping:
    """A network as one die takes it best.

    Parameters
    ----------
    network : Network
        The same one in software, bit for bit; weights of some neurons have their signs turned.
    placement : Placement
        Where its weights sit.
    before, after : float
        Expected damage as it is placed plainly, and here: squared error of the scores, in weights squared.
    """

    network: Network
    placement: Placement
    before: float
    after: float


def remap(
    network: Network,
    chip: Chip,
    die: Population | Characterisation,
    inputs: NDArray[np.integer],
    *,
    flags: bool = False,
    choices: Sequence[str] = CHOICES,
    rounds: int = 2,
    seed: int = 0,
) -> Remapping:
    """Choose a mapping for one die, without training.

    Which kernels stay unused and which block sits on which of the others; which inputs drive which rows; which lane is
    whose, and with which sign. Each is an assignment of least expected damage with the others as they are, solved
    exactly for its own measure of damage (``assign_kernels``, ``assign_rows``, ``assign_lanes``); rounds of all three
    follow each other. After every step the damage is found again from simulated reads, and the best mapping met counts.

    Parameters
    ----------
    network : Network
        As trained.
    chip : Chip
        Its nominal cell, wires, converters and repair.
    die : Population or Characterisation
        One die: as measured, or as self-test found it.
    inputs : int array (images, ...)
        Training images, quantised to the network's input bits: they say how often each row is driven.
    flags : bool
        Whether reads look at flags of self-test.
    choices : sequence of str
        What may be chosen, of ``CHOICES``.
    rounds : int
    seed : int
        Of the choice among the images.

    Returns
    -------
    Remapping

    Raises
    ------
    DoesNotFit
        If the network does not fit the chip.
    ValueError
        If an argument is out of range, or the die is not the chip's.
    """
    unknown = [choice for choice in choices if choice not in CHOICES]
    if unknown:
        raise ValueError(f"choices must be of {', '.join(CHOICES)}, not {unknown[0]!r}")
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    search = _Search(network, chip.geometry, known_die(die, chip, flags=flags), activities(network, inputs, seed))
    layouts = search.plain
    errors = search.errors(layouts)
    best, before = layouts, search.damage(errors)
    least = before
    for _ in range(rounds):
        for choice in (choice for choice in CHOICES if choice in choices):
            layouts = search.step(choice, layouts, errors)
            errors = search.errors(layouts)
            damage = search.damage(errors)
            if damage < least:
                best, least = layouts, damage
    turned = turn_signs(network, [layout.sign for layout in best])
    return Remapping(turned, placement_of(best, chip.geometry), before, least)


class _Search:
    """What stays the same while a mapping is looked for."""

    def __init__(self, network: Network, geometry: Geometry, known: KnownDie, active: list[Activity]) -> None:
        self.network, self.known, self.active = network, known, active
        self.prices: list[Price] = prices(network, active)
        self.plain = layouts_of(place(network, geometry), network)
        self.apart = not share_kernels(self.plain)
        self.rows_free = free_layers(network, self.plain, geometry)

    def errors(self, layouts: Sequence[LayerLayout]) -> list[Floats]:
        """Expected squared errors of all neurons' sums, by layer."""
        return [
            squared_error(sums_on_die(self.known, layer, layout, activity), activity)
            for layer, layout, activity in zip(self.network.layers, layouts, self.active, strict=True)
        ]

    def damage(self, errors: Sequence[Floats]) -> float:
        return float(sum(price.of(error).sum() for price, error in zip(self.prices, errors, strict=True)))

    def step(self, choice: str, layouts: list[LayerLayout], errors: Sequence[Floats]) -> list[LayerLayout]:
        """The layouts with one thing chosen anew. Blocks that share kernels keep those, and their rows."""
        network, known, active = self.network, self.known, self.active
        slopes = [price.slope(error) for price, error in zip(self.prices, errors, strict=True)]
        if choice == "kernels":
            return assign_kernels(known, network, layouts, active, slopes) if self.apart else layouts
        found: list[LayerLayout] = []
        for index, (layer, layout) in enumerate(zip(network.layers, layouts, strict=True)):
            if choice == "lanes":
                if found and not self.rows_free[index]:
                    layout = layout.replace(inputs=follow(self.plain[index], found[-1]))
                layout = assign_lanes(known, layer, layout, active[index], self.prices[index])
            elif self.rows_free[index]:
                free = np.ones_like(layout.inputs, np.bool_) if self.apart else layout.inputs >= 0
                layout = assign_rows(known, layer, layout, active[index], slopes[index], free)
            found.append(layout)
        return found
