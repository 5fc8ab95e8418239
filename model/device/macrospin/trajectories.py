# SPDX-License-Identifier: BSD-3-Clause
"""Trajectories of a macrospin: the stochastic Landau-Lifshitz-Gilbert equation with spin torque, from first principles.

Nothing here knows the closed forms of ``switching``; the two share a junction's parameters alone.

The free layer is one unit vector m with perpendicular anisotropy. Gilbert's equation

    dm/dt = -gamma m x H + damping m x dm/dt - gamma a m x (m x p),      H = H_k m_z z + H_thermal

has the polariser p along -z where the pulse favours switching from +z, and a torque field a = damping * H_k * i with
i = V / V_c0: the linearised equation at m = z then loses stability at i = 1, which is what V_c0 means. The thermal
field is white and isotropic, as strong as the fluctuation-dissipation theorem asks for at this stability factor.
Solved for dm/dt, in units of s = gamma mu0 H_k t / (1 + damping^2) and of H_k, with b = damping * i * p:

    dm/ds = -m x (u + m x w),      u = h - damping b,      w = damping h + b

integrated with Heun's method, which converges to the Stratonovich solution that the physics asks for.

Rates down to 1e-5 and below are reached by *splitting*: from time to time trajectories that matter are copied and
others dropped at random, with weights that keep every expectation as it was. What matters is a guess (``_importance``);
a bad guess costs precision, never correctness, and the standard error from independent replicates shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ..junction import REFERENCE_TEMPERATURE, Junction

Vectors = NDArray[np.float32]
Frame = Literal["larmor", "laboratory"]
Event = Literal["unswitched", "switched"]

#: Gyromagnetic ratio of the electron [rad / (s T)].
GYROMAGNETIC_RATIO = 1.76085963e11


@dataclass(frozen=True)
class Macrospin:
    """One free layer in the well that it is to leave.

    Parameters
    ----------
    delta : float
        Barrier / kT.
    damping : float
        Gilbert damping constant.
    anisotropy : float
        mu0 * H_k [T].
    v_c0 : float
        Critical voltage at zero temperature [V].
    """

    delta: float
    damping: float
    anisotropy: float
    v_c0: float

    @classmethod
    def of(cls, junction: Junction, state: bool, temperature: float = REFERENCE_TEMPERATURE) -> Macrospin:
        """The free layer of one junction that is to leave a state (True for P) at a temperature [K]."""
        at_reference = junction.delta_p if state else junction.delta_ap
        v_c0 = junction.v_c0_to_ap if state else junction.v_c0_to_p
        return cls(
            delta=float(at_reference) * REFERENCE_TEMPERATURE / temperature,
            damping=float(junction.damping),
            anisotropy=float(junction.anisotropy),
            v_c0=float(v_c0),
        )

    def reduced_time(self, width: float) -> float:
        """A time [ns] in units of the precession: radians at the small-angle rate."""
        return GYROMAGNETIC_RATIO * self.anisotropy * width * 1e-9 / (1 + self.damping**2)

    def equilibrium(self, count: int, generator: np.random.Generator) -> Vectors:
        """Magnetisations (3, count) drawn from Boltzmann's distribution in the upper well, by rejection."""
        kept: list[NDArray[np.float64]] = []
        while sum(map(len, kept)) < count:
            # exp(-delta (1 - z^2)) <= exp(-delta (1 - z)) in the well: draw from the latter and keep their ratio.
            z = 1 - generator.exponential(1 / self.delta, 2 * count)
            ratio = np.exp(-self.delta * z * (1 - z))
            kept.append(z[(z > 0) & (generator.random(z.size) < ratio)])
        z = np.concatenate(kept)[:count]
        azimuth = generator.uniform(0, 2 * np.pi, count)
        radius = np.sqrt(1 - z**2)
        return np.stack([radius * np.cos(azimuth), radius * np.sin(azimuth), z]).astype(np.float32)


class Ensemble:
    """Trajectories that advance together, in place.

    Parameters
    ----------
    magnet : Macrospin
        Parameters.
    m : numpy.ndarray
        Magnetisations (3, trajectories), float32; changed in place.
    generator : numpy.random.Generator
        Of the thermal field.
    step : float
        Time step in radians of precession.
    frame : {"larmor", "laboratory"}
        ``larmor`` turns about z at the small-angle rate. Everything but the precession is symmetric about z, so m_z is
        the same process in both frames; the turning one allows longer steps.
    """

    def __init__(
        self,
        magnet: Macrospin,
        m: Vectors,
        generator: np.random.Generator,
        step: float = 0.125,
        frame: Frame = "larmor",
    ) -> None:
        self.magnet, self.m, self.generator, self.step = magnet, m, generator, step
        self.turning = np.float32(1.0 if frame == "larmor" else 0.0)
        self._scratch = [np.empty_like(m) for _ in range(5)]
        self._line = np.empty_like(m[0])

    def advance(self, drive: float, duration: float) -> None:
        """Integrate over a duration [rad] at a constant drive i = V / V_c0."""
        steps = max(1, round(duration / self.step)) if duration > 0 else 0
        if not steps:
            return
        step = duration / steps
        # <h_j(s) h_j(s')> = damping / (delta (1 + damping^2)) delta(s - s') for each component j.
        strength = np.float32(np.sqrt(self.magnet.damping / (self.magnet.delta * (1 + self.magnet.damping**2) * step)))
        field, first, ahead, second, other = self._scratch
        half = np.float32(step / 2)
        for _ in range(steps):
            self.generator.standard_normal(field.shape, np.float32, out=field)
            field *= strength
            self._slope(self.m, field, drive, first, other)
            np.multiply(first, np.float32(step), out=ahead)
            ahead += self.m
            self._slope(ahead, field, drive, second, other)
            first += second
            first *= half
            self.m += first
            np.einsum("in,in->n", self.m, self.m, out=self._line)
            np.sqrt(self._line, out=self._line)
            self.m /= self._line

    def _slope(self, m: Vectors, field: Vectors, drive: float, out: Vectors, w: Vectors) -> None:
        """dm/ds = -m x (u + m x w) at magnetisations m and thermal fields, into ``out``; ``w`` is scratch."""
        damping = np.float32(self.magnet.damping)
        torque = np.float32(-self.magnet.damping * drive)
        line = self._line
        np.multiply(field, damping, out=w)
        np.multiply(m[2], damping, out=line)
        w[2] += line
        w[2] += torque
        _cross(m, w, out, line)
        out += field
        out[2] += m[2]
        out[2] -= damping * torque + self.turning
        _cross(out, m, w, line)
        out[...] = w


def _cross(a: Vectors, b: Vectors, out: Vectors, line: Vectors) -> None:
    for j, k, n in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(a[k], b[n], out=out[j])
        np.multiply(a[n], b[k], out=line)
        out[j] -= line


@dataclass(frozen=True)
class Estimate:
    """A rate from independent replicates.

    Parameters
    ----------
    rate : float
        Mean over replicates.
    standard_error : float
        Of that mean, from the scatter of the replicates.
    replicates : int
        How many.
    """

    rate: float
    standard_error: float
    replicates: int

    def interval(self, error: float) -> tuple[float, float]:
        """Two-sided interval that misses the true rate with probability ``error`` (Student's t)."""
        reach = float(student.ppf(1 - error / 2, self.replicates - 1)) * self.standard_error
        return self.rate - reach, self.rate + reach


def estimate_rate(
    magnet: Macrospin,
    voltage: float,
    width: float,
    seed: Sequence[int],
    *,
    event: Event = "unswitched",
    trajectories: int = 4096,
    replicates: int = 32,
    split: bool = True,
    step: float = 0.125,
    frame: Frame = "larmor",
) -> Estimate:
    """Probability that a pulse leaves the magnet unswitched, or switched, by simulation.

    The magnet starts in thermal equilibrium in its well, sees the pulse, relaxes without it, and is then in the well
    of the sign of m_z.

    Parameters
    ----------
    magnet : Macrospin
        Parameters.
    voltage : float
        Magnitude across the junction [V], in the direction that favours switching.
    width : float
        Of the pulse [ns].
    seed : sequence of int
        Of the random numbers; replicate r uses (*seed, r).
    event : {"unswitched", "switched"}
        Whose probability is wanted.
    trajectories, replicates : int
        Trajectories per replicate, and independent replicates (at least 2).
    split : bool
        Split trajectories, or simulate directly.
    step, frame
        See ``Ensemble``.

    Raises
    ------
    ValueError
        If there are fewer than two replicates.
    """
    if replicates < 2:
        raise ValueError(f"replicates must be at least 2, not {replicates}")
    rates = [
        _one_replicate(magnet, voltage / magnet.v_c0, width, [*seed, r], event, trajectories, split, step, frame)
        for r in range(replicates)
    ]
    return Estimate(float(np.mean(rates)), float(np.std(rates, ddof=1) / np.sqrt(replicates)), replicates)


def _one_replicate(
    magnet: Macrospin,
    drive: float,
    width: float,
    seed: Sequence[int],
    event: Event,
    trajectories: int,
    split: bool,
    step: float,
    frame: Frame,
) -> float:
    generator = np.random.Generator(np.random.SFC64(seed))
    duration = magnet.reduced_time(width)
    m = magnet.equilibrium(trajectories, generator)
    weight = np.ones(trajectories)
    stages = max(1, round(duration * magnet.damping / 0.25)) if split else 1
    for stage in range(stages):
        if stage:
            left = duration * magnet.damping * (1 - stage / stages)
            importance = _importance(magnet, drive, m[2].astype(float), left, event)
            m, weight = _resample(m, weight, importance, generator)
        Ensemble(magnet, m, generator, step, frame).advance(drive, duration / stages)
    # Farther than 0.8 from the equator nothing comes back: from there the barrier is 0.64 of the whole.
    near = np.abs(m[2]) < 0.8
    undecided = np.ascontiguousarray(m[:, near])
    if undecided.size:
        Ensemble(magnet, undecided, generator, step, frame).advance(0.0, 4 / magnet.damping)
        m[:, near] = undecided
    wanted = m[2] > 0 if event == "unswitched" else m[2] <= 0
    return float(np.sum(weight, where=wanted) / trajectories)


def _importance(
    magnet: Macrospin, drive: float, z: NDArray[np.float64], left: float, event: Event
) -> NDArray[np.float64]:
    """How much trajectories at m_z matter for the event, with a time left in units of 1/(damping * precession rate)."""
    below = 1 - z
    if event == "switched":
        # The inverse of how rare a height is in the driven well: as many trajectories at the barrier as at its foot.
        top = min(drive, 0.95)
        climbed = (1 - top) ** 2 - (np.clip(z, top, 1) - top) ** 2
        return np.exp(magnet.delta * climbed)
    if drive > 1:
        # A trajectory moves away from the pole as exp((drive - 1) time), and noise counts only while it is near.
        reach = 1 / (2 * magnet.delta * (drive - 1)) + np.exp(-2 * (drive - 1) * left)
        return np.exp(-np.minimum(0.7 * below / reach, 30))
    # The barrier is at m_z = drive; what is below it late in the pulse has no time to reach the equator.
    edge = drive * (1 - np.exp(-max(1 - drive**2, 0.1) * left))
    return 1 / (1 + np.exp(np.clip(-2 * np.sqrt(magnet.delta) * (z - edge), -30, 30)))


def _resample(
    m: Vectors, weight: NDArray[np.float64], importance: NDArray[np.float64], generator: np.random.Generator
) -> tuple[Vectors, NDArray[np.float64]]:
    """As many trajectories, copied in proportion to weight * importance; weighted sums keep their expectation."""
    order = np.argsort(m[2])
    share = (weight * importance)[order]
    total = np.cumsum(share)
    count = weight.size
    marks = (np.arange(count) + generator.random()) * (total[-1] / count)
    chosen = order[np.minimum(np.searchsorted(total, marks, side="right"), count - 1)]
    return np.ascontiguousarray(m[:, chosen]), total[-1] / count / importance[chosen]
