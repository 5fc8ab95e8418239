# SPDX-License-Identifier: BSD-3-Clause
"""An iCEBreaker with hardly a chip on it: a bitstream within seconds."""

from __future__ import annotations

import dataclasses
from functools import cache

from spintile.fpga.boards import ICEBREAKER
from spintile.fpga.virtual.link_case import LinkCase, make_case
from spintile.model.chip import Chip
from spintile.model.geometry import Geometry

__all__ = ["TINY", "tiny_case"]

TINY = dataclasses.replace(
    ICEBREAKER,
    name="tiny",
    geometry=Geometry(
        name="tiny",
        rows=4,
        cols=4,
        kernels=2,
        adc_bits=3,
        fraction_bits=2,
        input_bits=1,
        activation_bits=1,
        acc_bits=8,
        activation_depth=16,
        instruction_depth=16,
        segment_depth=4,
        threshold_depth=4,
        layer_limit=1,
        loop_depth=1,
    ),
    features=dataclasses.replace(ICEBREAKER.features, offsets=False),
    layers=(4, 4),
)


@cache
def tiny_case() -> LinkCase:
    """Four inputs, four classes, a die with defects."""
    from pathlib import Path

    chip = Chip.preset("icebreaker")
    chip = chip.replace(geometry=TINY.geometry, sensing=chip.sensing.replace(adc_bits=TINY.geometry.adc_bits))
    return make_case(Path(), chip, TINY.layers)
