# SPDX-License-Identifier: BSD-3-Clause
"""Closed forms for the switching of a uniaxial macrospin by spin torque and temperature, in dimensionless numbers.

``delta`` is the thermal stability factor, ``drive`` i = V / V_c0 (positive favours switching), ``time`` the pulse
width times damping * precession rate. All broadcast. A law returns the *hazard* H: the probability of not having
switched is exp(-H), of having switched 1 - exp(-H), both exact however small.

* ``thermal_hazard``, i <= 0.8: escape over the barrier delta * (1 - i)^2 (Brown 1963) with finite-barrier terms.
* ``precessional_hazard``, i >= 1.2: Butler et al. 2012 with the path to the equator taken non-linearly.
* ``hazard``: both, and between them a declared interpolation with no physics of its own.

Numerical constants marked "resummed" were fitted once to the Fokker-Planck equation (``fokker_planck``), never to
trajectories: the check against ``macrospin`` remains independent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import dawsn

Array = NDArray[np.float64]

#: Drives between which ``hazard`` interpolates.
THERMAL_LIMIT = 0.8
PRECESSIONAL_LIMIT = 1.2


def thermal_rate(delta: ArrayLike, drive: ArrayLike) -> Array:
    """Escape rate from a well under a sub-critical drive, per unit of time.

    Kramers' integral over well (Dawson's function F, exact) and barrier (to second order):
    ``exp(-D (1-i)^2) * (1-i^2) / (2 sqrt(pi) F(sqrt(D) (1-i))) / (1 + (1+3i^2) / (2 D (1-i^2)^2))``. The factor
    ``1 + 2.5 exp(-barrier)`` (resummed) accounts for barriers of few kT. Against the Fokker-Planck equation: within
    1.5 % for drives up to 0.8 and delta from 25 to 90.
    """
    stability, i = np.asarray(delta, float), np.clip(np.asarray(drive, float), -0.8, THERMAL_LIMIT)
    depth = np.sqrt(stability) * (1 - i)
    boltzmann = np.exp(-(depth**2))
    curvature = (1 + 3 * i**2) / (2 * stability * (1 - i**2) ** 2)
    rate = boltzmann * (1 - i**2) / (2 * np.sqrt(np.pi) * dawsn(depth) * (1 + curvature))
    return np.asarray(rate * (1 + 2.5 * boltzmann), np.float64)


def incubation_time(delta: ArrayLike, drive: ArrayLike) -> Array:
    """Time that a magnet takes to climb at all (resummed): escapes start this much after the pulse does."""
    i = np.asarray(drive, float)
    shape = np.clip(0.5 + 0.8 * i, 0.5, 1) * (1 - 0.8 * np.maximum(i - 0.7, 0))
    return np.asarray(np.maximum(4.6 * np.log(delta) - 9.7, 0.5) * shape, np.float64)


def thermal_hazard(delta: ArrayLike, drive: ArrayLike, time: ArrayLike) -> Array:
    """Thermally activated switching: rate times the time that is left after the incubation."""
    delay = incubation_time(delta, drive)
    softness = 0.2 * delay
    ready = softness * np.logaddexp(0, (np.asarray(time, float) - delay) / softness)
    # A pulse of no width switches nothing.
    ready = ready - softness * np.log1p(np.exp(-delay / softness))
    return np.asarray(thermal_rate(delta, drive) * np.maximum(ready, 0), np.float64)


def arrhenius_hazard(delta: ArrayLike, drive: ArrayLike, time: ArrayLike, exponent: ArrayLike) -> Array:
    """The same with a barrier delta * (1 - i)^n of any exponent, for devices that are no macrospin."""
    i = np.clip(np.asarray(drive, float), -0.8, THERMAL_LIMIT)
    stability = np.asarray(delta, float)
    attempts = (1 - i) * (1 - i**2) * np.sqrt(stability / np.pi)
    barrier = stability * (1 - i) ** np.asarray(exponent, float)
    return np.asarray(attempts * np.exp(-barrier) * np.asarray(time, float), np.float64)


def butler_hazard(delta: ArrayLike, drive: ArrayLike, time: ArrayLike) -> Array:
    """Butler et al. 2012 as published: small angles throughout, the equator reached at pi/2 by the linear law.

    ``P = 1 - exp(-X)``, ``X = (pi^2 / 4) (i-1) D / (i exp(2 (i-1) time) - 1)``, for drives above 1, for comparison.
    """
    stability, i = np.asarray(delta, float), np.asarray(drive, float)
    exponent = 2 * (i - 1) * np.asarray(time, float)
    count = np.log(np.pi**2 / 4 * (i - 1) * stability / i) - exponent - np.log1p(-np.exp(-exponent) / i)
    return _hazard_from_count(count)


def precessional_decay(delta: ArrayLike, drive: ArrayLike) -> Array:
    """Rate at which the write error falls with time: 2 (i-1) and, to first order in 1/D, (3-i) / (D (i-1)) more.

    The second term comes from noise acting while the angle is no longer small; it is resummed in
    e = 1 / (D (i-1)^2), so that it holds down to i = 1.2.
    """
    stability, i = np.asarray(delta, float), np.maximum(np.asarray(drive, float), PRECESSIONAL_LIMIT)
    e = 1 / (stability * (i - 1) ** 2)
    return np.asarray(2 * (i - 1) * (1 + (3 - i) / 2 * e / (1 + 1.97 * e / np.sqrt(1 + 2.78 * e))), np.float64)


def precessional_amplitude(delta: ArrayLike, drive: ArrayLike) -> Array:
    """A in the long-pulse error rate A exp(-decay * time).

    Leading order: D (i-1) / i * c2, where c2 = 2^(2i/(i+1)) ((i-1)/i)^(2/(i+1)) stands where Butler has pi^2/4; it is
    the squared angle that the linear law, run from the same start, has reached when the magnet really is at the
    equator. First order in 1/D: corrections of the initial distribution, of the eigenmode and of the relaxation after
    the pulse, together exp(k / 2D), resummed like the decay.
    """
    stability, i = np.asarray(delta, float), np.maximum(np.asarray(drive, float), PRECESSIONAL_LIMIT)
    e = 1 / (stability * (i - 1) ** 2)
    squared_angle = 2 ** (2 * i / (i + 1)) * ((i - 1) / i) ** (2 / (i + 1))
    a = (i - 3) / (i - 1)
    initial_and_mode = (a / i - 1) - (2 * a / (i - 1) - 1 / (i - 1) ** 2)
    outward = (
        i * (i - 1) / (i + 1) ** 3
        + 16 / ((i - 1) ** 2 * (i + 1) ** 3)
        + 2 * i * (i**2 - 2 * i + 9) / ((i - 1) * (i + 1) ** 4) * np.log(2 * i / (i - 1))
        + (i + 3) / (i + 1) ** 2 * (1 / (i - 1) ** 2 - 1 / i**2)
    )
    relaxation = (i - 1) * (2 * i - 3) / i**2
    first_order = (initial_and_mode + outward + relaxation) / (2 * stability)
    resummed = first_order / (1 + 3.21 * e / np.sqrt(1 + 1.26 * e))
    return np.asarray(squared_angle * stability * (i - 1) / i * np.exp(resummed), np.float64)


def precessional_hazard(delta: ArrayLike, drive: ArrayLike, time: ArrayLike) -> Array:
    """Switching above the critical drive: P = 1 - exp(-A / (exp(decay * time) - 1/i))."""
    i = np.maximum(np.asarray(drive, float), PRECESSIONAL_LIMIT)
    exponent = precessional_decay(delta, i) * np.asarray(time, float)
    return _hazard_from_count(np.log(precessional_amplitude(delta, i)) - exponent - np.log1p(-np.exp(-exponent) / i))


def hazard(delta: ArrayLike, drive: ArrayLike, time: ArrayLike, exponent: ArrayLike = 2.0) -> Array:
    """Hazard of a pulse at any drive.

    From 0.8 to 1.2 it is interpolated: sqrt(H) is linear in the drive between the two laws at the same pulse width.

    Parameters
    ----------
    delta, drive, time
        As above.
    exponent
        Exponent of the barrier. At 2 the thermal law is ``thermal_hazard``, else ``arrhenius_hazard``.
    """
    i = np.asarray(drive, float)
    low_drive = np.minimum(i, THERMAL_LIMIT)
    macrospin = thermal_hazard(delta, low_drive, time)
    low = np.where(np.asarray(exponent) == 2, macrospin, arrhenius_hazard(delta, low_drive, time, exponent))
    high = precessional_hazard(delta, i, time)
    share = np.clip((i - THERMAL_LIMIT) / (PRECESSIONAL_LIMIT - THERMAL_LIMIT), 0, 1)
    between = ((1 - share) * np.sqrt(low) + share * np.sqrt(high)) ** 2
    return np.asarray(np.where(share == 0, low, np.where(share == 1, high, between)), np.float64)


def _hazard_from_count(logarithm: Array) -> Array:
    """-ln(1 - exp(-X)) from ln X, without loss for small and large X."""
    few = np.exp(np.clip(logarithm, -30, -0.7))
    many = np.exp(np.clip(logarithm, -0.7, 6.5))
    # Where X is below exp(-30), what differs from -ln X is less than rounding.
    small = np.where(logarithm < -30, -logarithm, -np.log(-np.expm1(-few)))
    return np.asarray(np.where(logarithm < -0.7, small, -np.log1p(-np.exp(-many))), np.float64)
