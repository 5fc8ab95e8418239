# SPDX-License-Identifier: BSD-3-Clause
"""Cells whose conductance depends on their voltage: Newton's iteration on top of the linear solve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .few_vectors import solve
from .wires import Bias, LineBreaks, Wires

Floats = NDArray[np.float64]

#: Step of the central difference for dG/dV [V]: its error, a part in 1e9, only slows the last step.
_STEP = 1e-5
#: Largest error of a cell current after the last step over the largest cell current: rounding of the linear solve.
_ACCURACY = 1e-13
_MOST_STEPS = 60


@dataclass(frozen=True)
class BiasDependentTmr:
    """Conductance of junctions whose TMR falls with voltage: TMR(V) = TMR_0 / (1 + (V / V_h)^2), R_P constant.

    Parameters
    ----------
    r_p : float array, broadcast to (..., rows, cols)
        Resistance of the junctions in the P state [Ohm]; 0 is a short of 0 Ohm, infinity an open.
    tmr : float array, broadcast
        (R_AP - R_P) / R_P towards 0 V; 0 for a junction in the P state.
    half_voltage : float array, broadcast
        Voltage V_h at which the TMR has halved [V].
    """

    r_p: ArrayLike
    tmr: ArrayLike
    half_voltage: ArrayLike = 0.5

    def __call__(self, voltage: Floats) -> Floats:
        """Conductance [S] at the voltage across the junction [V]."""
        ratio = np.asarray(self.tmr) / (1 + (voltage / np.asarray(self.half_voltage)) ** 2)
        with np.errstate(divide="ignore"):
            return 1 / (np.asarray(self.r_p, np.float64) * (1 + ratio))


def operating_point(
    law: Callable[[Floats], Floats],
    wires: Wires | None,
    bias: Bias,
    *,
    access_resistance: ArrayLike = 0.0,
    breaks: LineBreaks | None = None,
) -> tuple[Floats, Floats]:
    """Junction voltages and column currents of bias-dependent cells.

    Parameters
    ----------
    law : callable
        Conductance G(V) [S] of all junctions at voltages (..., rows, cols) [V], current G(V) V; infinite: 0 Ohm. Its
        result may have more leading axes than the bias (dies, kernels).
    wires : Wires or None
        Line resistances; None: ideal.
    bias : Bias
        Potentials of the lines.
    access_resistance : float array, broadcast
        Linear resistance in series with every junction [Ohm].
    breaks : LineBreaks or None
        Broken wires.

    Returns
    -------
    junction_voltage : float64 array (..., rows, cols)
        Row minus column [V].
    column_current : float64 array (..., cols)
        Into every column's sense amplifier [A].

    Raises
    ------
    ArithmeticError
        If the iteration does not converge: the law jumps, or its current falls with voltage.
    """
    applied = bias.rows[..., :, np.newaxis] - bias.cols[..., np.newaxis, :]
    conductance = np.asarray(law(np.zeros_like(applied)), np.float64)
    conductance = np.broadcast_to(conductance, np.broadcast_shapes(conductance.shape, applied.shape))
    if breaks is not None:
        breaks = LineBreaks(*(np.broadcast_to(part, conductance.shape) for part in (breaks.rows, breaks.cols)))
    slope, source, chord = conductance, np.zeros_like(conductance), False
    before = np.inf
    for _ in range(_MOST_STEPS):
        voltage, column = solve(
            slope, wires, bias, cell_source=source, access_resistance=access_resistance, breaks=breaks
        )
        known = np.nan_to_num(voltage)
        conductance = np.asarray(law(known), np.float64)
        short = np.isinf(conductance)
        current = np.where(short, 0.0, conductance) * known
        error = np.abs(current - (np.where(short, 0.0, slope) * known + source)).max(initial=0.0)
        if error <= _ACCURACY * np.abs(current).max(initial=0.0):
            return voltage, column
        # A step that did not at least halve the error overshot: the chord is slower, but never overshoots the origin.
        chord = not chord and error > before / 2
        before = error
        slope = conductance
        if not chord:
            with np.errstate(invalid="ignore"):  # infinity less infinity at shorts of 0 Ohm
                tangent = conductance + known * (law(known + _STEP) - law(known - _STEP)) / (2 * _STEP)
            slope = np.where(~short & (tangent > 0), tangent, conductance)
        source = np.where(short, 0.0, current - np.where(short, 0.0, slope) * known)
    raise ArithmeticError(
        f"the array's currents must converge within {_MOST_STEPS} Newton steps, not be off by "
        f"{error:.1e} A: G(V) must be smooth and G(V) V must rise with V"
    )
