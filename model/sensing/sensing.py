# SPDX-License-Identifier: BSD-3-Clause
"""Column sensing: a transimpedance amplifier and an ADC per column."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..device import Cell
from ..geometry import Geometry
from .converters import Adc, Amplifier


class HeadroomWarning(UserWarning):
    """The amplifiers give out before every row can be driven."""


@dataclass(frozen=True)
class Sensing:
    """What stands between the columns of a kernel and their codes.

    Parameters
    ----------
    v_read : float
        Voltage across a driven row [V].
    adc_bits : int
        B of the conversion, 1 .. 12, at most what the geometry's converters have. 1: a differential sense amplifier.
    full_scale_rows : float
        ADC full scale in units of rows * G_P * v_read; ignored where ``lsb`` is given.
    lsb : float or None
        Current of one code [A]. None: full scale / 2^B. With one bit there is no full scale and the unit is free: it
        is then half the current of one nominal P device, so that a saturated die image still spans 8 G_P.
    r_tia : float
        Transimpedance [Ohm]; it cancels in codes and only gives voltages.
    rail_low, rail_high : float
        Where the amplifier gives out, in units of the full scale.
    offset_sigma : float
        Standard deviation of a column's offset [LSB]; a column's amplifier serves every kernel of its die.
    gain_sigma : float
        Relative standard deviation of a column's gain.
    noise_sigma : float
        Standard deviation of read noise [LSB].
    pedestal : float
        What every column shows without any current, by design [LSB]: then offsets below zero show in a reference read
        too, where codes would otherwise stop at 0.
    column_offset : tuple of int
        Codes that the offset registers remove from each column; empty: the pedestal, rounded.

    Raises
    ------
    ValueError
        If a field is out of range; the message names it.
    """

    v_read: float = 0.1
    adc_bits: int = 8
    full_scale_rows: float = 1.2
    lsb: float | None = None
    r_tia: float = 1000.0
    rail_low: float = 0.0
    rail_high: float = 1.1
    offset_sigma: float = 0.0
    gain_sigma: float = 0.0
    noise_sigma: float = 0.0
    pedestal: float = 0.0
    column_offset: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("v_read", "full_scale_rows", "r_tia", "lsb"):
            value = getattr(self, name)
            if not (name == "lsb" and value is None) and not (math.isfinite(value) and value > 0):
                raise ValueError(f"sensing: {name} must be a positive number, not {value!r}")
        for name in ("offset_sigma", "gain_sigma", "noise_sigma", "pedestal"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"sensing: {name} must be a non-negative number, not {value!r}")
        if isinstance(self.adc_bits, bool) or not isinstance(self.adc_bits, int) or not 1 <= self.adc_bits <= 12:
            raise ValueError(f"sensing: adc_bits must be an integer from 1 to 12, not {self.adc_bits!r}")
        rails = (self.rail_low, self.rail_high)
        if not (all(math.isfinite(rail) for rail in rails) and self.rail_low < self.rail_high):
            raise ValueError(f"sensing: rail_low must be below rail_high {self.rail_high!r}, not {self.rail_low!r}")

    @classmethod
    def from_converters(
        cls, adc: Adc, amplifier: Amplifier, geometry: Geometry, cell: Cell, *, v_read: float, **others: Any
    ) -> Sensing:
        """Sensing by an amplifier and an ADC: ``lsb`` is ``adc.lsb / r``, the rails are where the amplifier clips.

        Parameters
        ----------
        adc, amplifier
            Of every column.
        geometry, cell
            The chip.
        v_read : float
            Voltage across a driven row [V].
        **others
            Further fields: errors, noise, offset registers.

        Warns
        -----
        HeadroomWarning
            If fewer P devices than the kernel has rows use up the amplifier's headroom.
        """
        most = amplifier.devices(cell.g_p, v_read)
        if most < geometry.rows:
            largest = amplifier.largest_v_read(cell.g_p, geometry.rows)
            warnings.warn(
                f"amplifiers of {amplifier.r:g} Ohm at {amplifier.v_ref:g} V give out at {most} P devices in a read, "
                f"and the kernel has {geometry.rows} rows: v_read must be at most {largest:.3f} V for all, not "
                f"{v_read:g} V",
                HeadroomWarning,
                stacklevel=2,
            )
        lsb = adc.lsb / amplifier.r
        full_scale = lsb * (1 << adc.bits)
        return cls(
            v_read=v_read,
            adc_bits=adc.bits,
            lsb=lsb,
            r_tia=amplifier.r,
            rail_low=amplifier.lowest_current / full_scale,
            rail_high=amplifier.headroom / full_scale,
            **others,
        )

    def bits(self, geometry: Geometry) -> int:
        """B; ValueError if the geometry's converters have fewer bits."""
        if self.adc_bits > geometry.adc_bits:
            raise ValueError(
                f"sensing: adc_bits must be at most {geometry.adc_bits} (geometry {geometry.name!r}), "
                f"not {self.adc_bits}"
            )
        return self.adc_bits

    def row_current(self, cell: Cell) -> float:
        """Current of one nominal P device [A]."""
        return cell.g_p * self.v_read

    def full_scale_current(self, geometry: Geometry, cell: Cell) -> float:
        """Current of the ADC's full scale [A]; the rails' unit also where one bit needs no full scale."""
        if self.lsb is not None and self.adc_bits > 1:
            return self.lsb * (1 << self.adc_bits)
        return self.full_scale_rows * geometry.rows * self.row_current(cell)

    def full_scale_in_rows(self, geometry: Geometry, cell: Cell) -> float:
        """Full scale in units of rows * G_P * v_read."""
        return self.full_scale_current(geometry, cell) / (geometry.rows * self.row_current(cell))

    def lsb_current(self, geometry: Geometry, cell: Cell) -> float:
        """Current of one code [A]."""
        if self.lsb is not None:
            return self.lsb
        if self.adc_bits == 1:
            return self.row_current(cell) / 2
        return self.full_scale_current(geometry, cell) / (1 << self.adc_bits)

    def lsb_voltage(self, geometry: Geometry, cell: Cell) -> float:
        """Voltage of one code at the amplifier's output [V]."""
        return self.lsb_current(geometry, cell) * self.r_tia

    def steps_per_siemens(self, geometry: Geometry, cell: Cell) -> float:
        """What 1 S on a driven row adds to a column [LSB/2^F]."""
        return self.v_read / self.lsb_current(geometry, cell) * (1 << geometry.fraction_bits)

    def registers(self, cols: int) -> tuple[int, ...]:
        """Codes that the offset registers of all columns remove; ValueError if ``column_offset`` has another length."""
        pedestal = round(self.pedestal) if self.adc_bits > 1 else 0  # a comparison of two columns needs none
        codes = self.column_offset or (pedestal,) * cols
        if len(codes) != cols:
            raise ValueError(f"sensing: column_offset must have {cols} codes, not {len(codes)}")
        return codes

    def column_errors(
        self, dies: Sequence[int], cols: int, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Offset and gain errors of the columns; those of a die depend only on (seed, die).

        Returns
        -------
        offset : float64 array (dies, cols)
            [LSB].
        gain : float64 array (dies, cols)
            Relative: 1 for a perfect column.
        """
        offset = np.zeros((len(dies), cols))
        gain = np.ones((len(dies), cols))
        for index, die in enumerate(dies):
            # The word keeps this stream apart from the devices' stream of the same seed and die.
            generator = np.random.default_rng([seed, int(die), 0x5E45])
            offset[index] = self.offset_sigma * generator.standard_normal(cols)
            gain[index] += self.gain_sigma * generator.standard_normal(cols)
        return offset, gain

    def replace(self, **changes: Any) -> Sensing:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)
