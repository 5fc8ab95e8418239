# SPDX-License-Identifier: BSD-3-Clause
"""Chips that claims are proved of: the true one, what is left of it where its lanes are alike, and small ones."""

from __future__ import annotations

from spintile.model.geometry import Geometry, preset

__all__ = ["BORDERS", "LANES", "MEMORIES", "PAIR", "SHARED", "TINY"]

#: The true chip.
BORDERS = preset("borders")
#: Its widths in one pair of columns: lanes are alike and independent.
PAIR = BORDERS.replace(name="one pair of borders", cols=2)
#: Its widths in four pairs, where one lane is told from the next.
LANES = BORDERS.replace(name="four pairs of borders", cols=8)
#: Its words in short memories: nothing about a word depends on how many there are.
MEMORIES = BORDERS.replace(
    name="short memories",
    rows=5,
    kernels=3,
    cols=34,
    instruction_depth=6,
    segment_depth=5,
    threshold_depth=3,
    activation_depth=128,
)
#: Two columns share a converter.
SHARED = Geometry(name="shared", rows=2, cols=4, kernels=3, adc_bits=2, columns_per_adc=2)
#: What covers and faults are looked for on.
TINY = Geometry(name="tiny", rows=3, cols=2, kernels=3, adc_bits=2, fraction_bits=2, acc_bits=10, layer_limit=3)
