# SPDX-License-Identifier: BSD-3-Clause
"""From column currents to codes: amplifier, converter, and the settings of the column repair."""

from .converters import Adc, Amplifier, Dac, column_code
from .repair import PAIR_CHECK_FULL_SCALE, Repair, RepairMode
from .sensing import HeadroomWarning, Sensing

__all__ = [
    "PAIR_CHECK_FULL_SCALE",
    "Adc",
    "Amplifier",
    "Dac",
    "HeadroomWarning",
    "Repair",
    "RepairMode",
    "Sensing",
    "column_code",
]
