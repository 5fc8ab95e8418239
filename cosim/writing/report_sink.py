# SPDX-License-Identifier: BSD-3-Clause
"""Takes the words of the report stream, one look per cycle: a report of a die has some eighty thousand of them."""

from __future__ import annotations

import random
from typing import Any

from cocotb.simtime import get_sim_time

from ..host import BenchError

__all__ = ["ReportSink"]


class ReportSink:
    """Receiver of the 64-bit AXI stream ``report``, with pauses.

    The bench calls :meth:`drive` just after each rising edge and :meth:`observe` once that cycle has settled.

    Parameters
    ----------
    dut : handle
        The design, with ports named ``report__*``.
    pause : float
        Probability, each cycle, that nothing is taken.
    seed : int
        Of the pauses.
    """

    def __init__(self, dut: Any, pause: float = 0.0, seed: int = 0) -> None:
        self._valid, self._data, self._last = dut.report__tvalid, dut.report__tdata, dut.report__tlast
        self._ready_pin = dut.report__tready
        self._pause = pause
        self._random = random.Random(seed)
        self._ready = True
        self._offered: int | None = None
        self.clear()

    def clear(self) -> None:
        """Forget the words."""
        self.words: list[int] = []
        self.times: list[float] = []
        self.ended = False
        self._offered = None
        self._may_drop = False

    def interrupt(self) -> None:
        """A reset is on its way, until :meth:`clear`: a word that was offered may go."""
        self._may_drop = True

    def start(self) -> None:
        """Level before the first cycle."""
        self._ready_pin.value = 1

    def drive(self) -> None:
        """Just after a rising edge: whether a word would be taken in this cycle."""
        if self._pause:
            self._ready = self._random.random() >= self._pause
            self._ready_pin.value = int(self._ready)

    def observe(self) -> None:
        """Once the cycle has settled: take the word that is offered.

        Raises
        ------
        BenchError
            If a word is taken back or changed before it was taken, or comes after the last one of its command.
        """
        if not self._valid.value:
            if self._offered is not None and not self._may_drop:
                raise BenchError(f"report word 0x{self._offered:x} must be offered until it is taken, and is not")
            self._offered = None
            return
        word = int(self._data.value)
        if self._offered is not None and word != self._offered:
            raise BenchError(f"report word 0x{self._offered:x} must stay until it is taken, not become 0x{word:x}")
        if not self._ready:
            self._offered = word
            return
        if self.ended:
            raise BenchError(f"report must end with tlast, and word 0x{word:x} comes after it")
        self._offered = None
        self.words.append(word)
        self.times.append(get_sim_time("ns"))
        self.ended = bool(self._last.value)
