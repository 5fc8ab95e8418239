# SPDX-License-Identifier: BSD-3-Clause
"""A chip with a die in it at the board's end of a link: everything of a board but its pins."""

from __future__ import annotations

from amaranth import Module, ResetInserter
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry
from spintile.rtl.tokens import Flow
from spintile.rtl.twin import TwinTop

from ..link.link import PATIENCE, WINDOW, Link

__all__ = ["LinkedChip"]


class LinkedChip(Component):
    """Everything that a host sets up comes over the link: die, program, thresholds, registers, then images.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    chip : Component, optional
        The chip with a die in it: anything with the members of :class:`~spintile.rtl.twin.TwinTop`, without trace;
        a ``TwinTop`` of that geometry unless given.
    window, patience, counters
        Of the :class:`~spintile.fpga.link.link.Link`.

    Members
    -------
    received : In(Flow of 8)
        Bytes from the host.
    room : Out(1)
        A frame that begins now has a buffer.
    sent : Out(stream of 8)
        Bytes to the host.
    connected, loaded, damaged, quiet : Out(1)
        A session has begun; a whole die is loaded; a frame was dropped, in one cycle; nothing happens before the next
        byte.
    """

    def __init__(
        self,
        geometry: Geometry,
        chip: Component | None = None,
        *,
        window: int = WINDOW,
        patience: int = PATIENCE,
        counters: bool = True,
    ) -> None:
        self.geometry = geometry
        self._chip = TwinTop(geometry) if chip is None else chip
        self._link = Link(geometry, window=window, patience=patience, counters=counters)
        super().__init__(
            {
                "received": In(Flow(8)),
                "room": Out(1),
                "sent": Out(stream.Signature(8)),
                **{name: Out(1) for name in ("connected", "loaded", "damaged", "quiet")},
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Wiring; a new session resets the chip, memories apart."""
        m = Module()
        chip, link = self._chip, self._link
        m.submodules.link = link
        m.submodules.chip = ResetInserter(link.chip_reset)(chip)
        for name in ("s_axi", "image", "die", "result"):
            ours, theirs = getattr(link.chip, name), getattr(chip, name)
            connect(m, ours, theirs)
        connect(m, flipped(self.received), link.received)
        connect(m, link.sent, flipped(self.sent))
        m.d.comb += [
            link.chip.loaded.eq(chip.loaded),
            link.chip.error.eq(chip.error),
            self.room.eq(link.room),
            self.connected.eq(link.connected),
            self.loaded.eq(chip.loaded),
            self.damaged.eq(link.damaged),
            self.quiet.eq(link.quiet),
        ]
        if "report" in chip.signature.members:
            # Nothing is written in a chip whose array is logic: words of the write controller are let go.
            m.d.comb += chip.report.tready.eq(1)
        return m
