# SPDX-License-Identifier: BSD-3-Clause
"""From column currents to codes: amplifier, converter, and the settings of the column repair."""

from .converters import Adc, Amplifier, Dac, column_code
from .repair import MARGINS, PAIR_CHECK_FULL_SCALE, PAIR_MODES, Repair, RepairMode
from .sensing import HeadroomWarning, Sensing
from .transmission import transmission

__all__ = [
    "MARGINS",
    "PAIR_CHECK_FULL_SCALE",
    "PAIR_MODES",
    "Adc",
    "Amplifier",
    "Dac",
    "HeadroomWarning",
    "Repair",
    "RepairMode",
    "Sensing",
    "column_code",
    "transmission",
]
