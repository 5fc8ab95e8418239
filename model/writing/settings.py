# SPDX-License-Identifier: BSD-3-Clause
"""Settings of the write path: levels, widths, retries, and the windows in which a written cell must read."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..array import BIAS_SCHEMES, Wires, transfer_matrix
from ..device import PUBLISHED, Cell
from ..geometry import Geometry
from ..sensing import Sensing

#: Most that a cell, or the gate of its transistor, may see [V].
LARGEST_VOLTAGE = 3.3
#: ``gated``: transistors keep unselected columns out; the others are bias schemes of passive arrays.
SCHEMES = ("gated", *BIAS_SCHEMES)

_DAC_STEP = 5 / 4096
_RANGES = {"setup_cycles": (0, 255), "passes": (1, 63), "repeats": (1, 32)}


class Windows(NamedTuple):
    """Codes, less the column's code with no row driven, between which a cell of each state must read [codes]."""

    p_low: int
    p_high: int
    ap_low: int
    ap_high: int


def _codes(first: float, last: float, steps: int) -> tuple[int, ...]:
    """DAC codes of evenly escalating voltages [V]."""
    return tuple(round(float(volts) / _DAC_STEP) for volts in np.linspace(first, last, steps))


@dataclass(frozen=True)
class Writing:
    """How a chip writes its cells.

    A pulse's level is the voltage across a selected cell: of a gated cell the row's, of a passive one the difference
    of a row and a column that each carry half of it. The defaults are those of the ``borders`` chip; all of them are
    this project's choice but ``dac_step`` and the limit of 3.3 V.

    Parameters
    ----------
    junction : str
        Name of the junction in ``device.PUBLISHED``; empty: devices that these pulses do not write.
    scheme : str
        ``gated`` (one transistor per cell, the gates of unselected columns off: nothing is half-selected), or what
        unselected lines of a passive array do: ``half``, ``third``, ``grounded``, ``floating``.
    dac_step : float
        Voltage of one code of the 12-bit write DAC [V]; 5 V / 4096, so that 3.3 V is code 2703.
    clock_period : float
        One clock cycle [ns]; pulses last whole cycles.
    levels_p, levels_ap : tuple of int
        DAC codes of the steps towards P and towards AP, 1 to 16 of them, escalating.
    widths : tuple of int
        Width of each step [cycles].
    setup_cycles : int
        Cycles that gates and level stand before and after each pulse.
    passes : int
        Most passes over a kernel; later ones find what half-selection disturbed.
    repeats : int
        Reads that characterisation adds up.
    single : bool
        True: one cell per pulse. False: all cells of a row with the same target at once.
    read_first : bool
        Whether a cell is verified before its first pulse too.
    p_low, p_high, ap_low, ap_high : int
        Windows [codes]; -1: from the nominal cell, see ``windows``.
    breakdown : float
        Voltage across a junction from which its barrier is at risk [V]: a higher level is warned of.

    Raises
    ------
    ValueError
        If a field is out of range, steps differ in number, or a level is above 3.3 V; the message names the field.
    """

    junction: str = "mtj-40nm"
    scheme: str = "gated"
    dac_step: float = _DAC_STEP
    clock_period: float = 10.0
    levels_p: tuple[int, ...] = _codes(1.3, 2.0, 8)
    levels_ap: tuple[int, ...] = _codes(1.4, 2.1, 8)
    widths: tuple[int, ...] = (1, 1, 1, 1, 2, 2, 4, 4)
    setup_cycles: int = 2
    passes: int = 1
    repeats: int = 1
    single: bool = False
    read_first: bool = False
    p_low: int = -1
    p_high: int = -1
    ap_low: int = -1
    ap_high: int = -1
    breakdown: float = 1.6

    def __post_init__(self) -> None:
        if self.junction and self.junction not in PUBLISHED:
            names = ", ".join(sorted(PUBLISHED))
            raise ValueError(f"writing: junction must be empty or one of {names}, not {self.junction!r}")
        if self.scheme not in SCHEMES:
            raise ValueError(f"writing: scheme must be one of {', '.join(SCHEMES)}, not {self.scheme!r}")
        for name, unit in (("dac_step", "[V]"), ("clock_period", "[ns]"), ("breakdown", "[V]")):
            value = getattr(self, name)
            if not (_is_number(value) and value > 0):
                raise ValueError(f"writing: {name} must be a positive number {unit}, not {value!r}")
        for name, (low, high) in _RANGES.items():
            _check_integer(name, getattr(self, name), low, high)
        self._check_steps()
        for name in Windows._fields:
            _check_integer(name, getattr(self, name), -1, 4095)
        for first, second in (("p_low", "p_high"), ("ap_low", "ap_high"), ("ap_high", "p_low")):
            below, above = getattr(self, first), getattr(self, second)
            apart = first == "ap_high"
            if below >= 0 and above >= 0 and below + apart > above:
                word = "below" if apart else "at most"
                raise ValueError(f"writing: {first} must be {word} {second} ({above}), not {below}")

    def _check_steps(self) -> None:
        steps = len(self.widths)
        for name in ("levels_p", "levels_ap", "widths"):
            values = getattr(self, name)
            if len(values) != steps or not 1 <= len(values) <= 16:
                raise ValueError(
                    f"writing: levels_p, levels_ap and widths must have the same number of steps, 1 to 16, not "
                    f"{len(self.levels_p)}, {len(self.levels_ap)} and {steps}"
                )
            for value in values:
                _check_integer(name, value, *((1, 65535) if name == "widths" else (0, 4095)))
        for name in ("levels_p", "levels_ap"):
            highest = max(getattr(self, name)) * self.dac_step
            if highest > LARGEST_VOLTAGE + 1e-9:
                raise ValueError(
                    f"writing: {name} must put at most {LARGEST_VOLTAGE} V across a cell, not {highest:.4g} V "
                    f"(code {max(getattr(self, name))})"
                )

    @classmethod
    def preset(cls, name: str) -> Writing:
        """How the chip preset of that name is written; ValueError lists the presets."""
        if name not in WRITING_PRESETS:
            raise ValueError(f"writing preset must be one of {', '.join(sorted(WRITING_PRESETS))}, not {name!r}")
        return WRITING_PRESETS[name]

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.widths)

    @property
    def passive(self) -> bool:
        """Whether cells have no transistor of their own: every gate stands open, columns take part in a pulse."""
        return self.scheme != "gated"

    @property
    def float_unselected(self) -> bool:
        """Whether unselected lines float in a pulse."""
        return self.scheme == "floating"

    def volts(self, code: int) -> float:
        """Voltage across a selected cell at a DAC code [V]."""
        return code * self.dac_step

    def width_ns(self, step: int) -> float:
        """Width of a step's pulse [ns]."""
        return self.widths[step] * self.clock_period

    def windows(self, geometry: Geometry, cell: Cell, sensing: Sensing, wires: Wires | None = None) -> Windows:
        """Windows of one driven row's code, the column's own code removed; fields that are not -1 stand as they are.

        The limit between the states lies half way between the lowest nominal P and the highest nominal AP of a kernel
        (wires included), the outer limits at half of the lowest AP and at 1.5 times the highest P.

        Raises
        ------
        ValueError
            If the converters cannot tell one nominal P device from an AP one.
        """
        scale = sensing.steps_per_siemens(geometry, cell) / (1 << geometry.fraction_bits)
        if wires is None or wires.ideal:
            lowest_p = highest_p = cell.g_p * scale
            lowest_ap = highest_ap = cell.g_ap * scale
        else:
            kernel = np.ones((geometry.rows, geometry.cols))
            p, ap = (transfer_matrix(g * kernel, wires) * scale for g in (cell.g_p, cell.g_ap))
            lowest_p, highest_p = float(p.min()), float(p.max())
            lowest_ap, highest_ap = float(ap.min()), float(ap.max())
        middle = (lowest_p + highest_ap) / 2
        between = math.floor(middle)
        largest = (1 << sensing.bits(geometry)) - 1
        if sensing.bits(geometry) < 2 or not round(highest_ap) <= between < round(lowest_p) <= largest:
            raise ValueError(
                f"writing: the converters must tell one P device from an AP one, not read {lowest_p:.3g} codes for P "
                f"and {highest_ap:.3g} for AP (sensing.adc_bits, wires)"
            )
        ap_high = self.ap_high if self.ap_high >= 0 else (self.p_low - 1 if self.p_low >= 0 else between)
        p_low = self.p_low if self.p_low >= 0 else ap_high + 1
        p_high = self.p_high if self.p_high >= 0 else max(p_low, min(largest, math.floor(1.5 * highest_p)))
        ap_low = self.ap_low if self.ap_low >= 0 else min(ap_high, math.ceil(0.5 * lowest_ap))
        found = Windows(p_low, p_high, ap_low, ap_high)
        if not 0 <= ap_low <= ap_high < p_low <= p_high:
            raise ValueError(f"writing: windows must rise as ap_low <= ap_high < p_low <= p_high, not {tuple(found)}")
        return found

    def replace(self, **changes: Any) -> Writing:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"writing: {name} must be an integer from {low} to {high}, not {value!r}")


_GOODWILL = Writing(
    junction="mtj-50nm",
    scheme="half",
    levels_p=_codes(0.53, 0.72, 10),
    levels_ap=_codes(0.53, 0.72, 10),
    widths=(100,) * 10,
    passes=4,
    single=True,
)

#: By chip preset. ``goodwill``: 1 us below the critical voltage, because half of a pulse reaches all other cells of its
#: row and column: the longer a pulse, the less voltage it needs, and the further half of it is from any barrier. The
#: junction of 11 nm with its lower barrier bears fewer volts beyond what switches it.
#: ``drolet``: TiO2 memory, which these pulses do not write.
WRITING_PRESETS: dict[str, Writing] = {
    "borders": Writing(),
    "demo": Writing(),
    "goodwill": _GOODWILL,
    "goodwill-40nm": _GOODWILL.replace(junction="mtj-40nm"),
    "goodwill-11nm": _GOODWILL.replace(
        junction="mtj-11nm", levels_p=_codes(0.138, 0.19, 10), levels_ap=_codes(0.138, 0.19, 10)
    ),
    "drolet": Writing(junction=""),
}
