# SPDX-License-Identifier: BSD-3-Clause
"""The junction of every cell of a population: what its conductances tell, and what is drawn where they do not."""

from __future__ import annotations

import numpy as np

from ..device import Cell, Junction, Pinhole, Variation, published
from ..dies import Defect, Population
from ..sensing import Sensing
from .settings import Writing

_VARIATION_STREAM = 0x4A554E43
#: As in ``device.sample_junctions``: normal numbers are cut off here, so that no factor becomes negative.
_CUTOFF = 4.5


def nominal_junction(cell: Cell, writing: Writing) -> Junction:
    """The published junction with the nominal cell's resistance in P, its area unchanged.

    Raises
    ------
    ValueError
        If the chip is not written by pulses.
    """
    if not writing.junction:
        raise ValueError("writing: the chip's devices are not written by pulses (writing.junction is empty)")
    junction = published(writing.junction).junction
    return junction.replace(ra=cell.r_p * junction.area)


def junctions_of(
    population: Population, cell: Cell, sensing: Sensing, writing: Writing, variation: Variation, seed: int
) -> Junction:
    """Junctions behind the conductances of a population.

    A cell's conductance in P gives its resistance R = RA / area, that in AP its TMR at the read voltage. How a
    deviation of R is shared out between RA and area is drawn from their distribution *given* R: with standard
    deviations r of ln RA and a of ln area, ln area is normal about -a^2 / (a^2 + r^2) * ln(R / R_nominal) with standard
    deviation a r / sqrt(a^2 + r^2). Anisotropy is drawn beside it. Critical voltages go with anisotropy * RA, barriers
    with anisotropy * area. A pinhole's lower RA is taken out of that division, and its critical current lowered.

    Parameters
    ----------
    population : Population
        Of the chip.
    cell, sensing, writing
        Of the chip.
    variation : Variation
        Spreads within a die; those between dies are in the conductances.
    seed : int
        A die's draws depend on (seed, die) alone.

    Returns
    -------
    Junction
        Population (dies, kernels, rows, cols); shorts, opens and stuck devices hold nominal resistances.
    """
    nominal = nominal_junction(cell, writing)
    switches = (population.defect == Defect.NONE) | (population.defect == Defect.PINHOLE)
    pinhole = population.defect == Defect.PINHOLE
    with np.errstate(divide="ignore"):
        low = 1 / population.g_p - cell.r_access
        high = 1 / population.g_ap - cell.r_access
    # Measured cells may conduct more than their nominal transistor: no junction is below a hundredth of the nominal.
    r_p = np.where(switches, np.maximum(low, 0.01 * cell.r_p), cell.r_p)
    at_read = np.where(switches & np.isfinite(high), np.maximum(high, r_p), cell.r_ap) / r_p - 1
    across = sensing.v_read * (1 - cell.r_access * np.where(switches, population.g_ap, cell.g_ap))
    tmr = np.maximum(at_read, 1e-6) * (1 + (np.maximum(across, 0.0) / nominal.v_half) ** 2)

    drawn = np.stack(
        [
            np.random.default_rng([seed, int(die), _VARIATION_STREAM]).standard_normal((2, *population.shape[1:]))
            for die in population.die_ids
        ],
        axis=1,
    ).clip(-_CUTOFF, _CUTOFF)
    factors = Pinhole()
    area_spread = 2 * variation.diameter
    total = np.hypot(area_spread, variation.ra)
    share = (area_spread / total) ** 2 if total else 0.0
    rest = area_spread * variation.ra / total if total else 0.0
    deviation = np.log(r_p / cell.r_p) - np.where(pinhole, np.log(factors.ra), 0.0)
    log_area = rest * drawn[0] - share * deviation
    area = np.exp(log_area)
    anisotropy = 1 + variation.anisotropy * drawn[1]
    ra = r_p / cell.r_p * area
    critical = anisotropy * ra * np.where(pinhole, factors.critical_current, 1.0)
    barrier = anisotropy * area
    return nominal.replace(
        ra=nominal.ra * ra,
        diameter=nominal.diameter * np.sqrt(area),
        tmr=tmr,
        anisotropy=nominal.anisotropy * anisotropy,
        v_c0_to_p=nominal.v_c0_to_p * critical,
        v_c0_to_ap=nominal.v_c0_to_ap * critical,
        delta_p=nominal.delta_p * barrier,
        delta_ap=nominal.delta_ap * barrier,
    )
