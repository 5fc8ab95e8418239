# SPDX-License-Identifier: BSD-3-Clause
"""Noise of the current through a junction while it is read: thermal and shot, 1/f above a corner, random telegraph."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .junction import REFERENCE_TEMPERATURE, Junction

Array = NDArray[np.float64]

BOLTZMANN = 1.380649e-23  # [J/K]
ELEMENTARY_CHARGE = 1.602176634e-19  # [C]


@dataclass(frozen=True)
class ReadNoise:
    """What adds to the current of a read.

    Parameters
    ----------
    bandwidth : float
        Noise bandwidth of the reading circuit [Hz]; 1 / (2 t) for an integration over t.
    corner : float
        Frequency [Hz] at which 1/f noise equals the white noise; 0 for none.
    lowest : float
        Lowest frequency that counts [Hz]: the inverse of the time since the reference was taken.
    telegraph_share : float
        Share of devices with an active trap; 0 switches telegraph noise off.
    telegraph_amplitude : float
        Relative change of a device's conductance while its trap is filled.
    capture_time, emission_time : float
        Mean times that a trap stays empty and filled [s].

    Raises
    ------
    ValueError
        If a value is out of range; the message names the field.
    """

    bandwidth: float = 1e7
    corner: float = 0.0
    lowest: float = 1.0
    telegraph_share: float = 0.0
    telegraph_amplitude: float = 0.02
    capture_time: float = 1e-3
    emission_time: float = 1e-3

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            share = field.name.startswith("telegraph")
            lawful = 0 <= value <= 1 if share else value >= 0 if field.name == "corner" else value > 0
            if not (lawful and np.isfinite(value)):
                wanted = "from 0 to 1" if share else "non-negative" if field.name == "corner" else "positive"
                raise ValueError(f"read noise: {field.name} must be {wanted}, not {value!r}")
        if self.lowest > self.bandwidth:
            raise ValueError(f"read noise: lowest must be at most the bandwidth, not {self.lowest!r}")

    def deviation(
        self,
        junction: Junction,
        state: ArrayLike,
        voltage: ArrayLike,
        temperature: ArrayLike = REFERENCE_TEMPERATURE,
    ) -> Array:
        """Standard deviation of the current [A] of thermal, shot and 1/f noise; telegraph noise is not in it.

        White noise of a tunnel junction at any bias, 2 q I coth(q V / 2 k T), which is 4 k T G at rest and 2 q I far
        above kT/q, times (1 + corner / f), integrated over the band.
        """
        volts = np.abs(np.asarray(voltage, float))
        conductance = junction.conductance(state, volts, temperature)
        energy = BOLTZMANN * np.asarray(temperature, float)
        ratio = ELEMENTARY_CHARGE * volts / (2 * energy)
        # x coth x is 1 + x^2 / 3 near 0.
        shape = np.where(ratio < 1e-4, 1 + ratio**2 / 3, ratio / np.tanh(np.maximum(ratio, 1e-5)))
        white = 4 * energy * conductance * shape
        band = (self.bandwidth - self.lowest) + self.corner * np.log(self.bandwidth / self.lowest)
        return np.asarray(np.sqrt(white * band), np.float64)

    def telegraph(self, shape: tuple[int, ...], interval: float, generator: np.random.Generator) -> Iterator[Array]:
        """Factors on the conductances of a population, one array after another, at reads an interval [s] apart.

        A trap is a two-state Markov process, exact at any interval and in equilibrium at the first read.

        Parameters
        ----------
        shape : tuple of int
            Of the population.
        interval : float
            Time between reads [s].
        generator : numpy.random.Generator
            Decides who has a trap and when it is filled.
        """
        active = generator.random(shape) < self.telegraph_share
        occupancy = self.emission_time / (self.capture_time + self.emission_time)
        forgotten = -np.expm1(-interval * (1 / self.capture_time + 1 / self.emission_time))
        filled = generator.random(shape) < occupancy
        while True:
            yield np.where(active & filled, 1 - self.telegraph_amplitude, 1.0)
            fill, empty = occupancy * forgotten, (1 - occupancy) * forgotten
            lot = generator.random(shape)
            filled = np.where(filled, lot >= empty, lot < fill)
