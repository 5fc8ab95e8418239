# SPDX-License-Identifier: BSD-3-Clause
"""The golden model of the write controller: the same pulses, reads and report words as the RTL, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..chip import Chip
from ..dies import Population
from ..geometry import Outcome, ReportKind, Stage
from ..writing import Windows, WriteArray
from .command import OPERATIONS, Region, WriteCommand
from .reads import MaintenanceReads
from .report import Report, encode_words

Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]
Places = NDArray[np.intp]

_ALL = Region()


def make_array(chip: Chip, population: Population, seed: int, initial: NDArray[np.bool_] | None = None) -> WriteArray:
    """The dies of a population as the chip writes them; see ``writing.WriteArray``."""
    return WriteArray(population, chip.cell, chip.sensing, chip.writing, chip.wires, seed, initial=initial)


def run_command(array: WriteArray, chip: Chip, command: WriteCommand, number: int = 0) -> Report:
    """``program`` with the fields of a command."""
    return program(array, chip, command.op, command.targets, command.region, number)


def program(
    array: WriteArray,
    chip: Chip,
    op: str,
    targets: ArrayLike | None = None,
    region: Region = _ALL,
    command: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Run one command of the write controller on all dies of an array, whose states it changes.

    Parameters
    ----------
    array : WriteArray
        The dies (``make_array``).
    chip : Chip
        Their chip; ``chip.writing`` are the controller's settings.
    op : str
        One of ``OPERATIONS``.
    targets : bool array (kernels, rows, cols) or (dies, kernels, rows, cols), or None
        True is P; for ``targets`` alone.
    region : Region
        What the command is for.
    command : int
        How many commands the chip has accepted since reset: part of the noise tags.
    progress : function (kernels done, kernels in all) or None
        Called now and then.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If the devices are not written by pulses, the operation is unknown, targets are missing or have another shape,
        the region lies outside of the chip, or the converters cannot tell the states apart.
    """
    if op not in OPERATIONS:
        raise ValueError(f"program: op must be one of {', '.join(OPERATIONS)}, not {op!r}")
    if op != "read" and not chip.writing.junction:
        raise ValueError("writing: the chip's devices are not written by pulses (writing.junction is empty)")
    if command < 0:
        raise ValueError(f"program: command must be a non-negative integer, not {command}")
    run = _Run(array, chip, region, command)
    kernels = run.kernels
    # Rows that leave each other alone are written side by side: the same pulses, reads and words.
    groups = [kernels] if array.independent else [kernels[k : k + 1] for k in range(len(kernels))]
    wanted = _wanted(array, op, targets)
    for group in groups:
        if op == "read":
            run.read(group, Stage.READ, False)
        elif op == "characterise":
            run.program(group, np.ones(array.shape, np.bool_), Stage.PROGRAM)
            run.read(group, Stage.READ, True)
            run.program(group, np.zeros(array.shape, np.bool_), Stage.PROGRAM_AP)
            run.read(group, Stage.READ_AP, False)
        else:
            assert wanted is not None
            run.program(group, wanted, Stage.PROGRAM)
        if progress is not None:
            progress(int(group[-1] - kernels[0]) + 1, len(kernels))
    return Report(chip.geometry, run.stream.words(), run.pulses)


def _wanted(array: WriteArray, op: str, targets: ArrayLike | None) -> Bools | None:
    if (op == "targets") != (targets is not None):
        given = "be given" if targets is None else "not be given"
        raise ValueError(f"program: targets must {given} for op {op!r}")
    if op in ("all_p", "all_ap"):
        return np.full(array.shape, op == "all_p")
    if targets is None:
        return None
    found = np.asarray(targets)
    if found.shape not in (array.shape, array.shape[1:]):
        raise ValueError(
            f"program: targets must have (kernels, rows, cols) = {array.shape[1:]} or (dies, ...) = {array.shape}, "
            f"not {found.shape}"
        )
    if found.dtype != np.bool_ and not np.isin(found, (0, 1)).all():
        wrong = found[~np.isin(found, (0, 1))].flat[0]
        raise ValueError(f"program: targets must be 0 (AP) or 1 (P), not {wrong}")
    return np.broadcast_to(found.astype(np.bool_), array.shape)


class _Stream:
    """Words of each die, collected kernel by kernel."""

    def __init__(self, dies: int, kernels: Places) -> None:
        self._first = int(kernels[0])
        self._parts: list[list[list[NDArray[np.uint64]]]] = [[[] for _ in kernels] for _ in range(dies)]

    def add(self, die: int, kernel: int, words: NDArray[np.uint64]) -> None:
        self._parts[die][kernel - self._first].append(words.ravel())

    def words(self) -> tuple[NDArray[np.uint64], ...]:
        none = np.zeros(0, np.uint64)
        return tuple(np.concatenate([none, *(part for kernel in die for part in kernel)]) for die in self._parts)


@dataclass
class _Pass:
    """Cells (dies, kernels, rows, cols) of one pass over some kernels; rows and columns are the region's."""

    value: Integers
    first_ok: Bools
    outcome: Integers
    pulses: Integers

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> _Pass:
        return cls(
            np.zeros(shape, np.int64), np.zeros(shape, np.bool_), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        )


class _Run:
    """One command on its way."""

    def __init__(self, array: WriteArray, chip: Chip, region: Region, command: int) -> None:
        self.array, self.chip, self.writing = array, chip, chip.writing
        kernels, rows, cols = region.of(chip.geometry)
        self.kernels, self.rows = np.array(kernels, np.intp), np.array(rows, np.intp)
        self.cols = np.array(cols, np.intp)
        self.windows: Windows = chip.writing.windows(chip.geometry, chip.cell, chip.sensing, array.wires)
        self.reads = MaintenanceReads(array, chip, command)
        self.stream = _Stream(array.shape[0], self.kernels)
        self.pulses = np.zeros(array.shape[0], np.int64)

    def program(self, kernels: Places, targets: Bools, base: int) -> None:
        """PROGRAM: passes over kernels until one of them gives no pulse."""
        dies = self.array.shape[0]
        wanted = targets[np.ix_(np.arange(dies), kernels, self.rows, self.cols)]
        active = np.ones((dies, len(kernels)), np.bool_)
        for number in range(self.writing.passes):
            if not active.any():
                break
            stage = base + number
            done = _Pass.empty(wanted.shape)
            pulsed = np.zeros_like(active)
            die, k = np.nonzero(active)
            baseline = np.zeros((dies, len(kernels), len(self.cols)), np.int64)
            baseline[die, k] = self.reads.reference(die, kernels[k], stage)[:, self.cols]
            for rows in self._row_groups():
                pulsed |= self._program_rows(kernels, wanted, active, baseline, rows, stage, number > 0, done)
            self._tell(kernels, wanted, active, stage, done)
            active &= pulsed

    def _row_groups(self) -> Iterator[Places]:
        """Positions in the region of rows that are worked on together."""
        everything = np.arange(len(self.rows))
        return iter([everything] if self.array.independent else everything[:, np.newaxis])

    def _program_rows(
        self,
        kernels: Places,
        wanted: Bools,
        active: Bools,
        baseline: Integers,
        rows: Places,
        stage: int,
        later: bool,
        done: _Pass,
    ) -> Bools:
        """Pulse and verify rows of one pass; whether anything was pulsed, (dies, kernels)."""
        # One entry per row that is worked on: its die, its kernel's position, its row's position.
        die, k, r = (part.ravel() for part in np.broadcast_arrays(*np.ix_(*(np.arange(n) for n in active.shape), rows)))
        busy = active[die, k]
        die, k, r = die[busy], k[busy], r[busy]
        pending = np.ones((len(die), len(self.cols)), np.bool_)
        target = wanted[die, k, r]
        pulsed = np.zeros_like(active)
        first = True
        attempt = 0
        live = np.arange(len(die))
        if later or self.writing.read_first:
            pending[live] &= ~self._verify(kernels, die, k, r, baseline, target, stage, 0, True, done)
            first = False
        while attempt < self.writing.steps:
            live = np.flatnonzero(pending.any(axis=1))
            if not live.size:
                break
            for toward_p in (True, False):
                cells = pending[live] & (target[live] == toward_p)
                self._pulse(kernels, die[live], k[live], r[live], cells, toward_p, attempt)
                done.pulses[die[live], k[live], r[live]] += cells
            pulsed[die[live], k[live]] = True
            attempt += 1
            place = die[live], k[live], r[live]
            pending[live] &= ~self._verify(kernels, *place, baseline, target[live], stage, attempt, first, done)
            first = False
        return pulsed

    def _verify(
        self,
        kernels: Places,
        die: Places,
        k: Places,
        r: Places,
        baseline: Integers,
        target: Bools,
        stage: int,
        attempt: int,
        first: bool,
        done: _Pass,
    ) -> Bools:
        """Read rows and judge their cells; which are right, (rows worked on, cols)."""
        codes = self.reads.row(die, kernels[k], self.rows[r], stage, attempt)[:, self.cols]
        value = codes - baseline[die, k]
        windows = self.windows
        in_p = (windows.p_low <= value) & (value <= windows.p_high)
        in_ap = (windows.ap_low <= value) & (value <= windows.ap_high)
        right = np.where(target, in_p, in_ap)
        kinds = [right, value > windows.p_high, value < windows.ap_low, in_p | in_ap]
        names = [Outcome.OK, Outcome.SHORT, Outcome.OPEN, Outcome.STUCK]
        done.value[die, k, r] = value
        done.outcome[die, k, r] = np.select(kinds, [int(name) for name in names], int(Outcome.MARGINAL))
        if first:
            done.first_ok[die, k, r] = right
        return right

    def _pulse(
        self, kernels: Places, die: Places, k: Places, r: Places, cells: Bools, toward_p: bool, step: int
    ) -> None:
        """One step towards one state on the cells (rows worked on, cols)."""
        writing, array = self.writing, self.array
        levels = writing.levels_p if toward_p else writing.levels_ap
        volts, width = writing.volts(levels[step]), writing.width_ns(step)
        given = cells.sum(axis=1) if writing.single else cells.any(axis=1).astype(np.int64)
        np.add.at(self.pulses, die, given)
        if array.independent:
            at, c = np.nonzero(cells)
            array.pulse_cells((die[at], kernels[k[at]], self.rows[r[at]], self.cols[c]), toward_p, volts, width)
            return
        # Here a call is about one row of one kernel, on several dies.
        chosen = np.flatnonzero(cells.any(axis=1))
        if not chosen.size:
            return
        kernel, row = int(kernels[k[0]]), np.zeros(array.shape[2], np.bool_)
        row[self.rows[r[0]]] = True
        columns = np.zeros((len(die), array.shape[3]), np.bool_)
        columns[:, self.cols] = cells
        if not writing.single:
            array.pulse(die[chosen], kernel, row, columns[chosen], toward_p, volts, width)
            return
        for column in np.flatnonzero(columns.any(axis=0)).tolist():
            only = np.zeros(array.shape[3], np.bool_)
            only[column] = True
            array.pulse(die[columns[:, column]], kernel, row, only, toward_p, volts, width)

    def _tell(self, kernels: Places, wanted: Bools, active: Bools, stage: int, done: _Pass) -> None:
        """PROGRAM words of a pass."""
        for die, k in zip(*np.nonzero(active), strict=True):
            words = encode_words(
                value=done.value[die, k],
                col=self.cols,
                row=self.rows[:, np.newaxis],
                kernel=kernels[k],
                target=wanted[die, k],
                first_ok=done.first_ok[die, k],
                outcome=done.outcome[die, k],
                pulses=done.pulses[die, k],
                stage=stage,
                kind=int(ReportKind.PROGRAM),
            )
            self.stream.add(int(die), int(kernels[k]), words)

    def read(self, kernels: Places, stage: int, state: bool) -> None:
        """READ: every cell of the region, reads and references added up."""
        dies, columns = self.array.shape[0], self.cols
        die, k = (part.ravel() for part in np.indices((dies, len(kernels))))
        baseline = np.zeros((len(die), len(columns)), np.int64)
        for repeat in range(self.writing.repeats):
            baseline += self.reads.reference(die, kernels[k], stage, repeat)[:, columns]
        about = {"stage": stage, "target": int(state)}
        for row in range(len(die)):
            words = encode_words(
                value=baseline[row], col=columns, kernel=kernels[k[row]], kind=int(ReportKind.REFERENCE), **about
            )
            self.stream.add(int(die[row]), int(kernels[k[row]]), words)
        for r in self.rows.tolist():
            total = np.zeros_like(baseline)
            for repeat in range(self.writing.repeats):
                at = np.full(die.shape, r)
                total += self.reads.row(die, kernels[k], at, stage, repeat)[:, columns]
            words = encode_words(
                value=total - baseline,
                col=columns,
                row=r,
                kernel=kernels[k][:, np.newaxis],
                kind=int(ReportKind.READ),
                **about,
            )
            for row in range(len(die)):
                self.stream.add(int(die[row]), int(kernels[k[row]]), words[row])
