# SPDX-License-Identifier: BSD-3-Clause
"""Dies as effective weights: training through many of them at little more than the cost of training through none."""

from .flagging import flag_choices
from .forward import effective_forward, keep_rising, plain_weights, recalibrate
from .weights import EffectiveReads

__all__ = [
    "EffectiveReads",
    "effective_forward",
    "flag_choices",
    "keep_rising",
    "plain_weights",
    "recalibrate",
]
