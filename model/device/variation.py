# SPDX-License-Identifier: BSD-3-Clause
"""How junctions differ: spread within a die and between dies, and pinholes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .junction import Junction, Quantity

#: Normal factors are cut off here, in standard deviations, so that none becomes negative.
_CUTOFF = 4.5
_WITHIN, _BETWEEN = 0, 1


@dataclass(frozen=True)
class Variation:
    """Relative spreads of what is made; what follows from it is derived.

    RA is log-normal, the rest normal. Diameter, RA and anisotropy vary independently, and

    - area ~ diameter^2, so resistance ~ RA / diameter^2;
    - barrier and critical current ~ anisotropy * area, so delta ~ anisotropy * diameter^2;
    - critical voltage = critical current * R_P ~ anisotropy * RA.

    The defaults give a relative spread of the switching voltage of 4.4 %, the published figure for 4 kbit, and 4.2 % of
    resistance; how it is shared out between RA, anisotropy and diameter is this project's choice.

    Parameters
    ----------
    ra, diameter, tmr, anisotropy : float
        Within a die: standard deviation of ln RA, and relative standard deviations.
    die_ra, die_diameter, die_tmr, die_anisotropy : float
        The same between dies.

    Raises
    ------
    ValueError
        If a spread is negative or above 0.2.
    """

    ra: float = 0.03
    diameter: float = 0.015
    tmr: float = 0.02
    anisotropy: float = 0.032
    die_ra: float = 0.0
    die_diameter: float = 0.0
    die_tmr: float = 0.0
    die_anisotropy: float = 0.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 0.2:
                raise ValueError(f"variation: {field.name} must be a relative spread from 0 to 0.2, not {value!r}")


@dataclass(frozen=True)
class Pinhole:
    """A metallic thread through the barrier, as factors on the healthy junction; this project's choice of values.

    It carries current without spin and at the expense of the rest: the device is a junction with lower RA, lower TMR
    and lower critical current, which still switches, not a resistor in parallel with a healthy one.

    Parameters
    ----------
    ra, tmr, critical_current : float
        Each above 0 and at most 1. The critical voltage falls by ra * critical_current.

    Raises
    ------
    ValueError
        If a factor is out of range.
    """

    ra: float = 0.4
    tmr: float = 0.3
    critical_current: float = 0.6

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0 < value <= 1:
                raise ValueError(f"pinhole: {field.name} must be a factor above 0 and at most 1, not {value!r}")


def sample_junctions(
    nominal: Junction, variation: Variation, shape: tuple[int, ...], seed: int, die: int = 0
) -> Junction:
    """The junctions of one die.

    They depend only on (seed, die) and on the shape; every die draws the same numbers in the same order, so that one
    spread can change and the rest of the die stays.

    Parameters
    ----------
    nominal : Junction
        One junction.
    variation : Variation
        Spreads.
    shape : tuple of int
        Shape of the population, for instance (kernels, rows, cols).
    seed, die : int
        Non-negative.

    Returns
    -------
    Junction
        With arrays of this shape for what varies.

    Raises
    ------
    ValueError
        If ``nominal`` is a population already, or a seed or a die is negative.
    """
    if nominal.shape:
        raise ValueError(f"nominal must be one junction, not a population of shape {nominal.shape}")
    if seed < 0 or die < 0:
        raise ValueError(f"seed and die must be non-negative integers, not {seed} and {die}")
    within = np.random.default_rng([seed, die, _WITHIN]).standard_normal((4, *shape)).clip(-_CUTOFF, _CUTOFF)
    between = np.random.default_rng([seed, die, _BETWEEN]).standard_normal(4).clip(-_CUTOFF, _CUTOFF)
    ra = np.exp(variation.ra * within[0] + variation.die_ra * between[0])
    diameter = (1 + variation.diameter * within[1]) * (1 + variation.die_diameter * between[1])
    tmr = (1 + variation.tmr * within[2]) * (1 + variation.die_tmr * between[2])
    anisotropy = (1 + variation.anisotropy * within[3]) * (1 + variation.die_anisotropy * between[3])
    critical = anisotropy * ra
    barrier = anisotropy * diameter**2
    return nominal.replace(
        ra=nominal.ra * ra,
        diameter=nominal.diameter * diameter,
        tmr=nominal.tmr * tmr,
        anisotropy=nominal.anisotropy * anisotropy,
        v_c0_to_p=nominal.v_c0_to_p * critical,
        v_c0_to_ap=nominal.v_c0_to_ap * critical,
        delta_p=nominal.delta_p * barrier,
        delta_ap=nominal.delta_ap * barrier,
    )


def with_pinholes(junction: Junction, where: ArrayLike, pinhole: Pinhole | None = None) -> Junction:
    """The same junctions with pinholes where a mask says so.

    Parameters
    ----------
    junction : Junction
        One or a population.
    where : bool or array
        Mask; broadcasts with the population.
    pinhole : Pinhole, optional
        Its factors.
    """
    factors = pinhole or Pinhole()
    mask: NDArray[np.bool_] = np.asarray(where, bool)

    def reduced(value: Quantity, factor: float) -> Quantity:
        return np.where(mask, value * np.float64(factor), value)

    critical = factors.ra * factors.critical_current
    return junction.replace(
        ra=reduced(junction.ra, factors.ra),
        tmr=reduced(junction.tmr, factors.tmr),
        v_c0_to_p=reduced(junction.v_c0_to_p, critical),
        v_c0_to_ap=reduced(junction.v_c0_to_ap, critical),
    )
