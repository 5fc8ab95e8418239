# SPDX-License-Identifier: BSD-3-Clause
"""What a board is: all that the build needs to know of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spintile.model.geometry import Geometry
from spintile.rtl.features import FULL, Features

__all__ = ["Board", "Family"]

Family = Literal["ice40", "ecp5"]


@dataclass(frozen=True)
class Board:
    """A board with one FPGA, a clock and a serial line.

    Parameters
    ----------
    name : str
        Short, in small letters.
    title : str
        As its maker calls it.
    platform : str
        ``module:class`` of amaranth-boards, or of your own in its form: pins, device, package.
    family : {"ice40", "ecp5"}
        Of its FPGA.
    geometry : Geometry
        The chip that is built into the bitstream.
    features : Features
        What of it is built.
    clock_hz : int
        Clock of the gateware.
    clock : callable
        Makes the module that drives the domain ``sync`` (:mod:`~spintile.fpga.boards.clocks`).
    baud : int
        Of the serial line ``uart`` 0 [bits/s].
    lights : mapping of str to (str, int)
        Resource and number of the light for each field of the gateware's ``lights``; those left out are dark.
    cells : mapping of str to str
        ``logic`` and ``memory``: nextpnr's names of what the report counts.
    synthesis : tuple of str
        Further options of Yosys's ``synth_*``.
    layers : tuple of int
        Inputs and neurons of the dense network that speeds are given for.
    flash : str
        How the bitstream gets onto it, one line with ``{bitstream}``.
    seed : int
        Of the placement, unless told otherwise: one with which the clock is reached.
    """

    name: str
    title: str
    platform: str
    family: Family
    geometry: Geometry
    clock_hz: int
    clock: Callable[[], Any]
    baud: int
    lights: Mapping[str, tuple[str, int]]
    cells: Mapping[str, str]
    layers: tuple[int, ...]
    flash: str
    features: Features = FULL
    synthesis: tuple[str, ...] = field(default=())
    seed: int = 1

    def make_platform(self) -> Any:
        """A new platform: one build wears it out.

        Raises
        ------
        ModuleNotFoundError
            If the package that has it is not installed.
        """
        module, _, name = self.platform.partition(":")
        return getattr(importlib.import_module(module), name)()
