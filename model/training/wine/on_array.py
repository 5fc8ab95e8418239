# SPDX-License-Identifier: BSD-3-Clause
"""Solutions on arrays: written by pulses, then asked through the wires.

The first layer sits on rows 0 to 12 and columns 0 to 11 of kernel 0, the second on rows 0 to 5 and columns 0 to 5 of
kernel 1. Every solution has a die of its own, with its own devices; cells that carry no weight stay as they were found.
Reads are linear: the exact transfer matrix of each kernel, wires included, times row voltages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...array import Wires, transfer_matrix
from ...chip import Chip
from ...device import published
from ...dies import DefectStatistics, Population, sample_population
from ...geometry import Outcome
from ...programming import Region, first_pass, last_pass, make_array, program
from ...writing import Writing
from .solutions import CLASSES, HIDDEN, INPUTS, Solutions, two_layers

_REGIONS = (
    Region(kernels=(0, 0), rows=(0, INPUTS - 1), cols=(0, 2 * HIDDEN - 1)),
    Region(kernels=(1, 1), rows=(0, HIDDEN - 1), cols=(0, 2 * CLASSES - 1)),
)
#: Cells of a solution.
CELLS = INPUTS * 2 * HIDDEN + HIDDEN * 2 * CLASSES
#: Chip preset of each published junction.
_PRESETS = {"mtj-50nm": "goodwill", "mtj-40nm": "goodwill-40nm", "mtj-11nm": "goodwill-11nm"}
DEVICES = tuple(_PRESETS)
#: Ways of writing, and what each of them means. Devices have the preset's spread of resistance in all of them.
WRITES = {
    "verified": "program and verify, escalating pulses",
    "one-pulse": "one pulse of 1 us at 0.78 of the critical voltage for each cell, never verified",
    "first-pulse": "only the first, weak pulse of the schedule: before verification",
    "defects": "program and verify; the dies also have shorts, opens and stuck devices",
}
#: Level of ``one-pulse`` in units of the critical voltage; this project's choice.
ONE_PULSE = 0.78


@dataclass(frozen=True, eq=False)
class ArrayRun:
    """Solutions as they were written.

    Parameters
    ----------
    population : Population
        One die for each solution.
    states : bool array (solutions, kernels, rows, cols)
        What every device holds; True is P.
    targets : bool array (solutions, kernels, rows, cols)
        What it should hold.
    before, after : float arrays (solutions,)
        Share of the cells in their window at the first read, and at the end: as the controller sees it.
    pulses : int array (solutions,)
        Pulses given.
    """

    population: Population
    states: NDArray[np.bool_]
    targets: NDArray[np.bool_]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    pulses: NDArray[np.int64]

    @property
    def wrong(self) -> NDArray[np.int64]:
        """Cells of each solution that do not hold their state, (solutions, 2) by layer."""
        differ = self.states != self.targets
        parts = [differ[:, k, : rows + 1, : cols + 1] for k, (rows, cols) in enumerate(_corners())]
        return np.stack([part.sum(axis=(1, 2)) for part in parts], axis=1)


def _corners() -> list[tuple[int, int]]:
    return [(INPUTS - 1, 2 * HIDDEN - 1), (HIDDEN - 1, 2 * CLASSES - 1)]


def chip_of(device: str, write: str = "verified", segment: float | None = None) -> Chip:
    """The passive 15 x 15 chip with one of the published junctions.

    Parameters
    ----------
    device : str
        One of ``DEVICES``.
    write : str
        One of ``WRITES``.
    segment : float or None
        Resistance of a wire segment [Ohm]; None: the preset's.

    Raises
    ------
    ValueError
        If there is no such device or way of writing.
    """
    if device not in _PRESETS:
        raise ValueError(f"device must be one of {', '.join(_PRESETS)}, not {device!r}")
    if write not in WRITES:
        raise ValueError(f"write must be one of {', '.join(WRITES)}, not {write!r}")
    chip = Chip.preset(_PRESETS[device]).replace(repair_mode="none")
    if write != "defects":
        chip = chip.replace(statistics=DefectStatistics(spread=chip.statistics.spread))
    if write in ("one-pulse", "first-pulse"):
        chip = chip.replace(writing=_one_pulse(chip, ONE_PULSE if write == "one-pulse" else 0.0))
    if segment is not None:
        chip = chip.replace(wires=Wires(row_segment=segment, col_segment=segment))
    return chip


def _one_pulse(chip: Chip, level: float) -> Writing:
    """One pulse for every cell, at a level in units of the critical voltage; 0: the first of the schedule."""
    writing, junction = chip.writing, published(chip.writing.junction).junction
    codes = [writing.levels_p[0], writing.levels_ap[0]]
    if level:
        codes = [round(level * float(v) / writing.dac_step) for v in (junction.v_c0_to_p, junction.v_c0_to_ap)]
    return writing.replace(
        levels_p=(codes[0],), levels_ap=(codes[1],), widths=writing.widths[:1], passes=1, read_first=False
    )


def target_states(solutions: Solutions, chip: Chip) -> NDArray[np.bool_]:
    """What each die should hold, (solutions, kernels, rows, cols); cells that carry no weight are AP."""
    geometry = chip.geometry
    states = np.zeros((len(solutions), geometry.kernels, geometry.rows, geometry.cols), np.bool_)
    for kernel, matrix in enumerate((solutions.first, solutions.second)):
        states[:, kernel, : matrix.shape[1], : matrix.shape[2]] = matrix
    return states


def write_solutions(solutions: Solutions, chip: Chip, seed: int) -> ArrayRun:
    """Write every solution into its die through the write controller.

    Parameters
    ----------
    solutions : Solutions
    chip : Chip
        With passive cells; ``chip.writing`` says how they are written.
    seed : int
        Of dies, their states before, and pulses. A solution's outcome depends on (seed, number) alone.
    """
    numbers = list(solutions.numbers)
    population = sample_population(chip.geometry, chip.cell, chip.statistics, numbers, seed)
    targets = target_states(solutions, chip)
    array = make_array(chip, population, seed)
    wrong_first, wrong_last = np.zeros(len(numbers)), np.zeros(len(numbers))
    pulses = np.zeros(len(numbers), np.int64)
    for number, region in enumerate(_REGIONS):
        report = program(array, chip, "targets", targets, region, number)
        table = report.decode()
        first, last = first_pass(table), last_pass(table)
        np.add.at(wrong_first, first.die, first.first_ok == 0)
        np.add.at(wrong_last, last.die, last.outcome != Outcome.OK)
        assert report.pulses is not None
        pulses += report.pulses
    return ArrayRun(population, array.state.copy(), targets, 1 - wrong_first / CELLS, 1 - wrong_last / CELLS, pulses)


def array_scores(
    solutions: Solutions, run: ArrayRun, chip: Chip, inputs: NDArray[np.float64], scales: tuple[float, ...]
) -> NDArray[np.float64]:
    """Scores (scales, solutions, samples, 3) of written arrays, the wires of the chip included.

    Parameters
    ----------
    solutions, run, chip
        What was written where.
    inputs : float array (samples, 13)
        Row voltages in units of the read voltage.
    scales : tuple of float
        G_norm in units of nominal G_on - G_off.
    """
    matrix = transfer_matrix(run.population.conductance(run.states), chip.wires) / (chip.cell.g_p - chip.cell.g_ap)
    first, second = (matrix[:, kernel, : rows + 1, : cols + 1] for kernel, (rows, cols) in enumerate(_corners()))
    pairs = [part[..., 0::2] - part[..., 1::2] for part in (first, second)]
    return np.stack(
        [
            two_layers(pairs[0] / scale, solutions.first_bias, pairs[1] / scale, solutions.second_bias, inputs)
            for scale in scales
        ]
    )
