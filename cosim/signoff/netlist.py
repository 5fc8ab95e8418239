# SPDX-License-Identifier: BSD-3-Clause
"""Netlists of the periphery after synthesis, as Verilog that simulates: a stage of co-simulation of its own.

Targets: ``generic`` (gates of Yosys, memories kept), ``ice40`` and ``ecp5`` (cells of the vendor with the models that
Yosys has of them).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

from spintile.model.files import write_atomically
from spintile.model.geometry import Geometry

from ..design import TOP, periphery_verilog
from ..job import CosimJob
from ..result import CosimResult
from ..run import cosimulate
from ..tools import cache_folder, find_yosys, require
from ..yosys import run_yosys

__all__ = ["TARGETS", "Target", "netlist_verilog", "synthesize", "verify_netlist"]

Target = Literal["generic", "ice40", "ecp5"]
TARGETS: tuple[Target, ...] = get_args(Target)

_FORMAT = 2
#: Cells are black boxes in the design that was synthesised: it is read anew, with their models.
_AGAIN = ("write_verilog -noattr mapped.v", "design -reset", "read_verilog mapped.v")
#: Synthesis, and the models of the cells that it leaves.
_STEPS: dict[Target, tuple[str, ...]] = {
    "generic": (
        f"synth -top {TOP} -flatten -run begin:fine",
        "opt -fast -full",
        "techmap",
        "opt -fast",
        "abc",
        "opt_clean -purge",
    ),
    "ice40": (
        f"synth_ice40 -top {TOP}",
        *_AGAIN,
        "read_verilog -D NO_ICE40_DEFAULT_ASSIGNMENTS +/ice40/cells_sim.v",
    ),
    # There is no model of ECP5's block RAM: memories become distributed RAM.
    "ecp5": (f"synth_ecp5 -top {TOP} -nobram", *_AGAIN, "read_verilog +/ecp5/cells_sim.v"),
}


def netlist_verilog(geometry: Geometry, target: Target = "generic", *, cache: Path | None = None) -> str:
    """The periphery with its trace ports after synthesis, from the cache or made now.

    Parameters
    ----------
    geometry : Geometry
        Shape of the chip.
    target : {"generic", "ice40", "ecp5"}
        What it is synthesised to.
    cache : Path, optional
        Where netlists are kept; :func:`~spintile.cosim.tools.cache_folder` unless given.

    Raises
    ------
    MissingTool
        If there is no Yosys.
    RuntimeError
        If synthesis fails; one line.
    ValueError
        If there is no such target.
    """
    return synthesize(periphery_verilog(geometry, cache=cache), target, cache=cache)


def synthesize(verilog: str, target: Target = "generic", *, cache: Path | None = None) -> str:
    """Any design whose top module is called as the periphery's; parameters and errors as of :func:`netlist_verilog`."""
    if target not in TARGETS:
        raise ValueError(f"netlist: target must be one of {', '.join(TARGETS)}, not {target!r}")
    version = require(find_yosys()).version
    key = hashlib.sha256(json.dumps([_FORMAT, version, _STEPS[target], verilog]).encode()).hexdigest()[:32]
    path = (cache or cache_folder()) / "netlists" / f"{target}-{key}.v"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "design.v").write_text(verilog)
            vendor = () if target == "generic" else ("hierarchy -top " + TOP, "proc", "flatten", "opt_clean -purge")
            run_yosys(["read_verilog design.v", *_STEPS[target], *vendor, "write_verilog -noattr netlist.v"], folder)
            write_atomically(path, (folder / "netlist.v").read_bytes())
    return path.read_text()


def verify_netlist(
    job: CosimJob,
    target: Target = "generic",
    *,
    out: str | Path | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    cache: Path | None = None,
    **options: Any,
) -> CosimResult:
    """Run a job on the netlist and compare every stage with the golden model.

    Parameters
    ----------
    target : {"generic", "ice40", "ecp5"}
        What it is synthesised to.
    job, out, seed, jobs, progress, cache, options
        As for ``cosimulate`` with the compiled engine.
    """
    verilog = netlist_verilog(job.geometry, target, cache=cache)
    return cosimulate(
        job, "compiled", verilog=verilog, out=out, seed=seed, jobs=jobs, progress=progress, cache=cache, **options
    )
