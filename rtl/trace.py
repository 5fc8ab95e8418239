# SPDX-License-Identifier: BSD-3-Clause
"""Trace ports: what passes between the blocks, for the scoreboard of a simulation."""

from __future__ import annotations

from amaranth import unsigned
from amaranth.lib.wiring import Out, Signature
from spintile.model.geometry import Geometry

from .tokens import TAG, count_shape, kernel_shape

__all__ = ["TracePins"]


class TracePins(Signature):
    """Plain vectors, so that a test bench reads each with one access. All are outputs, valid with their ``valid``.

    Fields of more than one column or lane are packed, column or lane 0 lowest.

    Members
    -------
    codes : valid, codes (cols * adc_bits), count, kernel, plane, replica, flagged, image, ordinal, layer
        A read's codes, in the cycle in which the accumulator takes them.
    acc : valid, acc (pairs * acc_bits, two's complement), image, ordinal, layer
        An emit's accumulators, in the cycle in which the activation takes them; ``ordinal`` of its last read.
    activation : valid, activations (pairs * activation_bits), image, layer
        A hidden layer's activations after pooling; unused lanes are 0.
    result : valid, label, image
        A class, in the cycle in which the host takes it.
    """

    def __init__(self, geometry: Geometry) -> None:
        image, ordinal, layer = (TAG[name].shape for name in ("image", "ordinal", "layer"))
        super().__init__(
            {
                "codes": Out(
                    Signature(
                        {
                            "valid": Out(1),
                            "codes": Out(geometry.cols * geometry.adc_bits),
                            "count": Out(count_shape(geometry)),
                            "kernel": Out(kernel_shape(geometry)),
                            "plane": Out(4),
                            "replica": Out(2),
                            "flagged": Out(1),
                            "image": Out(image),
                            "ordinal": Out(ordinal),
                            "layer": Out(layer),
                        }
                    )
                ),
                "acc": Out(
                    Signature(
                        {
                            "valid": Out(1),
                            "acc": Out(geometry.pairs * geometry.acc_bits),
                            "image": Out(image),
                            "ordinal": Out(ordinal),
                            "layer": Out(layer),
                        }
                    )
                ),
                "activation": Out(
                    Signature(
                        {
                            "valid": Out(1),
                            "activations": Out(geometry.pairs * geometry.activation_bits),
                            "image": Out(image),
                            "layer": Out(layer),
                        }
                    )
                ),
                "result": Out(Signature({"valid": Out(1), "label": Out(unsigned(16)), "image": Out(image)})),
            }
        )
