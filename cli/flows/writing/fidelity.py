# SPDX-License-Identifier: BSD-3-Clause
"""What became of every cell that was written, from the words of the report."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from spintile.model.dies import Population
    from spintile.model.programming import Report

Bools = NDArray[np.bool_]

#: Outcomes of a cell by their number in a report word.
OUTCOMES = ("ok", "stuck", "short", "open", "marginal")


@dataclass(frozen=True, eq=False)
class CellResults:
    """Every cell of a program command; arrays (dies, kernels, rows, cols), meaningful where ``written``.

    Parameters
    ----------
    written : bool array
        Whether the command was for the cell.
    target : bool array
        True is P.
    first_ok : bool array
        Whether it was right at the first verify read.
    outcome : uint8 array
        After the last pass, as ``OUTCOMES`` numbers them.
    value : int32 array
        Last code, less the column's own.
    pulses : uint32 array
        Pulses that the command gave it, all passes.
    steps : uint8 array
        Pulses given in the first pass.
    first_outcome : uint8 array
        Outcome at the end of the first pass.
    """

    written: Bools
    target: Bools
    first_ok: Bools
    outcome: NDArray[np.uint8]
    value: NDArray[np.int32]
    pulses: NDArray[np.uint32]
    steps: NDArray[np.uint8]
    first_outcome: NDArray[np.uint8]


def cell_results(report: Report, shape: tuple[int, int, int, int], base: int = 0) -> CellResults:
    """Cells from a report; ``base`` is the stage of the first pass (0; 0x80 for the AP half of a characterisation)."""
    table = report.decode()
    program = table.where((table.kind == 0) & (table.stage >= base) & (table.stage < base + 0x40))
    written, target, first_ok = (np.zeros(shape, np.bool_) for _ in range(3))
    outcome, steps, first_outcome = (np.zeros(shape, np.uint8) for _ in range(3))
    value, pulses = np.zeros(shape, np.int32), np.zeros(shape, np.uint32)
    for stage in np.unique(program.stage):  # later passes have the last word
        words = program.where(program.stage == stage)
        place = (words.die, words.kernel, words.row, words.col)
        if stage == base:
            written[place] = True
            target[place] = words.target
            first_ok[place] = words.first_ok
            steps[place] = words.pulses
            first_outcome[place] = words.outcome
        outcome[place] = words.outcome
        value[place] = words.value
        pulses[place] += words.pulses.astype(np.uint32)
    return CellResults(written, target, first_ok, outcome, value, pulses, steps, first_outcome)


def summarise(cells: CellResults, population: Population, states: Bools, initial: Bools) -> dict[str, Any]:
    """A program command in numbers.

    Parameters
    ----------
    cells : CellResults
        From the report.
    population : Population
        The dies; its defect classes say which failures are rightly reported.
    states, initial : bool arrays (dies, kernels, rows, cols)
        Left in the array, and before the command.
    """
    healthy = cells.written & (population.defect == 0)
    reported = cells.written & (cells.outcome != 0)
    kinds = {1: "short", 2: "open", 3: "stuck_p", 4: "stuck_ap", 5: "pinhole"}
    defects = {
        name: {
            "cells": int(np.count_nonzero(cells.written & (population.defect == kind))),
            "reported": int(np.count_nonzero(reported & (population.defect == kind))),
        }
        for kind, name in kinds.items()
    }
    total, sound = int(np.count_nonzero(cells.written)), int(np.count_nonzero(healthy))
    before, after = healthy & ~cells.first_ok, healthy & reported
    return {
        "cells": total,
        "healthy_cells": sound,
        "failed_before_verify": int(np.count_nonzero(before)),
        "failed_after_verify": int(np.count_nonzero(after)),
        "wrong_state_after_verify": int(np.count_nonzero(healthy & (states != cells.target))),
        "fidelity_before_verify": _share(cells.written & cells.first_ok, cells.written),
        "fidelity_after_verify": _share(cells.written & ~reported, cells.written),
        "healthy_fidelity_before_verify": _share(healthy & cells.first_ok, healthy),
        "healthy_fidelity_after_verify": _share(healthy & ~reported, healthy),
        "reported": int(np.count_nonzero(reported)),
        "reported_healthy": int(np.count_nonzero(after)),
        "reported_by_outcome": {
            name: int(np.count_nonzero(cells.written & (cells.outcome == number)))
            for number, name in enumerate(OUTCOMES)
            if number
        },
        "defects": {name: found for name, found in defects.items() if found["cells"]},
        "pulses": int(cells.pulses.sum()),
        "pulses_per_cell": float(cells.pulses.sum() / max(total, 1)),
        "failing_after_step": {
            "all": failing_by_step(cells, cells.written, initial).tolist(),
            "healthy": failing_by_step(cells, healthy, initial).tolist(),
        },
    }


def reported_defects(report: Report, population: Population) -> dict[str, Any]:
    """Cells that the two halves of a characterisation, all P and all AP, reported: by class, and healthy ones."""
    halves = [cell_results(report, population.shape, base) for base in (0x00, 0x80)]
    return count_reported(population, np.asarray((halves[0].outcome != 0) | (halves[1].outcome != 0)))


def count_reported(population: Population, reported: Bools) -> dict[str, Any]:
    """How many cells there are, and how many were reported: healthy ones, and those of each class that must be."""
    classes = {}
    for kind, name in ((1, "short"), (2, "open"), (3, "stuck_p"), (4, "stuck_ap")):
        of_kind = population.defect == kind
        classes[name] = {
            "cells": int(np.count_nonzero(of_kind)),
            "reported": int(np.count_nonzero(of_kind & reported)),
        }
    healthy = population.defect == 0
    return {
        "healthy_cells": int(np.count_nonzero(healthy)),
        "healthy_reported": int(np.count_nonzero(healthy & reported)),
        "defects": classes,
    }


def failing_by_step(cells: CellResults, among: Bools, initial: Bools) -> NDArray[np.float64]:
    """Share of cells that are not right before the first and after 1, 2, ... pulses of the first pass: (steps + 1,)."""
    count = max(int(np.count_nonzero(among)), 1)
    most = max(1, int(cells.steps[among].max(initial=0)))
    right = among & (cells.first_outcome == 0)
    before = np.count_nonzero(among & (initial != cells.target)) / count
    return np.array([before, *(1 - np.count_nonzero(right & (cells.steps <= n)) / count for n in range(1, most + 1))])


def failures_csv(cells: CellResults, population: Population) -> str:
    """Every cell that was reported, one line each, with the defect class that the population knows."""
    from spintile.model.dies import Defect

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("die", "kernel", "row", "col", "target", "outcome", "code", "pulses", "defect"))
    for die, kernel, row, col in np.argwhere(cells.written & (cells.outcome != 0)):
        at = (die, kernel, row, col)
        writer.writerow(
            (
                int(population.die_ids[die]),
                kernel,
                row,
                col,
                "P" if cells.target[at] else "AP",
                OUTCOMES[int(cells.outcome[at])],
                int(cells.value[at]),
                int(cells.pulses[at]),
                Defect(int(population.defect[at])).name.lower(),
            )
        )
    return stream.getvalue()


def _share(part: Bools, whole: Bools) -> float:
    return int(np.count_nonzero(part)) / max(int(np.count_nonzero(whole)), 1)
