# SPDX-License-Identifier: BSD-3-Clause
"""Half-moons on passive crossbars of analog memories: writing errors, training against them, transfers, the chip.

What is known of the experiment is Drolet et al. 2023 (arXiv 2305.18495) and its published code: data, topology, window,
tuning error, stuck devices, disturbance by neighbours. Ours: how layers are split into arrays and in which order these
are written (``layout``), the scale of each layer, biases as devices, and the training (``fitting``).
"""

from .chip import ON_CHIP, OnChip, onto_chip
from .crossbar import WINDOW, WritingErrors, load_disturbance, own_disturbance
from .evaluation import Transfers, correct_shares, predicted_shares
from .fitting import Recipe, fit_hardware_aware
from .layout import LayerArrays, Written, later_writes
from .points import Points, load_points
from .regular import fit_regular

__all__ = [
    "ON_CHIP",
    "WINDOW",
    "LayerArrays",
    "OnChip",
    "Points",
    "Recipe",
    "Transfers",
    "WritingErrors",
    "Written",
    "correct_shares",
    "fit_hardware_aware",
    "fit_regular",
    "later_writes",
    "load_disturbance",
    "load_points",
    "onto_chip",
    "own_disturbance",
    "predicted_shares",
]
