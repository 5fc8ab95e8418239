# SPDX-License-Identifier: BSD-3-Clause
"""What a report shows, as plain values: the page knows neither files nor models."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Check:
    """One thing the run had to show.

    Parameters
    ----------
    name : str
        What was checked, in a few words.
    required, measured : str
        The bound and what was found, with units.
    holds : bool
        Whether the bound is met.
    """

    name: str
    required: str
    measured: str
    holds: bool

    def as_dict(self) -> dict[str, str | bool]:
        """Fields by name, for report.json."""
        return {"name": self.name, "required": self.required, "measured": self.measured, "holds": self.holds}


@dataclass(frozen=True)
class Strip:
    """Accuracies of one kind of training on many dies: a row of dots.

    Parameters
    ----------
    label : str
        Name of the row.
    colour : {"unaware", "statistics", "own", "others"}
        Style of its dots.
    repaired : bool
        Whether the columns were repaired; hollow dots where they were not.
    accuracies : float array (dies,)
        [%].
    dies : int array (dies,)
        Number of each die, for the dots' captions.
    networks : int
        How many networks share the row, each on as many dies.
    """

    label: str
    colour: str
    repaired: bool
    accuracies: NDArray[np.float64]
    dies: NDArray[np.int64]
    networks: int = 1


@dataclass(frozen=True)
class DieMap:
    """Where one die is defective, and how it does.

    Parameters
    ----------
    die : int
        Number of the die in its population.
    defects : uint8 array (kernels, rows, cols)
        0 healthy, 1 short, 2 open, 3 stuck-P, 4 stuck-AP.
    accuracy : float
        [%], statistics-aware network with column repair.
    """

    die: int
    defects: NDArray[np.uint8]
    accuracy: float


@dataclass(frozen=True)
class KernelLabel:
    """What a kernel holds: its layer, counted from 0, and in words which neurons and which of their inputs."""

    layer: int
    neurons: str
    inputs: str


@dataclass(frozen=True)
class Comparison:
    """What the simulator and the golden model were compared on.

    Parameters
    ----------
    engine : str
        The simulator.
    dies, images : int
        How many dies, and images on each.
    compared : dict
        Values compared per stage, in the order of the stages.
    mismatches : int
        How many differed.
    first_difference : str or None
        The first difference, named.
    cycles_per_image, cycles_bound : float
        Clock cycles per image at saturation (None: too few images came back), and the bound of the converters.
    """

    engine: str
    dies: int
    images: int
    compared: dict[str, int]
    mismatches: int
    first_difference: str | None
    cycles_per_image: float | None
    cycles_bound: float

    @property
    def total(self) -> int:
        """Values compared in all."""
        return sum(self.compared.values())


@dataclass(frozen=True)
class ReportContents:
    """Everything the page shows.

    Parameters
    ----------
    title, subtitle : str
        Head of the page.
    software : float
        Accuracy of the network in software [%].
    strips : tuple of Strip
        Rows of the accuracy picture, in order.
    headline : int
        The strip that answers the question: statistics-aware with repair.
    confusion : int array (classes, classes)
        Images by true class (row) and answered class (column), over all dies.
    die_maps : tuple of DieMap
        Every die of the population.
    kernel_labels : tuple of KernelLabel or None (kernels,)
        What each kernel holds, None where it is spare.
    placement_svg : str
        The placement drawing.
    comparison : Comparison
        The co-simulation.
    checks : tuple of Check
        What had to hold.
    settings, provenance : dict of dict
        Tables: title -> name -> value.
    credit : str
        Who made the data.
    """

    title: str
    subtitle: str
    software: float
    strips: tuple[Strip, ...]
    headline: int
    confusion: NDArray[np.int64]
    die_maps: tuple[DieMap, ...]
    kernel_labels: tuple[KernelLabel | None, ...]
    placement_svg: str
    comparison: Comparison
    checks: tuple[Check, ...]
    settings: dict[str, dict[str, str]]
    provenance: dict[str, dict[str, str]] = field(default_factory=dict)
    credit: str = ""

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)
