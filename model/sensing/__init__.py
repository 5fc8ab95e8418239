# SPDX-License-Identifier: BSD-3-Clause
"""From column currents to codes: amplifier, converter, and the settings of the column repair."""

from .repair import PAIR_CHECK_FULL_SCALE, Repair, RepairMode
from .sensing import Sensing

__all__ = ["PAIR_CHECK_FULL_SCALE", "Repair", "RepairMode", "Sensing"]
