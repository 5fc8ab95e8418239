# SPDX-License-Identifier: BSD-3-Clause
"""The pool of random geometries. Each has to be built, so a campaign takes a new one only now and then."""

from __future__ import annotations

import numpy as np
from spintile.model.geometry import Geometry

__all__ = ["PROGRAMS_PER_GEOMETRY", "pool_size", "pooled_geometry"]

#: A new geometry joins a campaign after so many programs.
PROGRAMS_PER_GEOMETRY = 500
_KEY = 0x52504F4F


def pooled_geometry(number: int) -> Geometry:
    """The geometry of that number, the same in every campaign.

    Kernels are small, for the compiler's sake; every field takes its smallest value and odd ones in some geometry.
    """
    draw = np.random.default_rng([_KEY, number])

    def pick(*values: int) -> int:
        return int(draw.choice(values))

    cols = int(draw.integers(2, 13))
    dividers = [size for size in range(1, cols + 1) if cols % size == 0]
    return Geometry(
        name=f"random {number}",
        rows=int(draw.integers(1, 17)),
        cols=cols,
        kernels=int(draw.integers(5, 41)),
        adc_bits=pick(1, 2, 3, *range(2, 13)),
        columns_per_adc=pick(1, *dividers),
        input_bits=pick(1, 2, 3, 8),
        activation_bits=int(draw.integers(1, 5)),
        fraction_bits=int(draw.integers(1, 13)),
        acc_bits=int(draw.integers(20, 31)),
        activation_depth=pick(100, 256, 512, 1024),
        instruction_depth=pick(48, 64, 128, 256),
        segment_depth=pick(32, 64, 100),
        threshold_depth=pick(20, 32, 64),
        layer_limit=int(draw.integers(1, 9)),
        loop_depth=int(draw.integers(1, 5)),
        settle_cycles=pick(1, 2, 3, 7),
    )


def pool_size(programs: int) -> int:
    """Geometries in use after so many programs."""
    return 2 + programs // PROGRAMS_PER_GEOMETRY
