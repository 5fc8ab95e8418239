# SPDX-License-Identifier: BSD-3-Clause
"""What a chip with a die in it offers to a link."""

from __future__ import annotations

from amaranth.lib.wiring import In, Out, Signature
from spintile.model.geometry import Geometry
from spintile.rtl.axi_lite import AxiLite
from spintile.rtl.image_loader import AxiStream

__all__ = ["ChipPorts"]


class ChipPorts(Signature):
    """Ports of :class:`~spintile.rtl.twin.TwinTop` that the link works on, seen by the link.

    Members
    -------
    s_axi : Out(AxiLite)
        Registers.
    image, die : Out(AxiStream)
        Images; the die's entries.
    result : In(AxiStream of 32)
        A word for each image.
    loaded, error : In(1), In(1)
        Of the die.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "s_axi": Out(AxiLite()),
                "image": Out(AxiStream(geometry.word_bits)),
                "die": Out(AxiStream(32)),
                "result": In(AxiStream(32)),
                "loaded": In(1),
                "error": In(1),
            }
        )
