# SPDX-License-Identifier: BSD-3-Clause
"""What a design takes of an FPGA: Yosys' synthesis for its family, and a count of the cells."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Literal, get_args

from amaranth.lib.wiring import Component
from spintile.rtl.export import to_rtlil

from ..tools import find_yosys, require

__all__ = ["Family", "fpga_cells"]

Family = Literal["ecp5", "ice40"]


def fpga_cells(component: Component, family: Family) -> dict[str, int]:
    """Cells of a design after synthesis, placed nowhere: by type, without what only carries names.

    Parameters
    ----------
    component : Component
        The design.
    family : {"ecp5", "ice40"}
        Lattice ECP5 (``DP16KD`` is a block RAM of 18 kbit) or iCE40 (``SB_RAM40_4K``, 4 kbit).

    Raises
    ------
    MissingTool
        If there is no Yosys.
    ValueError
        For another family.
    RuntimeError
        If Yosys fails.
    """
    if family not in get_args(Family):
        raise ValueError(f"family must be one of {', '.join(get_args(Family))}, not {family!r}")
    yosys = require(find_yosys())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.il").write_text(to_rtlil(component, "design"))
        script = f"read_rtlil design.il; synth_{family} -top design; tee -q -o cells.json stat -json"
        done = subprocess.run(
            [*yosys.command, "-q", "-p", script], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            tail = " ".join((done.stdout + done.stderr).strip().splitlines()[-2:])
            raise RuntimeError(f"Yosys must synthesise the design for {family}, not fail with: {tail}")
        found: dict[str, int] = json.loads((folder / "cells.json").read_text())["design"]["num_cells_by_type"]
    return {kind: count for kind, count in sorted(found.items()) if not kind.startswith("$")}
