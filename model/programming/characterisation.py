# SPDX-License-Identifier: BSD-3-Clause
"""Devices from the codes of a characterisation: conductances with the wires undone, and classes of defects."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..array import WireLossWarning, Wires, transfer_matrix
from ..chip import Chip
from ..device import Pinhole
from ..dies import Defect, Population
from ..geometry import ReportKind, Stage
from .confusion import Confusion
from .report import Report, ReportTable

Floats = NDArray[np.float64]

#: Shares of nominal or median conductances that part the classes, see ``classify``.
_OPEN, _HIGH, _SWITCHES = 0.5, 1.25, 0.5
#: A pinhole conducts at most this many times what a nominal one does in P.
_PINHOLE = 1.5
_ACCURACY = 1e-10
_MOST_STEPS = 200


@dataclass(frozen=True, eq=False)
class Characterisation:
    """What every device of some dies was found to be.

    Parameters
    ----------
    g_p, g_ap : float64 arrays (dies, kernels, rows, cols)
        Conductance after P, and after AP, was written [S], wires undone, as it was read.
    defect : uint8 array (dies, kernels, rows, cols)
        Class of each device, as ``Defect`` numbers them.
    line_resistance : float
        What was undone [Ohm per segment].
    resolution : float
        What one code is worth [S].
    provenance : mapping of str to str
        Where it comes from.
    """

    g_p: Floats
    g_ap: Floats
    defect: NDArray[np.uint8]
    line_resistance: float = 0.0
    resolution: float = 0.0
    provenance: dict[str, str] = field(default_factory=dict)

    def confusion(self, truth: Population | NDArray[np.uint8]) -> Confusion:
        """Recovered classes against the true ones."""
        return Confusion.of(truth.defect if isinstance(truth, Population) else truth, self.defect)

    def to_population(self, die_ids: Sequence[int] | NDArray[np.integer] | None = None) -> Population:
        """A population of what was found: shorts and stuck devices conduct the same in both states, opens nothing."""
        same = np.isin(self.defect, (Defect.SHORT, Defect.STUCK_P, Defect.STUCK_AP))
        mean = (self.g_p + self.g_ap) / 2
        broken = self.defect == Defect.OPEN
        p, ap = (np.where(broken, 0.0, np.where(same, mean, found)) for found in (self.g_p, self.g_ap))
        dies = len(self.defect)
        return Population(
            g_p=p,
            g_ap=ap,
            defect=self.defect,
            die_ids=np.arange(dies, dtype=np.int64) if die_ids is None else np.asarray(die_ids, np.int64),
            line_resistance=self.line_resistance,
            resolution=self.resolution,
            provenance={"source": "characterisation", **self.provenance},
        )


def recover(report: Report, chip: Chip) -> Characterisation:
    """Conductances and classes from the report of a characterisation of whole dies.

    A code of one driven row is the transfer matrix's entry at the cell. Without wires that is the conductance. With the
    chip's nominal wires the conductances are those whose transfer matrix is the one that was read (``undo_wires``).
    Offsets are gone with the reference reads, where no code stops at 0: give the sensing a pedestal. A gain error of a
    column cannot be told from its devices.

    Parameters
    ----------
    report : Report
        Of the operation ``characterise``, from the model or from hardware.
    chip : Chip
        Its chip: nominal cell, sensing, wires, and how many reads were added up (``writing.repeats``).

    Raises
    ------
    ValueError
        If a cell of the chip was not read in both states, or the report's geometry is another one.
    ArithmeticError
        If no conductances give what was read through these wires.
    """
    if report.geometry != chip.geometry:
        raise ValueError(f"report must be of geometry {chip.geometry.name!r}, not of {report.geometry.name!r}")
    reads = report.decode().of_kind(ReportKind.READ)
    # What one code is worth [S].
    siemens = (1 << chip.geometry.fraction_bits) / chip.sensing.steps_per_siemens(chip.geometry, chip.cell)
    siemens /= chip.writing.repeats
    g_p, g_ap = (
        undo_wires(np.maximum(_values(reads, stage, report), 0) * siemens, chip.wires)
        for stage in (Stage.READ, Stage.READ_AP)
    )
    return Characterisation(
        g_p=g_p,
        g_ap=g_ap,
        defect=classify(g_p, g_ap, chip),
        line_resistance=chip.wires.row_segment,
        resolution=siemens,
        provenance={"geometry": chip.geometry.name},
    )


def _values(reads: ReportTable, stage: Stage, report: Report) -> Floats:
    geometry = report.geometry
    shape = (report.dies, geometry.kernels, geometry.rows, geometry.cols)
    chosen = reads.where(reads.stage == stage)
    place = chosen.die, chosen.kernel, chosen.row, chosen.col
    times = np.zeros(shape, np.int64)
    np.add.at(times, place, 1)
    if (times != 1).any():
        state = "P" if stage == Stage.READ else "AP"
        raise ValueError(
            f"report: a characterisation must read every cell once after {state} was written, not "
            f"{np.count_nonzero(times == 1)} of {times.size} cells"
        )
    values = np.zeros(shape)
    values[place] = chosen.value
    return values


def undo_wires(read: Floats, wires: Wires) -> Floats:
    """Conductances (..., rows, cols) [S] whose transfer matrix through these wires is the one that was read [S].

    The fixed point of ``G <- G * read / transfer(G)``, in steps of at least ``read - transfer(G)`` and never below 0.

    Raises
    ------
    ArithmeticError
        If the iteration does not converge.
    """
    if wires.ideal:
        return read
    found = read.copy()
    with warnings.catch_warnings():
        # What the wires take is what is being undone here.
        warnings.simplefilter("ignore", WireLossWarning)
        for _ in range(_MOST_STEPS):
            through = transfer_matrix(found, wires)
            # At least the whole of what is missing: next to an open, all that is read may come by way of other rows.
            gain = np.divide(found, through, out=np.ones_like(read), where=through > 0)
            change = np.maximum(np.clip(gain, 1.0, 4.0) * (read - through), -found)
            found += change
            if np.abs(change).max(initial=0.0) <= _ACCURACY * found.max(initial=0.0):
                return found
    raise ArithmeticError(
        "conductances behind these wires must be found within 200 steps, and are not: check the wires"
    )


def classify(g_p: Floats, g_ap: Floats, chip: Chip) -> NDArray[np.uint8]:
    """Classes of devices from their conductances after P and after AP was written.

    In terms of a die's own healthy medians P and AP, of the level L = (g_p + g_ap) / 2 and of the swing D = g_p - g_ap:

    - open: L below AP / 2;
    - above 1.25 P: a pinhole if it still swings by half of what a nominal pinhole does, and conducts less than 1.5
      times what that does in P; else a short;
    - healthy: D at least half of P - AP;
    - stuck: in P if L is above (P + AP) / 2, else in AP.

    Parameters
    ----------
    g_p, g_ap : float64 arrays (dies, kernels, rows, cols)
        [S]
    chip : Chip
        Its nominal cell is what plausible devices are near to, and stands in on dies without any.

    Returns
    -------
    uint8 array (dies, kernels, rows, cols)
    """
    cell = chip.cell
    pinhole = Pinhole()
    thread = cell.replace(r_p=cell.r_p * pinhole.ra, tmr=cell.tmr * pinhole.tmr)
    found = np.empty(g_p.shape, np.uint8)
    for die, (p, ap) in enumerate(zip(g_p, g_ap, strict=True)):
        near = (p > 0.5 * cell.g_p) & (p < 2 * cell.g_p) & (ap > 0.5 * cell.g_ap) & (ap < 2 * cell.g_ap)
        near &= p - ap > 0.5 * (cell.g_p - cell.g_ap)
        middle_p, middle_ap = (
            (float(np.median(p[near])), float(np.median(ap[near])))
            if near.any()
            else (
                cell.g_p,
                cell.g_ap,
            )
        )
        level, swing = (p + ap) / 2, p - ap
        high = level > _HIGH * middle_p
        threaded = (swing >= _SWITCHES * (thread.g_p - thread.g_ap)) & (p < _PINHOLE * thread.g_p)
        kinds = [
            level < _OPEN * middle_ap,
            high & threaded,
            high,
            swing >= _SWITCHES * (middle_p - middle_ap),
            level > (middle_p + middle_ap) / 2,
        ]
        names = [Defect.OPEN, Defect.PINHOLE, Defect.SHORT, Defect.NONE, Defect.STUCK_P]
        found[die] = np.select(kinds, [int(name) for name in names], int(Defect.STUCK_AP))
    return found
