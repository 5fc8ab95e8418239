# SPDX-License-Identifier: BSD-3-Clause
"""iCEBreaker: an iCE40 UP5K of 5,280 logic cells and 30 block RAMs, 12 MHz."""

from __future__ import annotations

from spintile.model.geometry import preset
from spintile.rtl.features import Features

from .board import Board
from .clocks import Ice40Pll

__all__ = ["ICEBREAKER"]

ICEBREAKER = Board(
    name="icebreaker",
    title="iCEBreaker (Lattice iCE40 UP5K)",
    platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
    family="ice40",
    geometry=preset("icebreaker"),
    # Dense networks of bits need no more, and no more fits.
    features=Features(
        writing=False,
        repairs=(),
        replicas=False,
        planes=False,
        testing=False,
        counters=False,
        reads_ahead=1,
        emits_ahead=1,
    ),
    clock_hz=24_000_000,
    clock=lambda: Ice40Pll(multiply=64, divide=32),
    baud=1_000_000,
    lights={"working": ("led", 0), "connected": ("led", 1)},
    cells={"logic": "ICESTORM_LC", "memory": "ICESTORM_RAM"},
    layers=(48, 8, 10),
    flash="iceprog {bitstream}",
)
