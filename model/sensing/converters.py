# SPDX-License-Identifier: BSD-3-Clause
"""Converters of the 20,000-device platform: its DAC, transimpedance amplifier and ADC, as its public code has them.

A column's amplifier holds it at ``v_ref`` and turns its current I into ``v_ref - I * r``, clipped to its supply; the
ADC rounds that. Codes therefore *fall* as current rises, from the code of ``v_ref`` down to that of the clip. What the
rest of the model calls a code is the fall: ``code(0) - code(I)``, one code per ``Adc.lsb / r``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _check(kind: str, name: str, value: float, unit: str, *, zero: bool = False) -> None:
    if not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
        word = "non-negative" if zero else "positive"
        raise ValueError(f"{kind}: {name} must be a {word} number {unit}, not {value!r}")


@dataclass(frozen=True)
class Dac:
    """A line's voltage from its code: ``2 * reference * x2 / 2^bits``, ``x2 = (m + 2) / 2^bits * code + c``.

    Parameters
    ----------
    bits : int
        Width of the code.
    reference : float
        Reference voltage [V].
    m, c : int
        Gain and offset registers; ``m = 4093, c = 0`` lose a step in 4096, so that a code is 1.2204 mV.
    """

    bits: int = 12
    reference: float = 2.5
    m: int = 4093
    c: int = 0

    def __post_init__(self) -> None:
        _check("dac", "reference", self.reference, "[V]")
        if not 1 <= self.bits <= 16:
            raise ValueError(f"dac: bits must be from 1 to 16, not {self.bits}")

    def volts(self, code: ArrayLike) -> NDArray[np.float64]:
        """Voltages of codes [V]; ValueError for a code that the converter does not have."""
        codes, codes_in_all = np.asarray(code), 1 << self.bits
        if codes.size and (codes.min() < 0 or codes.max() >= codes_in_all):
            raise ValueError(f"dac: code must be from 0 to {codes_in_all - 1}, not {codes.min()} to {codes.max()}")
        within = (self.m + 2) / codes_in_all * codes + self.c
        return np.asarray(2 * self.reference * within / codes_in_all, np.float64)


@dataclass(frozen=True)
class Adc:
    """A code from a voltage: ``round(2^bits * V / ((1 + gain) * reference))``, half to even, from 0 to 2^bits - 1.

    Parameters
    ----------
    bits : int
        Width of the code, 1 to 12.
    reference : float
        Reference voltage [V].
    gain : float
        Range setting, 1 by default: a full scale of 5 V, 1.2207 mV per code.
    """

    bits: int = 12
    reference: float = 2.5
    gain: float = 1.0

    def __post_init__(self) -> None:
        _check("adc", "reference", self.reference, "[V]")
        _check("adc", "gain", self.gain, "(a ratio)", zero=True)
        if not 1 <= self.bits <= 12:
            raise ValueError(f"adc: bits must be from 1 to 12, not {self.bits}")

    @property
    def lsb(self) -> float:
        """Voltage of one code [V]."""
        return (1 + self.gain) * self.reference / (1 << self.bits)

    def code(self, volts: ArrayLike) -> NDArray[np.int64]:
        """Codes of voltages [V]."""
        codes = np.rint(np.asarray(volts, np.float64) / self.lsb)
        return np.clip(codes, 0, (1 << self.bits) - 1).astype(np.int64)


@dataclass(frozen=True)
class Amplifier:
    """Transimpedance amplifier of a column.

    Parameters
    ----------
    r : float
        Transimpedance [Ohm]; about 1.5 to 2 kOhm on the platform.
    v_ref : float
        Potential at which the column is held, and output without current [V].
    supply : float
        Largest output; the smallest is 0 [V].
    """

    r: float = 2000.0
    v_ref: float = 1.74
    supply: float = 3.3

    def __post_init__(self) -> None:
        for name, unit in (("r", "[Ohm]"), ("v_ref", "[V]"), ("supply", "[V]")):
            _check("amplifier", name, getattr(self, name), unit)
        if self.v_ref >= self.supply:
            raise ValueError(f"amplifier: v_ref must be below the supply of {self.supply!r} V, not {self.v_ref!r}")

    def volts(self, current: ArrayLike) -> NDArray[np.float64]:
        """Outputs [V] at column currents [A], clipped to the supply."""
        return np.clip(self.v_ref - np.asarray(current, np.float64) * self.r, 0.0, self.supply)

    @property
    def headroom(self) -> float:
        """Largest column current before the output clips at 0 V [A]."""
        return self.v_ref / self.r

    @property
    def lowest_current(self) -> float:
        """Column current at which the output clips at the supply [A]; negative."""
        return (self.v_ref - self.supply) / self.r

    def devices(self, g_p: float, v_read: float) -> int:
        """Most P devices of conductance g_p [S] that one read may drive at v_read [V]."""
        # A part in 1e12 for the rounding of a current that is a whole multiple.
        return math.floor(self.headroom / (g_p * v_read) * (1 + 1e-12))

    def largest_v_read(self, g_p: float, devices: int) -> float:
        """Largest read voltage [V] at which so many P devices of conductance g_p [S] still fit."""
        return self.headroom / (g_p * devices)


def column_code(adc: Adc, amplifier: Amplifier, current: ArrayLike) -> NDArray[np.int64]:
    """How far the ADC's code falls at column currents [A]: the model's code, within the rounding of both ends."""
    return adc.code(amplifier.volts(0.0)) - adc.code(amplifier.volts(current))
