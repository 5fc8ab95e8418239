# SPDX-License-Identifier: BSD-3-Clause
"""Gateware as Verilog text for simulation, exported once per geometry and version of the sources."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import spintile.fpga.gateware
import spintile.fpga.link
from spintile.cosim.design import TOP, cached_verilog
from spintile.model.geometry import Geometry
from spintile.rtl.features import FULL, Features

__all__ = ["gateware_verilog"]


def gateware_verilog(
    geometry: Geometry,
    features: Features = FULL,
    *,
    divisor: int | None = None,
    patience: int | None = None,
    cache: Path | None = None,
) -> str:
    """Verilog of a linked chip at the bytes of its line, or of the whole gateware; its top is ``cosim.design.TOP``.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    features : Features
        What of the chip is built.
    divisor : int, optional
        Cycles of a bit: the gateware with its serial line; without it the line is left out.
    patience : int, optional
        Of the link; its own unless given.
    cache : Path, optional
        Where exports are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    """

    def export(yosys: Sequence[str]) -> str:
        from spintile.rtl.export import to_rtlil, to_verilog
        from spintile.rtl.twin import TwinTop

        from ..link.link import PATIENCE
        from .linked_chip import LinkedChip
        from .top import Gateware

        chip = TwinTop(geometry, features=features)
        chosen = PATIENCE if patience is None else patience
        design = (
            LinkedChip(geometry, chip, patience=chosen)
            if divisor is None
            else Gateware(geometry, divisor, chip, patience=chosen)
        )
        return to_verilog(to_rtlil(design, TOP), yosys=yosys)

    options = hashlib.sha256(repr((features, divisor, patience)).encode()).hexdigest()[:8]
    name = f"gateware-{options}-"
    return cached_verilog(name, geometry, export, cache, sources=(spintile.fpga.gateware, spintile.fpga.link))
