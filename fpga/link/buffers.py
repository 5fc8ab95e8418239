# SPDX-License-Identifier: BSD-3-Clause
"""How the link's memories are seen by whoever works between them."""

from __future__ import annotations

from amaranth import unsigned
from amaranth.lib.wiring import In, Out, Signature

__all__ = ["AnswerSlots", "ReceivedFrame"]


class ReceivedFrame(Signature):
    """A whole and sound request in a buffer, seen by the receiver.

    Members
    -------
    valid : Out(1)
        There is one; it stays until ``release``.
    address : In(8)
        A byte of it, header first; may be anything while there is none.
    data : Out(8)
        That byte, in the cycle after its address.
    release : In(1)
        It has been dealt with: in the next cycle ``valid`` is that of the next frame.
    damaged : Out(1)
        In one cycle for each frame that was dropped.
    """

    def __init__(self) -> None:
        super().__init__({"valid": Out(1), "address": In(8), "data": Out(8), "release": In(1), "damaged": Out(1)})


class AnswerSlots(Signature):
    """Memory for answers, seen by whoever writes them. The last slot, ``window``, is for REJECT.

    Parameters
    ----------
    window : int
        Answers that are kept: a power of two.

    Members
    -------
    slot : Out(0 .. window)
        Slot that is written or queued.
    write, address, data : Out(1), Out(6), Out(8)
        A byte of it is written at the end of this cycle. Only while the slot is not ``queued``.
    queue : Out(1)
        The slot is to be sent: once if it was not queued, and no further time if it was.
    queued : In(window + 1)
        Slots that are to be sent or are being sent: from the cycle after ``queue`` on.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        super().__init__(
            {
                "slot": Out(range(window + 1)),
                "write": Out(1),
                "address": Out(6),
                "data": Out(8),
                "queue": Out(1),
                "queued": In(unsigned(window + 1)),
            }
        )
