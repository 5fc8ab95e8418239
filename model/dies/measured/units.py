# SPDX-License-Identifier: BSD-3-Clause
"""Units in which dies are measured, and the conductance that a reading in them stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...reading import shown

_PREFIXES = {"p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_BASES = {"S": "conductance", "Ohm": "resistance", "ohm": "resistance", "Ω": "resistance", "A": "current"}
_PATTERN = re.compile(f"([{''.join(_PREFIXES)}]?)({'|'.join(_BASES)})")
ALLOWED = "S, Ohm or A with a prefix, such as uS, kOhm or uA"


@dataclass(frozen=True)
class Unit:
    """A declared unit.

    Parameters
    ----------
    name : str
        As declared, for messages.
    quantity : {"conductance", "resistance", "current"}
        What is measured.
    scale : float
        In S, Ohm or A.
    """

    name: str
    quantity: str
    scale: float

    @classmethod
    def parse(cls, text: str) -> Unit:
        """A unit such as ``uS``, ``kOhm`` or ``uA``; ValueError says what is allowed."""
        found = _PATTERN.fullmatch(text.strip())
        if not found:
            raise ValueError(f"unit must be {ALLOWED}, not {shown(text)}")
        return cls(text.strip(), _BASES[found[2]], _PREFIXES[found[1]])


def agree(declared: str | None, in_file: str | None, where: str) -> Unit:
    """The one unit of a file or field, declared by the caller, by the file, or by both alike.

    Raises
    ------
    ValueError
        If nobody declares it, or both do and differ.
    """
    if declared is None and in_file is None:
        raise ValueError(f"{where}: unit must be declared ({ALLOWED}), and it is not")
    try:
        units = [Unit.parse(text) for text in (in_file, declared) if text is not None]
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if len(units) == 2 and (units[0].quantity, units[0].scale) != (units[1].quantity, units[1].scale):
        raise ValueError(f"{where}: unit must be the declared {units[1].name}, not {units[0].name}")
    return units[0]


def conductance(
    values: NDArray[np.float64],
    unit: Unit,
    where: Callable[[int], str],
    *,
    read_voltage: float | None = None,
    noise_floor: float = 0.0,
) -> NDArray[np.float64]:
    """Readings as conductances.

    Parameters
    ----------
    values : float64 array
        In the unit. A resistance may be infinite: an open cell.
    unit : Unit
        Of the values.
    where : callable
        Names the place (file, line, field) of the value at a flat index, for messages.
    read_voltage : float or None
        Voltage across a cell [V]; needed for currents.
    noise_floor : float
        Conductances [S] and currents [A] that offsets made negative count as 0 down to minus this, in the unit's base.

    Returns
    -------
    float64 array
        [S], of the shape of the values.

    Raises
    ------
    ValueError
        If a value is none that a cell can have; the message names its place.
    """
    if unit.quantity == "current":
        if read_voltage is None or not (math.isfinite(read_voltage) and read_voltage > 0):
            raise ValueError(
                f"read_voltage must be a positive voltage [V] for currents in {unit.name}, not {read_voltage!r}"
            )
        divisor = read_voltage
    else:
        divisor = 1.0
    scaled = values * unit.scale
    if unit.quantity == "resistance":
        # Below this an inverse has no meaning left, and soon no number.
        unlawful = ~(scaled > 1e-12)
        allowed = "a positive resistance, or inf for an open cell"
    else:
        unlawful = ~(np.isfinite(scaled) & (scaled >= -noise_floor))
        allowed = f"a {unit.quantity} of at least {-noise_floor / unit.scale or 0:g}"
    if unlawful.any():
        place = int(np.flatnonzero(unlawful.ravel())[0])
        raise ValueError(f"{where(place)}: must be {allowed} [{unit.name}], not {float(values.ravel()[place])!r}")
    if unit.quantity == "resistance":
        return 1 / scaled
    return np.maximum(scaled / divisor, 0.0)
