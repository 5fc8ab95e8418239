# SPDX-License-Identifier: BSD-3-Clause
"""Mapping that repairs: a trained network placed on one known die so that its defects hurt least."""

from .by_flags import remap_by_flags
from .equivalent import INPUT_ORDER, host_order, ordered_inputs, turn_signs
from .layout import random_placement
from .remap import CHOICES, Remapping, remap

__all__ = [
    "CHOICES",
    "INPUT_ORDER",
    "Remapping",
    "host_order",
    "ordered_inputs",
    "random_placement",
    "remap",
    "remap_by_flags",
    "turn_signs",
]
