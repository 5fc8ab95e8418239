# SPDX-License-Identifier: BSD-3-Clause
"""Dies under write pulses: the state of every device, and how pulses change it."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..array import Bias, BiasDependentTmr, LineBreaks, Wires, operating_point
from ..device import Cell, Junction, Variation, switching_probability
from ..dies import Defect, Population
from ..philox import uniform
from ..sensing import Sensing
from .junctions import junctions_of, nominal_junction
from .settings import LARGEST_VOLTAGE, Writing

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Index = tuple[NDArray[np.intp], ...]

#: Last word of the counters of pulse outcomes, which keeps them apart from every other use of the same key.
_PULSE_WORD = 0x57524954
_INITIAL_STREAM = 0x494E4954
_MISSING = "writing: the chip's devices are not written by pulses (writing.junction is empty)"


class WriteArray:
    """Devices of one or more dies whose states pulses change.

    The outcome of a cell's n-th pulse depends on (seed, die, cell, n), its voltage and its width alone: not on the
    batch of dies, nor on the order in which kernels are written. States of shorts and opens mean nothing and never
    change; a stuck device stays in the state in which it is stuck. A pulse that drives a device deeper into its state
    leaves it there.

    Parameters
    ----------
    population : Population
        The dies; their conductances give every junction its resistance, RA and TMR (``junctions_of``).
    cell : Cell
        Nominal cell; its access resistance is that of every cell.
    sensing : Sensing
        Its read voltage is the one at which the conductances hold.
    writing : Writing
        Settings of the write path.
    wires : Wires or None
        Line resistances; None: ideal.
    seed : int
        Of initial states, of variations that conductances do not show, and of pulses; its low 32 bits count for pulses.
    initial : bool array (dies, kernels, rows, cols) or None
        States before the first pulse, True is P; None: random.
    variation : Variation or None
        Spreads of the process; None: the default.

    Attributes
    ----------
    state, initial : bool arrays (dies, kernels, rows, cols)
        Now, and before the first pulse; True is P.
    pulses : uint32 array (dies, kernels, rows, cols)
        Pulses that put a voltage across the cell so far, half-selection included.
    junction : Junction or None
        Population (dies, kernels, rows, cols); None where the chip is not written by pulses.

    Raises
    ------
    ValueError
        If initial states have another shape, or the seed is negative.

    Warns
    -----
    UserWarning
        If the highest level leaves more than ``writing.breakdown`` across a nominal junction.
    """

    def __init__(
        self,
        population: Population,
        cell: Cell,
        sensing: Sensing,
        writing: Writing,
        wires: Wires | None = None,
        seed: int = 0,
        *,
        initial: NDArray[np.bool_] | None = None,
        variation: Variation | None = None,
    ) -> None:
        if seed < 0:
            raise ValueError(f"seed must be a non-negative integer, not {seed}")
        self.population, self.cell, self.sensing, self.writing = population, cell, sensing, writing
        self.wires, self.seed = Wires() if wires is None else wires, seed
        self.defect = population.defect
        self.switches: Bools = (self.defect == Defect.NONE) | (self.defect == Defect.PINHOLE)
        self.junction: Junction | None = None
        if writing.junction:
            self.junction = junctions_of(population, cell, sensing, writing, variation or Variation(), seed)
            _warn_of_breakdown(cell, writing)
        self.initial = self._initial_states(initial)
        self.state = self.initial.copy()
        self.pulses = np.zeros(population.shape, np.uint32)
        self._broken = _broken(population)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(dies, kernels, rows, cols)."""
        return self.population.shape

    @property
    def independent(self) -> bool:
        """Whether a pulse or a read of one row leaves all others untouched: gated cells on ideal, unbroken lines."""
        return self.wires.ideal and not self.writing.passive and not self._broken.any()

    @property
    def _direct(self) -> bool:
        """Whether cells of unbroken lines see what drivers put on the lines."""
        return self.wires.ideal and not self.writing.float_unselected

    def conductance(self) -> Floats:
        """Conductance of every cell in its present state [S], (dies, kernels, rows, cols); defects are applied."""
        return self.population.conductance(self.state)

    def pulse(
        self,
        die: int | NDArray[np.integer],
        kernel: int,
        rows: ArrayLike,
        cols: ArrayLike,
        toward_p: bool,
        volts: float,
        width_ns: float,
    ) -> None:
        """One write pulse on one kernel, on one die or on several at once.

        Parameters
        ----------
        die : int or int array (n,)
            Positions of dies in the population, each at most once.
        kernel : int
            The selected kernel.
        rows, cols : bool arrays (rows,) and (cols,), or (n, rows) and (n, cols)
            Selected lines; cells where both are selected are the ones meant.
        toward_p : bool
            Row above column, or below it.
        volts : float
            Across a selected cell, a magnitude [V].
        width_ns : float
            [ns]

        Raises
        ------
        ValueError
            If the chip's devices are not written by pulses, a number is out of range or a mask has another shape.
        """
        dies = np.atleast_1d(np.asarray(die, np.intp))
        count, kernels, n_rows, n_cols = self.shape
        if not 0 <= kernel < kernels:
            raise ValueError(f"kernel must be from 0 to {kernels - 1}, not {kernel}")
        if dies.size and not (dies.min() >= 0 and dies.max() < count):
            raise ValueError(f"die must be from 0 to {count - 1}, not {dies.tolist()}")
        row, col = _mask("rows", rows, len(dies), n_rows), _mask("cols", cols, len(dies), n_cols)
        self._check_pulse(volts, width_ns)
        if not volts or not dies.size:
            return
        signed = volts if toward_p else -volts
        gate = np.ones_like(col) if self.writing.passive else col
        bias = Bias.select(row, col, signed, self.writing.scheme if self.writing.passive else "grounded")
        solved = self._broken[dies, kernel] if self._direct else np.ones(dies.shape, np.bool_)
        direct = ~solved
        seen = np.where(gate[:, np.newaxis, :], bias.rows[:, :, np.newaxis] - bias.cols[:, np.newaxis, :], 0.0)
        self._flip_dies(dies[direct], kernel, seen[direct] != 0, seen[direct], width_ns, junction=False)
        if solved.any():
            part = Bias(*(getattr(bias, field.name)[solved] for field in dataclasses.fields(bias)))
            across = self._solve(dies[solved], kernel, part, gate[solved])
            exposed = np.broadcast_to(gate[solved][:, np.newaxis, :], across.shape)
            self._flip_dies(dies[solved], kernel, exposed, across, width_ns, junction=True)

    def pulse_cells(self, index: Index, toward_p: bool, volts: float, width_ns: float) -> None:
        """The same pulse on any cells of any kernels and dies, each at most once: rows of ``independent`` arrays.

        Parameters
        ----------
        index : four int arrays (cells,)
            Die, kernel, row and column of every cell.
        toward_p, volts, width_ns
            As for ``pulse``.
        """
        self._check_pulse(volts, width_ns)
        if not self.independent:
            raise ValueError("pulse_cells: the array must be of gated cells on ideal, unbroken lines, not of others")
        if not volts:
            return
        signed = np.full(index[0].shape, volts if toward_p else -volts)
        self._flip(index, signed, width_ns, junction=False)

    def _flip_dies(
        self,
        dies: NDArray[np.intp],
        kernel: int,
        exposed: Bools,
        voltage: Floats,
        width_ns: float,
        *,
        junction: bool,
    ) -> None:
        if not dies.size:
            return
        where, r, c = np.nonzero(exposed)
        index = (dies[where], np.full(where.shape, kernel), r, c)
        self._flip(index, voltage[where, r, c], width_ns, junction=junction)

    def _flip(self, index: Index, voltage: Floats, width_ns: float, *, junction: bool) -> None:
        """Count a pulse and draw its outcome; voltages (cells,) are across junctions, or across whole cells."""
        assert self.junction is not None
        number = self.pulses[index]
        self.pulses[index] = number + 1
        state = self.state[index]
        # Where the voltage favours the state that there is, the barrier only grows.
        leaving = self.switches[index] & np.where(state, voltage < 0, voltage > 0)
        if not leaving.any():
            return
        chosen = tuple(part[leaving] for part in index)
        state, voltage, number = state[leaving], voltage[leaving], number[leaving]
        junctions = self.junction.select(chosen)
        if not junction and self.cell.r_access:
            voltage = junctions.junction_voltage(state, voltage, self.cell.r_access)
        chance = switching_probability(junctions, state, voltage, width_ns)
        _, _, rows, cols = self.shape
        cell = (chosen[1] * rows + chosen[2]) * cols + chosen[3]
        die = self.population.die_ids[chosen[0]]
        drawn = uniform((cell, number, 0, _PULSE_WORD), (self.seed & 0xFFFFFFFF, die))
        self.state[chosen] = state ^ (drawn < chance)

    def _solve(self, dies: NDArray[np.intp], kernel: int, bias: Bias, gate: Bools) -> Floats:
        """Voltages across the junctions of one kernel of some dies [V], wires and bias dependence included."""
        assert self.junction is not None
        switches, state = self.switches[dies, kernel], self.state[dies, kernel]
        whole = np.where(state, self.population.g_p[dies, kernel], self.population.g_ap[dies, kernel])
        with np.errstate(divide="ignore"):
            resistance = 1 / whole
        # A short is a resistor from line to line; so is what is stuck, less its transistor.
        short = self.defect[dies, kernel] == Defect.SHORT
        access = np.where(short, 0.0, np.minimum(self.cell.r_access, resistance / 2))
        junction = self.junction.select((dies, kernel))
        closed = np.broadcast_to(gate[:, np.newaxis, :], whole.shape)
        law = BiasDependentTmr(
            r_p=np.where(closed, np.where(switches, junction.resistance_p(), resistance - access), np.inf),
            tmr=np.where(switches & ~state, junction.tmr, 0.0),
            half_voltage=junction.v_half,
        )
        access = np.where(np.isfinite(access), access, 0.0)
        breaks = None
        if self._broken[dies, kernel].any():
            none = np.zeros(whole.shape, np.bool_)
            rows, cols = self.population.row_breaks, self.population.col_breaks
            breaks = LineBreaks(
                none if rows is None else rows[dies, kernel], none if cols is None else cols[dies, kernel]
            )
        across, _ = operating_point(law, self.wires, bias, access_resistance=access, breaks=breaks)
        return np.nan_to_num(across)

    def _check_pulse(self, volts: float, width_ns: float) -> None:
        if self.junction is None:
            raise ValueError(_MISSING)
        if not 0 <= volts <= LARGEST_VOLTAGE + 1e-9:
            raise ValueError(f"pulse: volts must be from 0 to {LARGEST_VOLTAGE} [V], not {volts!r}")
        if not (width_ns >= 0 and np.isfinite(width_ns)):
            raise ValueError(f"pulse: width_ns must be a non-negative time [ns], not {width_ns!r}")

    def _initial_states(self, given: NDArray[np.bool_] | None) -> Bools:
        if given is None:
            shape = self.shape[1:]
            drawn = [
                np.random.default_rng([self.seed, int(die), _INITIAL_STREAM]).random(shape) < 0.5
                for die in self.population.die_ids
            ]
            states = np.stack(drawn)
        else:
            states = np.array(given, np.bool_)
            if states.shape != self.shape:
                raise ValueError(f"initial must have (dies, kernels, rows, cols) = {self.shape}, not {states.shape}")
        states[self.defect == Defect.STUCK_P] = True
        states[self.defect == Defect.STUCK_AP] = False
        return states


def _mask(name: str, given: ArrayLike, dies: int, size: int) -> Bools:
    mask = np.asarray(given, np.bool_)
    if mask.shape not in ((size,), (dies, size)):
        raise ValueError(f"pulse: {name} must have shape ({size},) or ({dies}, {size}), not {mask.shape}")
    return np.broadcast_to(mask, (dies, size))


def _broken(population: Population) -> Bools:
    """Kernels (dies, kernels) with a broken line: what it leaves floating is to be solved for."""
    broken = np.zeros(population.shape[:2], np.bool_)
    for breaks in (population.row_breaks, population.col_breaks):
        if breaks is not None:
            broken |= breaks.any(axis=(2, 3))
    return broken


def _warn_of_breakdown(cell: Cell, writing: Writing) -> None:
    highest = writing.volts(max(*writing.levels_p, *writing.levels_ap))
    # A junction in AP has more of the voltage than one in P, and a pulse towards AP ends with one.
    across = float(nominal_junction(cell, writing).junction_voltage(False, highest, cell.r_access))
    if across > writing.breakdown:
        warnings.warn(
            f"writing: {highest:.3g} V across a cell leaves {across:.3g} V across a nominal junction in AP, above the "
            f"breakdown voltage of {writing.breakdown:g} V",
            stacklevel=3,
        )
