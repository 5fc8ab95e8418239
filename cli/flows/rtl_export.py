# SPDX-License-Identifier: BSD-3-Clause
"""Verilog, register documents, constraints and a FuseSoC core of a chip, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..console import Progress

if TYPE_CHECKING:
    from spintile.cosim.signoff.constraints import Timing
    from spintile.model.geometry import Geometry


def export_files(
    geometry: Geometry, folder: Path, *, trace: bool, timing: Timing, yosys: Sequence[str], progress: Progress
) -> dict[Path, str]:
    """Write Verilog, C header, SystemRDL and HTML of the register map, constraints, waivers of lint and a core file.

    Returns
    -------
    dict
        Path of each file, and what it holds.
    """
    from spintile.model.files import write_atomically
    from spintile.rtl.export import MODULE, export_verilog
    from spintile.rtl.register_docs import write_register_docs
    from spintile.rtl.registers import register_map

    progress("Verilog", 0.0)
    verilog = export_verilog(geometry, folder / f"{MODULE}.v", trace=trace, yosys=yosys)
    progress("Verilog", 1.0)
    holds = {".h": "registers as C macros", ".html": "registers for people", ".rdl": "registers as SystemRDL"}
    documents = write_register_docs(register_map(geometry), folder)
    files = {
        verilog: f"the periphery, module {MODULE}; one clock, synchronous reset",
        **{path: holds.get(path.suffix, "registers") for path in documents},
    }
    for name, (text, what) in _integration(geometry, verilog, documents, timing).items():
        write_atomically(folder / name, text.encode())
        files[folder / name] = what
    return files


def _integration(
    geometry: Geometry, verilog: Path, documents: Sequence[Path], timing: Timing
) -> dict[str, tuple[str, str]]:
    """What those need who build a chip or FPGA around it: name, text, and what it is."""
    from spintile.cosim.signoff.constraints import lpf, pcf, sdc
    from spintile.cosim.signoff.core_file import core_file, core_name
    from spintile.cosim.signoff.lint import waiver_file

    name = verilog.stem
    filesets = {
        "rtl": [verilog.name],
        "waivers": [f"{name}.vlt"],
        **{form: [f"{name}.{form}"] for form in ("sdc", "pcf", "lpf")},
        "registers": [path.name for path in documents],
    }
    return {
        f"{name}.sdc": (sdc(verilog.read_text(), timing), "timing constraints (SDC)"),
        f"{name}.pcf": (pcf(timing), "the clock for nextpnr-ice40"),
        f"{name}.lpf": (lpf(timing), "the clock for nextpnr-ecp5"),
        f"{name}.vlt": (waiver_file(verilog.name), "what Verilator's lint need not mind"),
        "spintile.core": (core_file(geometry, filesets), f"FuseSoC core {core_name()}, with a target lint"),
    }
