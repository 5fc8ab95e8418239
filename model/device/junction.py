# SPDX-License-Identifier: BSD-3-Clause
"""The magnetic tunnel junction: its parameters, and its current at a bias and a temperature."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .cell import Cell

Array = NDArray[np.float64]
Quantity = float | Array

#: Temperature at which the parameters of a junction hold [K].
REFERENCE_TEMPERATURE = 300.0

_POSITIVE = {
    "diameter": "[nm]",
    "ra": "[Ohm um2]",
    "tmr": "(a ratio)",
    "v_half": "[V]",
    "v_c0_to_p": "[V]",
    "v_c0_to_ap": "[V]",
    "delta_p": "(barrier / kT)",
    "delta_ap": "(barrier / kT)",
    "damping": "(Gilbert damping)",
    "anisotropy": "[T]",
    "barrier_exponent": "(a power)",
}


@dataclass(frozen=True)
class Junction:
    """One junction, or a population of them: every parameter is a number or an array, and arrays broadcast together.

    A state is a bool, True for parallel (P). A positive voltage favours P, a negative one AP.

    Parameters
    ----------
    diameter : float or array
        Of a round pillar [nm].
    ra : float or array
        Resistance-area product in the P state [Ohm um2].
    tmr : float or array
        (R_AP - R_P) / R_P at zero bias and 300 K.
    v_half : float or array
        Bias at which the TMR has fallen to one half [V].
    v_c0_to_p, v_c0_to_ap : float or array
        Magnitude of the voltage at which, without temperature, a state becomes unstable towards P (positive voltage)
        and towards AP (negative voltage) [V]. Their difference is the asymmetry of writing.
    delta_p, delta_ap : float or array
        Thermal stability factor of the P and of the AP state at 300 K: barrier / kT.
    damping : float or array
        Gilbert damping constant of the free layer.
    anisotropy : float or array
        mu0 * H_k, effective perpendicular anisotropy field of the free layer [T].
    barrier_exponent : float or array
        n in barrier = delta * (1 - V/V_c0)^n: 2 for a perpendicular macrospin, 1 in the common textbook form.
    polarization_loss : float or array
        Loss of spin polarisation with temperature, P(T) ~ 1 - loss * T^1.5 [K^-1.5].

    Raises
    ------
    ValueError
        If a parameter is not finite, not positive, or the arrays do not broadcast; the message names the field.
    """

    diameter: Quantity
    ra: Quantity
    tmr: Quantity
    v_half: Quantity = 0.5
    v_c0_to_p: Quantity = 0.75
    v_c0_to_ap: Quantity = 0.75
    delta_p: Quantity = 60.0
    delta_ap: Quantity = 60.0
    damping: Quantity = 0.02
    anisotropy: Quantity = 0.5
    barrier_exponent: Quantity = 2.0
    polarization_loss: Quantity = 2e-5

    def __post_init__(self) -> None:
        for name, unit in _POSITIVE.items():
            value = np.asarray(getattr(self, name), float)
            if not np.all(np.isfinite(value) & (value > 0)):
                raise ValueError(f"junction: {name} must be positive {unit}, not {_offender(value)}")
        loss = np.asarray(self.polarization_loss, float)
        if not np.all((loss >= 0) & (loss * 500.0**1.5 < 1)):
            raise ValueError(
                f"junction: polarization_loss must be from 0 to 8.9e-5 [K^-1.5], not {_offender(loss, below=8.9e-5)}"
            )
        try:
            np.broadcast_shapes(*(np.shape(getattr(self, field.name)) for field in dataclasses.fields(self)))
        except ValueError as error:
            raise ValueError(f"junction: parameters must broadcast together: {error}") from None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the population; () for one junction."""
        return np.broadcast_shapes(*(np.shape(getattr(self, field.name)) for field in dataclasses.fields(self)))

    @property
    def area(self) -> Quantity:
        """Area of the pillar [um2]."""
        return np.pi / 4 * (self.diameter * 1e-3) ** 2

    def replace(self, **changes: Quantity) -> Junction:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def select(self, index: Any) -> Junction:
        """The junctions at an index of the population, as numpy indexes arrays."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Junction(**{name: np.broadcast_to(value, self.shape)[index] for name, value in values.items()})

    def resistance_p(self, temperature: ArrayLike = REFERENCE_TEMPERATURE) -> Array:
        """Resistance in the P state [Ohm], the same at every bias."""
        return np.asarray(self.ra / self.area * self._parallel_loss(temperature), np.float64)

    def tmr_at(self, voltage: ArrayLike, temperature: ArrayLike = REFERENCE_TEMPERATURE) -> Array:
        """TMR at a voltage across the junction [V] and a temperature [K].

        Bias: TMR0 / (1 + (V/V_h)^2). Temperature: Julliere's formula with equal electrodes, TMR = 2 P^2 / (1 - P^2),
        and Bloch's law for the polarisation P.
        """
        squared = self._polarization_squared(temperature)
        zero_bias = 2 * squared / (1 - squared)
        return np.asarray(zero_bias / (1 + (np.asarray(voltage, float) / self.v_half) ** 2), np.float64)

    def resistance_ap(self, voltage: ArrayLike = 0.0, temperature: ArrayLike = REFERENCE_TEMPERATURE) -> Array:
        """Resistance V / I in the AP state [Ohm] at a voltage across the junction."""
        return np.asarray(self.resistance_p(temperature) * (1 + self.tmr_at(voltage, temperature)), np.float64)

    def conductance(
        self, state: ArrayLike, voltage: ArrayLike = 0.0, temperature: ArrayLike = REFERENCE_TEMPERATURE
    ) -> Array:
        """I / V [S] in the given states at a voltage across the junction."""
        resistance = np.where(state, self.resistance_p(temperature), self.resistance_ap(voltage, temperature))
        return np.asarray(1 / resistance, np.float64)

    def current(
        self, state: ArrayLike, voltage: ArrayLike, temperature: ArrayLike = REFERENCE_TEMPERATURE
    ) -> tuple[Array, Array]:
        """Current [A] and its slope dI/dV [S] at a voltage across the junction: what Newton's method needs."""
        volts = np.asarray(voltage, float)
        conductance = self.conductance(state, volts, temperature)
        tmr = self.tmr_at(volts, temperature)
        ratio = (volts / self.v_half) ** 2
        # d ln G_AP / d ln V = 2 (V/V_h)^2 / (1 + (V/V_h)^2) * TMR / (1 + TMR)
        steeper = np.where(state, 0.0, 2 * ratio / (1 + ratio) * tmr / (1 + tmr))
        return np.asarray(conductance * volts, np.float64), np.asarray(conductance * (1 + steeper), np.float64)

    def junction_voltage(
        self,
        state: ArrayLike,
        cell_voltage: ArrayLike,
        r_access: ArrayLike,
        temperature: ArrayLike = REFERENCE_TEMPERATURE,
    ) -> Array:
        """What is left across the junction [V] of a voltage across junction and access resistance [Ohm] in series."""
        total, access = np.asarray(cell_voltage, float), np.asarray(r_access, float)
        volts = np.asarray(total / (1 + access * self.conductance(state, 0.0, temperature)), np.float64)
        # The current rises ever faster with voltage: Newton's method from above the root never overshoots it.
        for _ in range(30):
            current, slope = self.current(state, volts, temperature)
            change = (volts + access * current - total) / (1 + access * slope)
            volts = volts - change
            if np.all(np.abs(change) <= 1e-15 * np.abs(total)):
                break
        return volts

    def cell(self, r_access: float, v_read: float, temperature: float = REFERENCE_TEMPERATURE) -> Cell:
        """The linear cell that draws the same currents at one read voltage [V] across junction and access transistor.

        Raises
        ------
        ValueError
            If this is a population.
        """
        if self.shape:
            raise ValueError(f"a cell must be made from one junction, not from a population of shape {self.shape}")
        across = self.junction_voltage(np.array([True, False]), v_read, r_access, temperature)
        g_p, g_ap = self.conductance(np.array([True, False]), across, temperature)
        return Cell(r_p=float(1 / g_p), tmr=float(g_p / g_ap - 1), r_access=r_access)

    def _polarization_squared(self, temperature: ArrayLike) -> Array:
        loss = np.asarray(self.polarization_loss, float)
        kept = (1 - loss * np.asarray(temperature, float) ** 1.5) / (1 - loss * REFERENCE_TEMPERATURE**1.5)
        return np.asarray(self.tmr / (2 + self.tmr) * np.maximum(kept, 0) ** 2, np.float64)

    def _parallel_loss(self, temperature: ArrayLike) -> Array:
        # G_P ~ 1 + P^2 and G_AP ~ 1 - P^2 with the spin-averaged conductance held constant.
        reference = self.tmr / (2 + self.tmr)
        return np.asarray((1 + reference) / (1 + self._polarization_squared(temperature)), np.float64)


def _offender(value: Array, below: float = np.inf) -> str:
    wrong = ~(np.isfinite(value) & (value > 0) & (value < below))
    return repr(float(value[wrong].flat[0])) if wrong.any() else repr(float(value.flat[0]))
