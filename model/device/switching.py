# SPDX-License-Identifier: BSD-3-Clause
"""Writing, read disturb and retention of junctions: probabilities, and outcomes drawn from given uniform numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .junction import REFERENCE_TEMPERATURE, Junction
from .switching_laws import butler_hazard, hazard, thermal_rate

Array = NDArray[np.float64]

#: Gyromagnetic ratio of the electron [rad / (s T)].
GYROMAGNETIC_RATIO = 1.76085963e11


def time_unit(junction: Junction) -> Array:
    """1 / (damping * precession rate) [ns], with precession rate gamma * mu0 H_k / (1 + damping^2)."""
    damping = np.asarray(junction.damping, float)
    return np.asarray(1e9 * (1 + damping**2) / (damping * GYROMAGNETIC_RATIO * junction.anisotropy), np.float64)


def stability(junction: Junction, state: ArrayLike, temperature: ArrayLike = REFERENCE_TEMPERATURE) -> Array:
    """Barrier / kT of the given states; the barrier itself is held constant, so this falls as 1/T."""
    at_reference = np.where(state, junction.delta_p, junction.delta_ap)
    return np.asarray(at_reference * REFERENCE_TEMPERATURE / np.asarray(temperature, float), np.float64)


def drive(junction: Junction, state: ArrayLike, voltage: ArrayLike) -> Array:
    """i = V / V_c0 for leaving the given states: positive where the voltage favours the other state.

    A positive voltage drives AP to P, a negative one P to AP.
    """
    volts = np.asarray(voltage, float)
    return np.asarray(np.where(state, -volts / junction.v_c0_to_ap, volts / junction.v_c0_to_p), np.float64)


def error_rate(
    junction: Junction,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    temperature: ArrayLike = REFERENCE_TEMPERATURE,
) -> Array:
    """Write error rate: probability that a junction is still in its state after a pulse.

    Parameters
    ----------
    junction : Junction
        One or a population; everything broadcasts.
    state : bool or array
        State before the pulse, True for P.
    voltage : float or array
        Across the junction [V], see ``Junction.junction_voltage``; positive favours P.
    width : float or array
        Of the rectangular pulse [ns].
    temperature : float or array
        [K]

    Raises
    ------
    ValueError
        If a width is negative or a temperature not positive.
    """
    return np.exp(-_pulse_hazard(junction, state, voltage, width, temperature))


def switching_probability(
    junction: Junction,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    temperature: ArrayLike = REFERENCE_TEMPERATURE,
) -> Array:
    """One minus ``error_rate``, exact where it is small."""
    return -np.expm1(-_pulse_hazard(junction, state, voltage, width, temperature))


def butler_error_rate(
    junction: Junction,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    temperature: ArrayLike = REFERENCE_TEMPERATURE,
) -> Array:
    """Butler's formula as published (drives above 1 only, NaN below): for comparison, see README.md."""
    above = drive(junction, state, voltage)
    time = np.asarray(width, float) / time_unit(junction)
    law = butler_hazard(stability(junction, state, temperature), np.maximum(above, 1 + 1e-9), time)
    return np.asarray(np.where(above > 1, np.exp(-law), np.nan), np.float64)


def read_disturb(
    junction: Junction,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    reads: ArrayLike = 1,
    temperature: ArrayLike = REFERENCE_TEMPERATURE,
) -> Array:
    """Probability that a number of reads at a voltage [V] and width [ns] has flipped a junction."""
    return -np.expm1(-np.asarray(reads, float) * _pulse_hazard(junction, state, voltage, width, temperature))


def retention_failure(
    junction: Junction, state: ArrayLike, seconds: ArrayLike, temperature: ArrayLike = REFERENCE_TEMPERATURE
) -> Array:
    """Probability that a junction left alone [s] is found in the other state; flips back and forth are counted.

    Towards long times it tends to the equilibrium between the two states, 1/2 where they are equally deep.
    """
    _check(seconds, temperature, "a time", "[s]")
    per_second = 1e9 / time_unit(junction)
    leave = thermal_rate(stability(junction, state, temperature), 0.0) * per_second
    back = thermal_rate(stability(junction, ~np.asarray(state, bool), temperature), 0.0) * per_second
    return -np.expm1(-(leave + back) * np.asarray(seconds, float)) * leave / (leave + back)


def apply_pulse(
    junction: Junction,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    uniform: ArrayLike,
    temperature: ArrayLike = REFERENCE_TEMPERATURE,
) -> NDArray[np.bool_]:
    """States after a pulse. A junction flips where its uniform number in [0, 1) is below its switching probability.

    The numbers are the caller's, so that an outcome depends on no order of evaluation.
    """
    flips = np.asarray(uniform, float) < switching_probability(junction, state, voltage, width, temperature)
    return np.asarray(np.asarray(state, bool) ^ flips, np.bool_)


def _pulse_hazard(
    junction: Junction, state: ArrayLike, voltage: ArrayLike, width: ArrayLike, temperature: ArrayLike
) -> Array:
    _check(width, temperature, "a pulse width", "[ns]")
    time = np.asarray(width, float) / time_unit(junction)
    i = drive(junction, state, voltage)
    return hazard(stability(junction, state, temperature), i, time, junction.barrier_exponent)


def _check(duration: ArrayLike, temperature: ArrayLike, what: str, unit: str) -> None:
    shortest, coldest = np.min(np.asarray(duration, float)), np.min(np.asarray(temperature, float))
    if not shortest >= 0:
        raise ValueError(f"{what} must be non-negative {unit}, not {float(shortest)!r}")
    if not coldest > 0:
        raise ValueError(f"temperature must be positive [K], not {float(coldest)!r}")
