# SPDX-License-Identifier: BSD-3-Clause
"""Verilog and register documents of a chip, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import Progress

if TYPE_CHECKING:
    from spintile.model.geometry import Geometry


def export_files(
    geometry: Geometry, folder: Path, *, trace: bool, yosys: Sequence[str], progress: Progress
) -> dict[Path, str]:
    """Write Verilog, C header, SystemRDL and HTML of the register map.

    Returns
    -------
    dict
        Path of each file, and what it holds.
    """
    from spintile.rtl.export import MODULE, export_verilog
    from spintile.rtl.register_docs import write_register_docs
    from spintile.rtl.registers import register_map

    progress("Verilog", 0.0)
    verilog = export_verilog(geometry, folder / f"{MODULE}.v", trace=trace, yosys=yosys)
    progress("Verilog", 1.0)
    holds = {".h": "registers as C macros", ".html": "registers for people", ".rdl": "registers as SystemRDL"}
    documents = write_register_docs(register_map(geometry), folder)
    return {
        verilog: f"the periphery, module {MODULE}; one clock, synchronous reset",
        **{path: holds.get(path.suffix, "registers") for path in documents},
    }
