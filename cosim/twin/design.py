# SPDX-License-Identifier: BSD-3-Clause
"""Periphery and twin as Verilog text for simulation, exported once per geometry and version of the RTL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spintile.model.geometry import Geometry

from ..design import TOP, cached_verilog

__all__ = ["twin_verilog"]


def twin_verilog(geometry: Geometry, *, cache: Path | None = None) -> str:
    """Verilog of periphery and twin with trace ports, from the cache or exported now; its top is ``design.TOP``.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
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

        return to_verilog(to_rtlil(TwinTop(geometry, trace=True), TOP), yosys=yosys)

    return cached_verilog("twin-", geometry, export, cache)
