# SPDX-License-Identifier: BSD-3-Clause
"""Periphery and twin as Verilog text for simulation, exported once per geometry and version of the RTL."""

from __future__ import annotations

from pathlib import Path

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry

from ..design import TOP, sources_key
from ..tools import cache_folder, find_yosys, require

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
    yosys = require(find_yosys())
    path = (cache or cache_folder()) / "verilog" / f"twin-{sources_key(geometry, yosys.version)}.v"
    if not path.is_file():
        from spintile.rtl.export import to_rtlil, to_verilog
        from spintile.rtl.twin import TwinTop

        path.parent.mkdir(parents=True, exist_ok=True)
        text = to_verilog(to_rtlil(TwinTop(geometry, trace=True), TOP), yosys=yosys.command)
        write_atomically(path, text.encode())
    return path.read_text()
