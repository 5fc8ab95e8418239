# SPDX-License-Identifier: BSD-3-Clause
"""A cell: one magnetic tunnel junction in series with its access transistor."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Nominal cell of a chip, linear at the read voltage.

    Parameters
    ----------
    r_p : float
        Junction resistance in the parallel (P) state [Ohm], positive.
    tmr : float
        Tunnel magnetoresistance at the read voltage, (R_AP - R_P) / R_P, positive.
    r_access : float
        Resistance of the access transistor in series [Ohm]; 0 for a passive array.

    Raises
    ------
    ValueError
        If a value is not finite or out of range; the message names the field.
    """

    r_p: float
    tmr: float
    r_access: float = 0.0

    def __post_init__(self) -> None:
        for name, what, lawful in (
            ("r_p", "a positive resistance [Ohm]", self.r_p > 0),
            ("tmr", "a positive ratio", self.tmr > 0),
            ("r_access", "a non-negative resistance [Ohm]", self.r_access >= 0),
        ):
            if not (lawful and math.isfinite(getattr(self, name))):
                raise ValueError(f"cell: {name} must be {what}, not {getattr(self, name)!r}")
        # Beyond these, conductances and their differences are no numbers any more.
        for name, low, high in (("r_p", 1e-9, 1e15), ("tmr", 1e-9, 1e9), ("r_access", 0.0, 1e15)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"cell: {name} must be from {low:g} to {high:g}, not {getattr(self, name)!r}")

    @property
    def r_ap(self) -> float:
        """Junction resistance in the antiparallel (AP) state [Ohm]."""
        return self.r_p * (1 + self.tmr)

    @property
    def g_p(self) -> float:
        """Conductance of the cell in the P state [S]."""
        return 1 / (self.r_p + self.r_access)

    @property
    def g_ap(self) -> float:
        """Conductance of the cell in the AP state [S]."""
        return 1 / (self.r_ap + self.r_access)

    @classmethod
    def preset(cls, name: str) -> Cell:
        """The nominal cell of a chip preset; ValueError lists the presets."""
        if name not in CELL_PRESETS:
            raise ValueError(f"cell preset must be one of {', '.join(sorted(CELL_PRESETS))}, not {name!r}")
        return CELL_PRESETS[name]

    def replace(self, **changes: float) -> Cell:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)


#: Nominal cells by chip preset. ``borders`` and ``demo``: a 40 nm junction (R_P 2.53 kOhm, TMR 1.24, figures of a
#: public device library) behind 1.7 kOhm of access, our fit to that platform's 233/133 uS: 236/136 uS. ``goodwill``: a
#: 50 nm junction (5 kOhm, 1.2) without a transistor. ``drolet``: the ends of its 100 .. 500 uS window (TiO2 memory).
CELL_PRESETS: dict[str, Cell] = {
    "borders": Cell(r_p=2530.0, tmr=1.24, r_access=1700.0),
    "demo": Cell(r_p=2530.0, tmr=1.24, r_access=1700.0),
    "goodwill": Cell(r_p=5000.0, tmr=1.2),
    "drolet": Cell(r_p=2000.0, tmr=4.0),
}
