# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of conductances when they are written into a passive crossbar.

Tuning error, stuck devices and the window are the published ones. The disturbance by later writes on neighbouring
devices is a table: ours, ``neighbour_drift.csv``, is a piecewise linear least-squares fit of 13 knots to the published
statistics (1 to 53 later writes; the last published row, of one sample, is left out).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...reading import SETTINGS_BYTES, read_text, shown

#: Conductances that can be asked for [uS].
WINDOW = (100.0, 500.0)

#: Later writes, mean and standard deviation of the change [uS].
Disturbance = tuple[tuple[float, float, float], ...]
_COLUMNS = ("later_writes", "mean_uS", "sigma_uS")


def own_disturbance() -> Disturbance:
    """The table that comes with the package."""
    return _read((resources.files(__package__) / "neighbour_drift.csv").read_text("utf-8"), "neighbour_drift.csv")


def load_disturbance(path: str | Path) -> Disturbance:
    """A table ``later_writes,mean_uS,sigma_uS`` from a file.

    Raises
    ------
    ValueError
        If there is no such file, or a line is wrong; the message names file, line and field.
    """
    return _read(read_text(path, SETTINGS_BYTES), str(path))


def _read(text: str, name: str) -> Disturbance:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
    if not lines or tuple(lines[0][1].split(",")) != _COLUMNS:
        raise ValueError(
            f"{name}: first line must be {','.join(_COLUMNS)}, not {shown(lines[0][1] if lines else 'nothing')}"
        )
    table = []
    for number, line in lines[1:]:
        try:
            row = tuple(math.nan if "_" in cell else float(cell) for cell in line.split(","))
        except ValueError:
            row = ()
        if len(row) != 3 or not all(map(math.isfinite, row)):
            raise ValueError(f"{name}: line {number} must be three numbers, not {shown(line)}")
        table.append(row)
    try:
        return checked_disturbance(table)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def checked_disturbance(table: Iterable[Sequence[float]]) -> Disturbance:
    """The table, if it is one: later writes rising from 1 or more, standard deviations not negative."""
    rows = tuple((float(row[0]), float(row[1]), float(row[2])) for row in table)
    if not rows:
        raise ValueError("disturbance must have at least one row, not none")
    before = 0.0
    for later, _, sigma in rows:
        if later < 1 or later <= before:
            raise ValueError(f"later_writes must rise from 1 or more, not {later:g} after {before:g}")
        if sigma < 0:
            raise ValueError(f"sigma_uS must not be negative, not {sigma:g} at {later:g} later writes")
        before = later
    return rows


@dataclass(frozen=True)
class WritingErrors:
    """Errors of a written device.

    Parameters
    ----------
    slope, intercept : float
        Standard deviation of the tuning error: slope * G[uS] + intercept [%].
    offset_mean, offset_sigma : float
        Further relative error of every device [%].
    stuck_low, stuck_high : float
        Shares of devices stuck at low resistance, N(573, 99) uS, and at high resistance, U(10, 100) uS.
    disturbance : tuple of (later writes, mean, standard deviation)
        Change by later writes in the same array [uS]; linear between rows, constant outside; none without later writes.
    """

    slope: float = -6.24e-4
    intercept: float = 0.691
    offset_mean: float = -0.589
    offset_sigma: float = 0.339
    stuck_low: float = 0.005
    stuck_high: float = 0.005
    disturbance: Disturbance = field(default_factory=own_disturbance)

    def __post_init__(self) -> None:
        for name in ("stuck_low", "stuck_high"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise ValueError(f"writing errors: {name} must be from 0 to 0.5, not {getattr(self, name)!r}")
        checked_disturbance(self.disturbance)

    def change(self, later: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation of the disturbance after so many later writes [uS]."""
        knots, mean, sigma = np.array(self.disturbance).T
        mean, sigma = np.interp(later, knots, mean), np.interp(later, knots, sigma)
        return np.where(later > 0, mean, 0).astype(np.float32), np.where(later > 0, sigma, 0).astype(np.float32)

    def draw(
        self, targets: NDArray[np.float32], later: NDArray[np.int64], transfers: int, generator: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Write a layer many times.

        Parameters
        ----------
        targets : float32 array (...)
            Wanted conductances [uS].
        later : int64 array (...)
            Later writes of each device.
        transfers : int
            Times.
        generator : Generator
            Source of randomness; the numbers taken from it do not depend on the targets.

        Returns
        -------
        conductance : float32 array (transfers, ...)
            What the devices have [uS]; never negative.
        stuck : bool array (transfers, ...)
            Devices that took no write.
        """
        shape = (transfers, *targets.shape)
        tuning, offset, moved, low = (generator.standard_normal(shape, np.float32) for _ in range(4))
        which, high = (generator.random(shape, np.float32) for _ in range(2))
        mean, sigma = self.change(later)
        spread = np.maximum(self.slope * targets + self.intercept, 0).astype(np.float32)
        percent = spread * tuning + np.float32(self.offset_mean) + np.float32(self.offset_sigma) * offset
        written = targets * (1 + percent / 100) + mean + sigma * moved
        at_low, stuck = which < self.stuck_low, which < self.stuck_low + self.stuck_high
        held = np.where(at_low, 573 + 99 * low, 10 + 90 * high)
        return np.maximum(np.where(stuck, held, written), 0).astype(np.float32), stuck
