# SPDX-License-Identifier: BSD-3-Clause
"""After how many cycles a design under simulation counts as hung."""

from __future__ import annotations

from spintile.model.geometry import Geometry

from .job import Disturbance

__all__ = ["cycle_limits"]

#: Cycles without a sample or a result after which the design counts as hung, in multiples of a read's own cycles.
_PATIENCE = 200
#: An image may take this many times its least cycles, with so many more for each read.
_SLACK, _OVERHEAD = 4, 16


def cycle_limits(
    geometry: Geometry,
    adc_bits: int,
    settle: int,
    beats: int,
    images: int,
    reads: int,
    disturbance: Disturbance,
) -> tuple[int, int]:
    """Cycles without a sample, and cycles for all images, after which a design counts as hung.

    Parameters
    ----------
    geometry : Geometry
    adc_bits, settle : int
        Bits of a conversion; cycles that rows are driven before a sample.
    beats, images, reads : int
        Stream words of an image; images; reads of each.
    disturbance : Disturbance
        Its pauses stretch both.
    """
    read = max(geometry.conversion_cycles(adc_bits), settle + 1) + beats
    pauses = (1 - disturbance.stall) * (1 - disturbance.image_pause) * (1 - disturbance.result_pause)
    patience = round(_PATIENCE * read / pauses)
    return patience, patience + round(_SLACK * images * reads * (read + _OVERHEAD) / pauses)
