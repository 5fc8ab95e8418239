# SPDX-License-Identifier: BSD-3-Clause
"""ULX3S with an ECP5 of 84,000 logic cells and 208 block RAMs, 25 MHz."""

from __future__ import annotations

from spintile.model.geometry import preset
from spintile.rtl.features import Features

from .board import Board
from .clocks import Ecp5Pll

__all__ = ["ULX3S"]

ULX3S = Board(
    name="ulx3s",
    title="ULX3S 85F (Lattice ECP5 LFE5U-85F)",
    platform="amaranth_boards.ulx3s:ULX3S_85F_Platform",
    family="ecp5",
    geometry=preset("borders"),
    # A die in logic has no states to write.
    features=Features(writing=False),
    clock_hz=60_000_000,
    clock=lambda: Ecp5Pll(multiply=12, divide=5, own=10),
    baud=3_000_000,
    lights={name: ("led", number) for number, name in enumerate(("connected", "loaded", "working", "damaged"))},
    cells={"logic": "TRELLIS_COMB", "memory": "DP16KD"},
    layers=(196, 36, 10),
    flash="openFPGALoader --board ulx3s {bitstream}",
    seed=2,
)
