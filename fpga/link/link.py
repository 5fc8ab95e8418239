# SPDX-License-Identifier: BSD-3-Clause
"""The board's end of the link: bytes of a line on one side, a chip on the other."""

from __future__ import annotations

from amaranth import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from spintile.model.geometry import Geometry
from spintile.rtl.tokens import Flow

from .chip_ports import ChipPorts
from .frame_receiver import FrameReceiver
from .frame_sender import FrameSender
from .requests import RequestUnit

__all__ = ["PATIENCE", "WINDOW", "Link"]

#: Answers that are kept, and so requests that a host may have under way.
WINDOW = 4
#: Far more cycles than the slowest read of any chip takes.
PATIENCE = 1 << 20


class Link(Component):
    """Receiver, request unit and sender.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    window : int
        Requests that a host may have under way: 2, 4, ... 64.
    patience : int
        Cycles without any progress after which images are given up.
    counters : bool
        Whether damaged frames and repeated requests are counted.

    Members
    -------
    received : In(Flow of 8)
        Bytes from the host.
    room : Out(1)
        A frame that begins now has a buffer. A serial line cannot wait for it, a simulated one may.
    sent : Out(stream of 8)
        Bytes to the host.
    chip, chip_reset, connected
        As in :class:`RequestUnit`.
    damaged : Out(1)
        In one cycle for each frame that was dropped.
    quiet : Out(1)
        Nothing happens before the next byte.

    Raises
    ------
    ValueError
        If ``window`` is none of these, or ``patience`` is not positive.
    """

    def __init__(
        self, geometry: Geometry, *, window: int = WINDOW, patience: int = PATIENCE, counters: bool = True
    ) -> None:
        if window not in (2, 4, 8, 16, 32, 64):
            raise ValueError(f"link: window must be 2, 4, 8, 16, 32 or 64, not {window}")
        if patience < 1:
            raise ValueError(f"link: patience must be at least 1, not {patience}")
        self.geometry = geometry
        self.window = window
        self.patience = patience
        self.counters = counters
        super().__init__(
            {
                "received": In(Flow(8)),
                "room": Out(1),
                "sent": Out(stream.Signature(8)),
                "chip": Out(ChipPorts(geometry)),
                "chip_reset": Out(1),
                "connected": Out(1),
                "damaged": Out(1),
                "quiet": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Wiring."""
        m = Module()
        m.submodules.receiver = receiver = FrameReceiver()
        m.submodules.requests = requests = RequestUnit(self.geometry, self.window, self.patience, self.counters)
        m.submodules.sender = sender = FrameSender(self.window)
        connect(m, flipped(self.received), receiver.received)
        connect(m, receiver.frame, requests.frame)
        connect(m, requests.slots, sender.slots)
        connect(m, requests.chip, flipped(self.chip))
        connect(m, sender.sent, flipped(self.sent))
        m.d.comb += [
            self.room.eq(receiver.room),
            self.chip_reset.eq(requests.chip_reset),
            self.connected.eq(requests.connected),
            self.damaged.eq(receiver.frame.damaged),
            self.quiet.eq(requests.idle & ~receiver.frame.damaged & ~sender.slots.queued.any()),
        ]
        return m
