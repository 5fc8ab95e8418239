# SPDX-License-Identifier: BSD-3-Clause
"""The die image: the one place where analog quantities become integers."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..array import LineBreaks, Wires, transfer_matrix
from ..device import Cell
from ..dies import Population
from ..geometry import Geometry
from ..sensing import Sensing

#: Offsets and rails stay below this, so that sums of any die image are exact in 64-bit floating point.
_LARGEST = 1 << 40


@dataclass(frozen=True, eq=False)
class DieImage:
    """Dies as integers, in LSB/2^F.

    Parameters
    ----------
    q : int32 array (dies, kernels, rows, cols)
        What each row driven alone adds to each column.
    offset, lo, hi : int64 arrays (dies, kernels, cols)
        Offset of each column and the rails between which its sum is clamped.
    adc_bits, fraction_bits : int
        B (1: differential) and F.
    noise_sigma : int
        Standard deviation of read noise [LSB/2^F]; 0: none.
    noise_seed : int
        Seed of the noise; its low 32 bits count.
    die_ids : int64 array (dies,)
        Identifiers of the dies in their population: part of the noise's key.
    column_offset : int64 array (cols,) or (dies, cols)
        Codes that the offset registers remove before repair and accumulation: the same on every die, or of each die.
    saturations : int64 array (dies,)
        Entries of ``q`` that did not fit B+F+4 bits, per die.
    flags : bool array (dies, kernels, cols) or None
        Columns that self-test has flagged (``programming.self_test_flags``), for the repair "check"; None: none is.

    Raises
    ------
    ValueError
        If shapes disagree or B or F is out of range.
    """

    q: NDArray[np.int32]
    offset: NDArray[np.int64]
    lo: NDArray[np.int64]
    hi: NDArray[np.int64]
    adc_bits: int
    fraction_bits: int
    noise_sigma: int
    noise_seed: int
    die_ids: NDArray[np.int64]
    column_offset: NDArray[np.int64]
    saturations: NDArray[np.int64]
    flags: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.q.ndim != 4:
            raise ValueError(f"die image: q must have axes (dies, kernels, rows, cols), not shape {self.q.shape}")
        dies, kernels, _, cols = self.q.shape
        shapes = {
            "offset": (dies, kernels, cols),
            "lo": (dies, kernels, cols),
            "hi": (dies, kernels, cols),
            "die_ids": (dies,),
            "saturations": (dies,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"die image: {name} must have shape {shape}, not {getattr(self, name).shape}")
        found = self.column_offset.shape
        if found not in ((cols,), (dies, cols)):
            raise ValueError(f"die image: column_offset must have shape {(cols,)} or {(dies, cols)}, not {found}")
        if self.flags is not None and (self.flags.shape != (dies, kernels, cols) or self.flags.dtype != np.bool_):
            raise ValueError(
                f"die image: flags must be bool {(dies, kernels, cols)}, not {self.flags.dtype} {self.flags.shape}"
            )
        for name in ("adc_bits", "fraction_bits"):
            if not 1 <= getattr(self, name) <= 12:
                raise ValueError(f"die image: {name} must be from 1 to 12, not {getattr(self, name)}")
        for name in ("offset", "lo", "hi"):
            largest = int(np.abs(getattr(self, name)).max(initial=0))
            if largest > _LARGEST:
                raise ValueError(f"die image: {name} must be within +-2^40, not {largest}")
        if self.noise_sigma < 0:
            raise ValueError(f"die image: noise_sigma must be a non-negative integer, not {self.noise_sigma}")

    @property
    def dies(self) -> int:
        return int(self.q.shape[0])

    @property
    def kernels(self) -> int:
        return int(self.q.shape[1])

    @property
    def rows(self) -> int:
        return int(self.q.shape[2])

    @property
    def cols(self) -> int:
        return int(self.q.shape[3])

    @property
    def registers(self) -> NDArray[np.int64]:
        """Codes that each die's offset registers remove, (dies, cols); not to be written to."""
        return np.broadcast_to(self.column_offset, (self.dies, self.cols))

    def select(self, dies: Sequence[int] | NDArray[np.integer]) -> DieImage:
        """Some of the dies, by position; they keep their identifiers, so their noise stays the same."""
        index = np.asarray(dies, np.intp)
        per_die = {name: getattr(self, name)[index] for name in ("q", "offset", "lo", "hi", "die_ids", "saturations")}
        if self.column_offset.ndim == 2:
            per_die["column_offset"] = self.column_offset[index]
        if self.flags is not None:
            per_die["flags"] = self.flags[index]
        return dataclasses.replace(self, **per_die)

    def replace(self, **changes: Any) -> DieImage:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def digest(self) -> str:
        """SHA-256 over every array and number, as hexadecimal: what a file made from this image records."""
        numbers = (self.adc_bits, self.fraction_bits, self.noise_sigma, self.noise_seed & 0xFFFFFFFF, self.q.shape)
        state = hashlib.sha256(repr(numbers).encode())
        for name in ("q", "offset", "lo", "hi", "die_ids", "column_offset"):
            state.update(np.ascontiguousarray(getattr(self, name), "<i8").tobytes())
        if self.flags is not None and self.flags.any():
            state.update(b"flags" + np.packbits(self.flags).tobytes())
        return state.hexdigest()


def rounded_transfer(
    conductance: NDArray[np.float64],
    geometry: Geometry,
    cell: Cell,
    sensing: Sensing,
    *,
    gain: NDArray[np.float64] | None = None,
    wires: Wires | None = None,
    breaks: LineBreaks | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """What every row driven alone adds to every column: the one place where conductances are rounded.

    ``q = rint(transfer matrix * v_read * gain / LSB * 2^F)``, half to even, saturated to B+F+4 bits (two's complement).

    Parameters
    ----------
    conductance : float64 array (..., rows, cols)
        Of the cells in their present states [S].
    geometry, cell, sensing
        The chip.
    gain : float64 array, broadcast to (..., rows, cols); None: 1
        Relative gain of the columns.
    wires : Wires or None
        Line resistances; None: ideal.
    breaks : LineBreaks or None
        Broken lines, arrays in the shape of the conductances.

    Returns
    -------
    q : int32 array (..., rows, cols)
        [LSB/2^F].
    saturated : bool array (..., rows, cols)
        Entries that did not fit.
    """
    exact = transfer_matrix(conductance, wires, breaks=breaks) * sensing.steps_per_siemens(geometry, cell)
    if gain is not None:
        exact *= gain
    rounded = np.rint(exact)
    limit = 1 << (sensing.bits(geometry) + geometry.fraction_bits + 3)
    fitted = np.clip(rounded, -limit, limit - 1)
    return fitted.astype(np.int32), rounded != fitted


def line_breaks(population: Population) -> LineBreaks | None:
    """The broken lines of a population as the array's solvers take them; None: none are broken."""
    rows, cols = population.row_breaks, population.col_breaks
    if rows is None and cols is None:
        return None
    none = np.zeros(population.shape, np.bool_)
    return LineBreaks(none if rows is None else rows, none if cols is None else cols)


def make_die_image(
    population: Population,
    states: NDArray[np.bool_],
    geometry: Geometry,
    cell: Cell,
    sensing: Sensing,
    seed: int = 0,
    *,
    wires: Wires | None = None,
    undriven: Literal["reference", "float"] = "reference",
) -> DieImage:
    """Round a population with written states to integers, its broken lines included (``rounded_transfer``).

    Parameters
    ----------
    population : Population
        The dies.
    states : bool array (kernels, rows, cols) or (dies, kernels, rows, cols)
        State of every device: True is P; without an axis of dies the same on every die.
    geometry, cell, sensing
        The chip.
    seed : int
        Of the columns' offset and gain errors and of the read noise.
    wires : Wires or None
        Line resistances (a chip's are ``chip.wires``); None: ideal.
    undriven : {"reference", "float"}
        What rows do that a read does not drive. Only held rows give a die image: with floating ones a row's current
        depends on which others float, and currents do not add.

    Raises
    ------
    ValueError
        If the population, the states or the offset registers do not fit the geometry, or if rows float.
    """
    if undriven != "reference":
        raise ValueError(
            f"undriven rows must be held at the reference in a bit-exact read, not {undriven}: currents of driven rows "
            "would not add"
        )
    bits, fraction = sensing.bits(geometry), geometry.fraction_bits
    expected = (geometry.kernels, geometry.rows, geometry.cols)
    if population.shape[1:] != expected:
        raise ValueError(f"population must have (kernels, rows, cols) = {expected}, not {population.shape[1:]}")
    per_column = (population.dies, geometry.kernels, geometry.cols)
    offset, gain = sensing.column_errors([int(die) for die in population.die_ids], geometry.cols, seed)
    q, saturated = rounded_transfer(
        population.conductance(states),
        geometry,
        cell,
        sensing,
        gain=gain[:, np.newaxis, np.newaxis, :],
        wires=wires,
        breaks=line_breaks(population),
    )
    full_scale = sensing.full_scale_current(geometry, cell) / sensing.lsb_current(geometry, cell)

    def steps(codes: float) -> int:
        return int(np.rint(codes * (1 << fraction)))

    of_columns = np.rint((offset + sensing.pedestal) * (1 << fraction)).astype(np.int64)
    return DieImage(
        q=q,
        offset=np.repeat(of_columns[:, np.newaxis], geometry.kernels, axis=1),
        lo=np.full(per_column, steps(sensing.rail_low * full_scale), np.int64),
        hi=np.full(per_column, steps(sensing.rail_high * full_scale), np.int64),
        adc_bits=bits,
        fraction_bits=fraction,
        noise_sigma=steps(sensing.noise_sigma),
        noise_seed=seed,
        die_ids=np.asarray(population.die_ids, np.int64),
        column_offset=np.array(sensing.registers(geometry.cols), np.int64),
        saturations=np.count_nonzero(saturated, axis=(1, 2, 3)).astype(np.int64),
    )
