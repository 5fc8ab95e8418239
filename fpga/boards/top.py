# SPDX-License-Identifier: BSD-3-Clause
"""The gateware on the pins of a board."""

from __future__ import annotations

from typing import Any

from amaranth import ClockDomain, Module
from amaranth.hdl import Elaboratable
from amaranth.lib import io
from spintile.rtl.twin import TwinTop

from ..gateware import Gateware
from ..link.uart import divisor_for
from .board import Board

__all__ = ["BoardTop"]


class BoardTop(Elaboratable):
    """Clock, gateware, serial line and lights.

    Parameters
    ----------
    board : Board
        Which one.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        chip = TwinTop(board.geometry, features=board.features)
        self._gateware = Gateware(board.geometry, divisor_for(board.clock_hz, board.baud), chip)

    def elaborate(self, platform: Any) -> Module:
        """Pins; the gateware brings its own synchroniser for the line."""
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = self._board.clock()
        m.submodules.gateware = gateware = self._gateware
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [gateware.rx.eq(rx.i), tx.o.eq(gateware.tx)]
        for field, (resource, number) in self._board.lights.items():
            light = io.Buffer("o", platform.request(resource, number, dir="-"))
            m.submodules[f"light_{field}"] = light
            m.d.comb += light.o.eq(gateware.lights[field])
        return m
