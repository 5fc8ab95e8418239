# SPDX-License-Identifier: BSD-3-Clause
"""Writing: pulses to states, with the settings of the write path."""

from .junctions import junctions_of, nominal_junction
from .settings import LARGEST_VOLTAGE, SCHEMES, WRITING_PRESETS, Windows, Writing
from .write_array import WriteArray

__all__ = [
    "LARGEST_VOLTAGE",
    "SCHEMES",
    "WRITING_PRESETS",
    "Windows",
    "WriteArray",
    "Writing",
    "junctions_of",
    "nominal_junction",
]
